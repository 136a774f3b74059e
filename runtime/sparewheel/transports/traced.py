"""A transport that tells what each request was and how its response began, without secrets.

Values of headers and of query parameters are told only for names that never have a secret; of others, only the length.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from .base import HttpRequest, HttpResponse, Transport

MAX_VALUE: Final = 500  # characters of one value
MAX_HEADERS: Final = 100

_HARMLESS: Final = frozenset(
    "accept accept-encoding age anthropic-beta anthropic-version cache-control connection content-encoding "
    "content-language content-length content-type date expires http-referer openai-beta openai-processing-ms "
    "openai-version request-id retry-after retry-after-ms server transfer-encoding vary x-request-id x-should-retry "
    "x-title".split()
)
_HARMLESS_STARTS: Final = ("x-ratelimit-", "anthropic-ratelimit-", "ratelimit")
_HARMLESS_PARAMETERS: Final = frozenset({"alt", "api-version", "include", "starting_after", "stream"})


class RequestFacts(TypedDict):
    """One request. `status` is None, and `response_headers` is empty, if there was no response.

    `headers_ms` is the time in milliseconds until the headers of the response had arrived, or the request had failed.
    `body_bytes` is the size of the request's body.
    """

    method: str
    url: str
    headers: dict[str, str]
    body_bytes: int
    status: int | None
    response_headers: dict[str, str]
    headers_ms: int


class TracedTransport:
    """Sends with `transport`, and calls `told` once for each request: when its response begins, or it has failed."""

    def __init__(self, transport: Transport, told: Callable[[RequestFacts], None]) -> None:
        self._transport = transport
        self._told = told

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(self._transport.stream(request))
            except BaseException:
                self._told(_facts(request, None, loop.time() - began))
                raise
            self._told(_facts(request, response, loop.time() - began))
            yield response


def _facts(request: HttpRequest, response: HttpResponse | None, seconds: float) -> RequestFacts:
    return {
        "method": request.method,
        "url": shown_url(request.url),
        "headers": shown_headers(request.headers),
        "body_bytes": len(request.body),
        "status": response.status if response else None,
        "response_headers": shown_headers(response.headers) if response else {},
        "headers_ms": round(seconds * 1000),
    }


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, with names in lower case, and the length in place of each value that may be a secret."""
    found = [(name.lower(), value) for name, value in headers.items()]
    return {name: _shown(value, harmless=is_harmless(name)) for name, value in found[:MAX_HEADERS]}


def shown_url(url: str) -> str:
    """The URL without user, password and fragment; of each parameter that may be a secret, the length."""
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    query = "&".join(_parameters(parse_qsl(parts.query, keep_blank_values=True)))
    return bare + (f"?{query}" if query else "")


def _parameters(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    for name, value in pairs:
        harmless = name in _HARMLESS_PARAMETERS
        yield f"{quote(name)}={quote(value[:MAX_VALUE]) if harmless else _shown(value, harmless=False)}"


def is_harmless(name: str) -> bool:
    """Whether a header of this name, in lower case, never has a secret."""
    return name in _HARMLESS or name.startswith(_HARMLESS_STARTS)


def _shown(value: str, *, harmless: bool) -> str:
    return value[:MAX_VALUE] if harmless else f"({len(value)} characters)"
