"""The interface of every transport: a request goes down; a status, headers and bytes come up."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Protocol
from urllib.parse import urlsplit

from ..errors import TransportError
from ..errors.classify import classify
from ..errors.hints import hint_for, vendor_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from contextlib import AbstractAsyncContextManager

    from ..errors import ErrorInfo, Kind

REDIRECTS: Final = (301, 302, 303, 307, 308)
MAX_CHUNK: Final = 128 * 1024  # bytes that are decoded without a pause; browsers give more at once in a flood


@dataclass(frozen=True, slots=True)
class Url:
    """An http(s) URL without a fragment, in normal form.

    `host` is in ASCII: a name in lower case, an IPv4 address in four decimals, or an IPv6 address without brackets.
    `port` is None for the scheme's default. `path` starts with a slash, `query` is empty or starts with `?`.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")

    def __str__(self) -> str:
        return self.origin + self.path + self.query


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `headers` contain the key: never print a request.

    `follow`: whether the platform may follow redirects. It sends the headers to any target before the runtime can check
    it, so this is only for requests whose headers any host may see. `explain`: whether to find out why there is no
    answer, which takes further requests (`refusals`); without it the error comes at once. `relayed`: the answer comes
    from an egress proxy, which passes on redirects without a `Location`.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    follow: bool = False
    explain: bool = False
    relayed: bool = False

    @property
    def redirect(self) -> Literal["follow", "error"]:
        """The redirect mode of the fetch standard."""
        return "follow" if self.follow else "error"


class HttpResponse(Protocol):
    """A response whose headers have arrived; the body follows."""

    @property
    def status(self) -> int: ...

    @property
    def url(self) -> str:
        """The URL after redirects; "" if it is not known."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The readable headers, with names in lower case. Across origins CORS hides most of them."""

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives; the caller closes the generator. Raises `TransportError` if the connection breaks."""


class Transport(Protocol):
    """Sends requests. It never retries, follows redirects only if told to, and keeps no state between requests."""

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        """Send `request` and enter with the response. Leaving the context closes the connection.

        Raises `TransportError` if there is no response.
        """


def no_answer(problem: str, url: str) -> TransportError:
    """There was no response. `problem` is the message of the platform, which decides the kind."""
    info = _classified(problem, url, "network")
    return TransportError(replace(info, message=f"{urlsplit(url).netloc} gave no answer ({info.message})."))


def broken_off(problem: str, url: str) -> TransportError:
    """The connection broke in the middle of a response."""
    info = _classified(problem, url, "stream_truncated")
    return TransportError(replace(info, message=f"The connection broke in the middle of the answer ({info.message})."))


def _classified(problem: str, url: str, otherwise: Kind) -> ErrorInfo:
    """The failure with the kind of its message, else with the kind `otherwise`."""
    info = classify(message=problem, url=url)
    if info.kind != "unknown":
        return info
    return replace(info, kind=otherwise, hint=hint_for(otherwise, vendor_of("", url), url=url))


async def read_at_most(response: HttpResponse, limit: int) -> bytes:
    """At most `limit` bytes of the body; the rest is not read."""
    parts: list[bytes] = []
    size = 0
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= limit:
                break
    return b"".join(parts)[:limit]
