"""The transport of CPython, over httpx. Not part of the browser bundle."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

import httpx

from .base import broken_off, no_answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from .base import HttpRequest


class NativeResponse:
    def __init__(self, response: httpx.Response, url: str) -> None:
        self._response = response
        self._url = url
        self.status = response.status_code
        self.url = str(response.url)

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._response.headers.items()}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as error:
            raise broken_off(_text(error), self._url) from error


class NativeTransport:
    """`Transport` over httpx: no cookies, no proxies from the environment, no time limits of its own."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[NativeResponse]:
        async with httpx.AsyncClient(timeout=None, trust_env=False, verify=_tls()) as client:
            outgoing = client.build_request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
            try:
                response = await client.send(outgoing, stream=True)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise no_answer(_text(error), request.url) from error
            try:
                yield NativeResponse(response, request.url)
            finally:
                await response.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """Cached, because reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=False)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")
