"""Chooses the transport by the scheme of the URL, so that nothing above knows where bytes come from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .demo import DemoTransport

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from .base import HttpRequest, HttpResponse, Transport


class RoutingTransport:
    """`demo:` goes to the demo, everything else to `network`."""

    def __init__(self, network: Transport) -> None:
        self._network = network
        self._demo = DemoTransport()

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        target: Transport = self._demo if urlsplit(request.url).scheme == "demo" else self._network
        return target.stream(request)


def default_transport() -> Transport:
    """What this platform has: the bridge in Pyodide, httpx elsewhere. Imported late: each exists on one side only."""
    network: Transport
    if sys.platform == "emscripten":
        from .fetch import FetchTransport

        network = FetchTransport()
    else:
        from .native import NativeTransport

        network = NativeTransport()
    return RoutingTransport(network)
