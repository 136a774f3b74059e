"""Chooses the transport by the scheme of a URL, and the network's transport by platform."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from .base import HttpRequest, HttpResponse, Transport


class RoutingTransport:
    """`special` transports by scheme; everything else goes to `network`, which may be replaced."""

    def __init__(self, network: Transport, special: Mapping[str, Transport]) -> None:
        self.network = network
        self._special = special

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        return self._special.get(urlsplit(request.url).scheme, self.network).stream(request)


def network_transport() -> Transport:
    """The transport of this platform: the bridge in Pyodide, httpx elsewhere. Each is importable on its side only."""
    if sys.platform == "emscripten":
        from .fetch import FetchTransport

        return FetchTransport()
    from .native import NativeTransport

    return NativeTransport()
