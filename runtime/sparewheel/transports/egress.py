"""The egress proxy of a session (`toolProxy`): a server of the embedder that makes the requests of tools.

The protocol is that of docker-agent's browser build (`pkg/httpclient`, `WithEgressProxy`):

- A request goes to the proxy with the target in the query parameter `url`, and with the method, headers and body that
  it would have at the target. So the proxy gets the keys that are meant for the target.
- The proxy follows no redirect. It passes on 301, 302, 303, 307 and 308 without `Location`, but with the target's
  `Location` in `X-Docker-Agent-Location`, which it exposes (`Access-Control-Expose-Headers`). The caller checks the
  address and follows. On any other status the header has no meaning.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..errors import ConfigError, ErrorInfo, TransportError
from .base import REDIRECTS
from .urls import read_url

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from .base import HttpRequest, HttpResponse, Transport, Url

PARAMETER: Final = "url"
LOCATION: Final = "x-docker-agent-location"
_SHOWN: Final = "X-Docker-Agent-Location"
_HINT: Final = "The operator of the proxy can correct it: docs/egress-proxy.md has what it must do."


def read_proxy(text: str, option: str = "options.toolProxy") -> Url:
    """The address of a proxy. Raises `ConfigError`, which does not quote it: it may have a key in its query."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        host = parts.hostname
    except ValueError:
        raise ConfigError(f"{option}: is not a URL") from None
    problem = next(
        (
            problem
            for wrong, problem in (
                (parts.scheme != "https", "must use https"),
                (not host, "must have a host"),
                ("@" in parts.netloc, "must not contain userinfo"),
                (bool(parts.fragment), "must not contain a fragment"),
                (PARAMETER in names, f'must not set the "{PARAMETER}" query parameter'),
            )
            if wrong
        ),
        "",
    )
    if problem:
        raise ConfigError(f"{option}: {problem}", "Name the https address of your egress proxy.")
    try:
        return read_url(text)
    except ValueError:
        raise ConfigError(f"{option}: is not a URL") from None


class EgressTransport:
    """Sends each request to `proxy`, and answers as the target would.

    A redirect is never followed here, whatever the request allows: the caller has to check the next address.
    """

    def __init__(self, network: Transport, proxy: Url) -> None:
        self._network = network
        self._proxy = proxy

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        """Raises `TransportError` also for an answer that does not keep to the protocol."""
        relayed = replace(request, url=self._address(request.url), follow=False, relayed=True)
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(self._network.stream(relayed))
            except TransportError as error:
                message = f"The egress proxy (toolProxy) gave no answer: {error.info.message}"
                raise TransportError(replace(error.info, message=message, hint=_HINT)) from None
            yield RelayedResponse(response, request.url, self._headers(response))

    def _address(self, target: str) -> str:
        added = urlencode({PARAMETER: target})
        query = f"{self._proxy.query}&{added}" if self._proxy.query else f"?{added}"
        return str(replace(self._proxy, query=query))

    def _headers(self, response: HttpResponse) -> Mapping[str, str]:
        """The headers with the real `location` of a redirect."""
        headers = dict(response.headers)
        moved = headers.pop(LOCATION, None)
        if response.status not in REDIRECTS:
            return headers
        if "location" in headers:
            raise self._broken(f"redirects by Location; it must put the target's Location into {_SHOWN}")
        if moved is None:
            raise self._broken(
                f"answers with {response.status}, but without a {_SHOWN} that the page can read; it must send it, with "
                f"Access-Control-Expose-Headers: {_SHOWN}"
            )
        return {**headers, "location": moved}

    def _broken(self, problem: str) -> TransportError:
        return TransportError(ErrorInfo("network", f"The egress proxy {self._proxy.host} {problem}.", _HINT))


class RelayedResponse:
    """The response of a target, from a proxy. `url` is the target's."""

    def __init__(self, response: HttpResponse, url: str, headers: Mapping[str, str]) -> None:
        self._response = response
        self.status = response.status
        self.url = url
        self.headers = headers

    def chunks(self) -> AsyncGenerator[bytes, None]:
        return self._response.chunks()
