"""One HTTP request of a tool: limited in time and size, its URL and every redirect checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from ...errors import TransportError
from ...transports.base import REDIRECTS, HttpRequest, read_at_most
from ..base import ToolError, ToolResult
from .addresses import AddressRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...config.toolsets import ToolsetConfig
    from ...transports.base import HttpResponse, Transport, Url
    from ..services import Services

TIMEOUT: Final = 30.0  # seconds, unless the agent file sets another
MAX_BODY: Final = 1024 * 1024  # bytes
MAX_REDIRECTS: Final = 10
MAX_ERROR: Final = 2_000  # characters of the body of an error
_HARMLESS: Final = frozenset({"Accept", "Content-Type"})  # headers that any host may see


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `headers` may contain keys: show nothing of it but the host."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The response. `cut`: the body was longer than what was read."""

    url: str
    status: int
    content_type: str
    body: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class Web:
    """The HTTP client of a toolset: transport, rules for addresses, timeout in seconds."""

    transport: Transport
    rules: AddressRules
    timeout: float = TIMEOUT

    @classmethod
    def of(cls, entry: ToolsetConfig, services: Services) -> Web:
        """The client for an entry of the agent file. Raises `ConfigError` for an invalid domain."""
        rules = AddressRules(tuple(entry.allowed_domains), tuple(entry.blocked_domains), entry.allow_private_ips)
        transport = services.transport_for(private=rules.private)
        return cls(transport, rules, TIMEOUT if entry.timeout is None else float(entry.timeout))

    async def send(self, ask: Ask, *, limit: int = MAX_BODY) -> Answer:
        """Send a request and read up to `limit` bytes of the body. Raises `ToolError`."""
        url = self.rules.check(ask.url)
        try:
            async with asyncio.timeout(self.timeout):
                return await self._follow(ask, url, limit)
        except TimeoutError:
            raise ToolError(f"{url.host} did not answer within {self.timeout:g} s. Try later, or elsewhere.") from None
        except TransportError as error:
            raise ToolError(_no_answer(url.host, error)) from None

    async def _follow(self, ask: Ask, url: Url, limit: int) -> Answer:
        """Send, and follow redirects where the transport does not: a browser follows them itself or refuses them."""
        method, body, headers = ask.method, ask.body, dict(ask.headers)
        for _ in range(MAX_REDIRECTS + 1):
            free = method == "GET" and headers.keys() <= _HARMLESS and self.rules.any_domain
            request = HttpRequest(method, str(url), headers, body, follow=free, explain=True)
            async with self.transport.stream(request) as response:
                if response.url:
                    url = self.rules.check(response.url)
                target = response.headers.get("location") if response.status in REDIRECTS else None
                if target is None:
                    return await _read(response, str(url), limit)
            following = self.rules.check(_joined(url, target))
            if following.origin != url.origin:
                headers = {name: value for name, value in headers.items() if name in _HARMLESS}
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):
                method, body = "GET", b""
            url = following
        raise ToolError(f"{url.host} redirects more than {MAX_REDIRECTS} times.")


def _joined(url: Url, target: str) -> str:
    try:
        return urljoin(str(url), target)
    except ValueError:  # brackets that hold no IPv6 address
        raise ToolError(f"{url.host} redirects to what is not a URL.") from None


async def _read(response: HttpResponse, url: str, limit: int) -> Answer:
    body = await read_at_most(response, limit + 1)
    content_type = response.headers.get("content-type", "").strip()
    return Answer(url, response.status, content_type, body[:limit], len(body) > limit)


def result_of(answer: Answer) -> ToolResult:
    """The body of an API's response as text; a status of 400 or more is marked as an error."""
    text = answer.body.decode("utf-8", "replace")
    if answer.status >= 400:
        return ToolResult(f"HTTP {answer.status}: {text[:MAX_ERROR]}", is_error=True)
    if answer.cut:
        text += f"\n[Cut after {len(answer.body)} bytes: request less at a time.]"
    return ToolResult(text or f"HTTP {answer.status} without a body.")


def _no_answer(host: str, error: TransportError) -> str:
    info = error.info
    text = info.message if host in info.message else f"{host}: {info.message}"
    again = " Asking again will not help." if info.kind == "network_or_cors" else ""
    return f"{text}{again} {info.hint}".rstrip()
