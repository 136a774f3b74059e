"""The interface of every transport: a request goes down; a status, headers and bytes come up."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit

from ..errors import TransportError
from ..errors.classify import classify
from ..errors.hints import hint_for, vendor_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from contextlib import AbstractAsyncContextManager

    from ..errors import ErrorInfo, Kind


@dataclass(frozen=True, slots=True)
class Url:
    """An http(s) URL without a fragment, each part in its one form.

    `host` is in ASCII: a name in lower case, an IPv4 address in four decimals, or an IPv6 address without brackets.
    `port` is None for the scheme's own. `path` starts with a slash, `query` is empty or starts with `?`.
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
    """One request. `headers` hold the key: never print a request.

    `follow`: whether the platform may follow redirects by itself. It asks wherever they lead, headers and all, before
    anyone here can look: so only where that tells nobody anything.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    follow: bool = False

    @property
    def redirect(self) -> Literal["follow", "error"]:
        """The mode of the fetch standard."""
        return "follow" if self.follow else "error"


class HttpResponse(Protocol):
    """An answer whose headers have come and whose body is on its way."""

    @property
    def status(self) -> int: ...

    @property
    def url(self) -> str:
        """Where the answer came from, after redirects; "" where nobody knows."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that may be read, names in lower case. Across origins most are hidden by CORS."""

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body, as it arrives; whoever reads it closes it. Raises `TransportError` when it breaks off."""


class Transport(Protocol):
    """Sends requests. Never retries, never follows what it was not told to, keeps no state between requests."""

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        """Open `request`. Leaving the context, in whatever way, closes the connection.

        Raises `TransportError` when there is no answer at all.
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
    """The first `limit` bytes of the body or so: an error's text, however long the other side goes on."""
    parts: list[bytes] = []
    size = 0
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= limit:
                break
    return b"".join(parts)[:limit]
