"""Chooses the transport by the scheme of a URL, and the network's transport by platform. Recordings come in here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager, AsyncExitStack

    from .base import HttpRequest, HttpResponse, Transport

    Tap: TypeAlias = Callable[[Transport, HttpRequest], AbstractAsyncContextManager[HttpResponse]]


class RoutingTransport:
    """`special` transports by scheme; everything else goes to `network`, which may be replaced.

    `tap` gets each request and the transport for it: it records the exchange, or answers by itself (`recordings`).
    """

    def __init__(self, network: Transport, special: Mapping[str, Transport]) -> None:
        self.network = network
        self._special = special
        self.tap: Tap | None = None

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        transport = self._special.get(urlsplit(request.url).scheme, self.network)
        return self.tap(transport, request) if self.tap else transport.stream(request)


def network_transport() -> Transport:
    """The transport of this platform: the bridge in Pyodide, httpx elsewhere. Each is importable on its side only."""
    if sys.platform == "emscripten":
        from .fetch import FetchTransport

        return FetchTransport()
    from .native import NativeTransport

    return NativeTransport()


async def open_network(stack: AsyncExitStack) -> Transport:
    """The transport of this platform, whose requests share connections until `stack` is closed."""
    if sys.platform == "emscripten":
        return network_transport()  # the browser shares them
    from .native import NativeTransport

    return await stack.enter_async_context(NativeTransport())
