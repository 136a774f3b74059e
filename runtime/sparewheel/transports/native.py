"""The transport of CPython, over httpx. Not part of the browser bundle."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final

import httpx

from .base import broken_off, no_answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from types import TracebackType
    from typing import Self

    from .base import HttpRequest


# Seconds that a connection may be idle: less than servers wait (five, most of them), because a request on a connection
# that its server has just closed fails.
KEEP_ALIVE: Final = 3.0


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
    """`Transport` over httpx: no cookies, no proxies from the environment, no time limits of its own.

    Within an `async with` block of it, a request takes a connection that another one has left; else each has one of
    its own.
    """

    def __init__(self) -> None:
        # Each has the connection of its last request: the time that one client of many connections takes to choose one
        # grows with the square of their number.
        self._free: list[httpx.AsyncClient] | None = None

    async def __aenter__(self) -> Self:
        self._free = []
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        free, self._free = self._free or [], None
        for client in free:
            await client.aclose()

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[NativeResponse]:
        client = self._free.pop() if self._free else _new_client()
        try:
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
        finally:
            if self._free is None:
                await client.aclose()
            else:
                self._free.append(client)


def _new_client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE)
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # which keeps none
    return httpx.AsyncClient(timeout=None, trust_env=False, verify=_tls(), limits=limits, cookies=cookies)


@cache
def _tls() -> ssl.SSLContext:
    """Cached, because reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=False)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")
