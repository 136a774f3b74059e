"""Why a browser did not let the page have an answer, and which header the server has to send.

A rejected `fetch` gives no reason. `explain` finds it by further requests: GET, to the same address, without keys and
without a body. The request itself is never repeated. Source: the fetch standard, sections "CORS protocol" and "HTTP
fetch" (https://fetch.spec.whatwg.org).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from ..errors import ErrorInfo
from ..errors.hints import is_local

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .base import HttpRequest

ORIGIN: Final = "Access-Control-Allow-Origin"
HEADERS: Final = "Access-Control-Allow-Headers"
METHODS: Final = "Access-Control-Allow-Methods"

MAX_HEADERS: Final = 16  # that are probed one by one
SIMPLE_METHODS: Final = ("GET", "HEAD", "POST")
_COMMON: Final = ("authorization", "content-type", "x-requested-with")
_SIMPLE_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\"():<>?@\[\\\]{}]")
_LANGUAGE: Final = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_WAY_OUT: Final = (
    "The operator of {host} can correct this. Without that: send the requests of tools through an egress proxy "
    "(createSession's option toolProxy; docs/egress-proxy.md)."
)

Reading: TypeAlias = Literal["answer", "redirect", "nothing"]
"""What a page gets: an answer that it can read, the fact that there was a redirect, or an error without a reason."""
Reach: TypeAlias = Literal["reached", "policy", "silent"]
"""What a request shows whose answer is not read: an answer came, the page's policy forbids it, or nothing came."""


class Probe(Protocol):
    """Requests of a page that only show whether there is an answer. They carry no key."""

    @property
    def origin(self) -> str:
        """The page's, as servers see it; `null` for a page without one."""

    @property
    def online(self) -> bool: ...

    async def read(self, url: str, headers: Sequence[str] = ()) -> Reading:
        """GET with headers of these names, redirects not followed."""

    async def reach(self, url: str) -> Reach:
        """GET without CORS."""


def preflighted(headers: Mapping[str, str]) -> list[str]:
    """The names of the headers for which the browser asks the server first, in lower case."""
    return sorted(name.lower() for name, value in headers.items() if not _is_simple(name.lower(), value))


def _is_simple(name: str, value: str) -> bool:
    if len(value) > 128:
        return False
    if name in ("accept-language", "content-language"):
        return _LANGUAGE.fullmatch(value) is not None
    if name == "content-type" and value.partition(";")[0].strip().lower() not in _SIMPLE_TYPES:
        return False
    return name in ("accept", "content-type") and not _UNSAFE.search(value)


async def explain(request: HttpRequest, page: Probe) -> ErrorInfo:
    """The reason for which `request` got no answer, in one sentence, and what can be done about it."""
    found = _Found(request, page.origin)
    if not page.online:
        return found.unreached("The browser is offline.", "Go online, then try again.")
    if page.origin.startswith("https:") and request.url.startswith("http:") and not _is_loopback(request.url):
        message = f"A page at https may not ask an address at http (mixed content): {found.host} needs https."
        return found.refused(message)
    first = await page.read(request.url)
    if first == "nothing":
        return found.unread(await page.reach(request.url))
    if first == "redirect" and request.method in ("GET", "HEAD"):
        return found.refused(found.redirect())
    names = preflighted(request.headers)
    if names or request.method not in SIMPLE_METHODS:
        allowed = bool(names) and await page.read(request.url, names) != "nothing"
        if not allowed and (refusal := await _refused_preflight(found, names, page)):
            return found.refused(refusal)
        if request.method not in SIMPLE_METHODS:
            return found.refused(found.method())
    if first == "redirect":  # of GET
        return found.refused(f"{found.redirect()} If it does not redirect POST: {found.answer()}")
    if request.method == "POST":
        return found.refused(found.answer())
    return found.unreached(f"{found.host} gave no answer, but gives one now.", "Try again.")


async def _refused_preflight(found: _Found, names: Sequence[str], page: Probe) -> str:
    """The sentence about a preflight; empty if there is none to say.

    No page can tell a preflight that is refused from one that allows no header at all. So headers that most servers
    allow are tried as well: one that is allowed shows that preflights are answered.
    """
    tried = list(dict.fromkeys([*names[:MAX_HEADERS], *_COMMON]))
    readings = await asyncio.gather(*(page.read(found.url, [name]) for name in tried))
    allowed = {name for name, reading in zip(tried, readings, strict=True) if reading != "nothing"}
    if not allowed:
        return found.preflight()
    lacking = [name for name in names[:MAX_HEADERS] if name not in allowed]
    return found.headers(lacking) if lacking else ""


def unexplained(request: HttpRequest) -> ErrorInfo:
    """What is told of a request without an answer whose reason could not be found in time."""
    host = urlsplit(request.url).netloc
    message = (
        f"{host} gave no answer, and the browser gives no reason: most likely it does not let web pages read it (CORS: "
        f"{ORIGIN}); or the address is wrong or redirects, or there is no network."
    )
    return ErrorInfo("network_or_cors", message, _WAY_OUT.format(host=host))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


class _Found:
    """The sentences about one request."""

    def __init__(self, request: HttpRequest, origin: str) -> None:
        self._request = request
        self._names = preflighted(request.headers)
        self.url = request.url
        self.host = urlsplit(request.url).netloc
        self._origin = f"{ORIGIN}: *" if origin == "null" else f"{ORIGIN}: {origin} or *"

    def refused(self, message: str) -> ErrorInfo:
        return ErrorInfo("network_or_cors", message, _WAY_OUT.format(host=self.host))

    def unreached(self, message: str, hint: str) -> ErrorInfo:
        return ErrorInfo("network", message, hint)

    def unread(self, reach: Reach) -> ErrorInfo:
        """No GET is readable, not even one that needs no preflight."""
        if reach == "policy":
            parts = urlsplit(self._request.url)
            message = (
                f"The page may not ask {self.host}: connect-src of the page's Content-Security-Policy must list "
                f"{parts.scheme}://{parts.netloc}."
            )
            return ErrorInfo("network_or_cors", message, "The operator of this page can correct this.")
        if reach == "reached":
            also = self._also() if self._names or self._request.method not in SIMPLE_METHODS else ""
            return self.refused(
                f"{self.host} does not let this page read its answers (CORS): each must have {self._origin}, once; "
                f"errors such as 401 and 405 too.{also}"
            )
        if is_local(self._request.url):
            return self.refused(
                f"{self.host} could not be reached. It is in a local network: is it running, and has the browser the "
                f"permission to ask it (local network access)? It must send {self._origin}, and "
                "Access-Control-Allow-Private-Network: true in its answer to the preflight (OPTIONS)."
            )
        message = (
            f"{self.host} could not be reached: there is no network or no such host, its certificate is not valid, or "
            f"an extension blocks it. If it opens in a tab of this browser, it must send {self._origin}."
        )
        return ErrorInfo("network", message, _WAY_OUT.format(host=self.host))

    def _wanted(self) -> str:
        """What the answer to the preflight must have, beside the origin."""
        method = self._request.method
        wanted = [f"{METHODS}: {method}"] if method not in SIMPLE_METHODS else []
        wanted += [f"{HEADERS}: {', '.join(self._names[:MAX_HEADERS])}"] if self._names else []
        return "".join(f", {header}" for header in wanted)

    def _also(self) -> str:
        return f" Its answer to the preflight (OPTIONS) must have it as well, with status 2xx{self._wanted()}."

    def redirect(self) -> str:
        if self._request.relayed:
            return (
                f"{self.host} redirects: it must put the target's Location into X-Docker-Agent-Location instead. "
                "Firefox refuses that as well where a header other than Authorization may have a key: name the address "
                "that the target redirects to."
            )
        if self._request.follow:
            return (
                f"{self.host} redirects to an address that does not let this page read its answers (CORS): each must "
                f"have {ORIGIN}: *."
            )
        return (
            f"{self.host} redirects this address, and that is not followed here, because keys would go along: name the "
            "address that it leads to."
        )

    def preflight(self) -> str:
        return (
            f"{self.host} does not answer the browser's preflight (OPTIONS) as it must: with status 2xx, no redirect, "
            f"{self._origin}{self._wanted()}."
        )

    def headers(self, lacking: Sequence[str]) -> str:
        # A server that answers a wrong key with an error that cannot be read looks the same.
        errors = f" (by name: * does not cover it), and an error such as 401 {self._origin}"
        by_name = errors if "authorization" in lacking else ""
        return (
            f"{self.host} does not allow a header of the request (CORS): its answer to the preflight (OPTIONS) must "
            f"have {HEADERS}: {', '.join(lacking)}{by_name}."
        )

    def method(self) -> str:
        method = self._request.method
        return (
            f"{self.host} does not allow {method} (CORS): its answer to the preflight (OPTIONS) must have {METHODS}: "
            f"{method}, and its answer to {method}, errors too, {self._origin}."
        )

    def answer(self) -> str:
        return (
            f"{self.host} does not let this page read its answer to {self._request.method} (CORS), which may be an "
            f"error such as 401 or 500: this too must have {self._origin}, once."
        )
