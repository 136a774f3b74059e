"""`urllib` in the user's Python: a browser has no sockets, so it goes through pyodide-http and its XMLHttpRequest.

What pyodide-http leaves out is added here: an HTTP error is raised as `HTTPError`, a request that fails as `URLError`,
`data` beside a URL is sent, and a timeout is kept. `requests` and `urllib3` are left alone: urllib3 knows browsers
itself, and pyodide-http's patch of `requests` makes streams wait for ever on pages that are cross-origin isolated.
"""

from __future__ import annotations

import socket
import sys
import urllib.request
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse

    from ..transports.packages import LoadPackages

DEFAULT_TIMEOUT: Final = 60.0  # seconds; nothing else can run while such a request waits

_timeout: Final[ContextVar[float]] = ContextVar("timeout", default=DEFAULT_TIMEOUT)


async def prepare_urllib(load: LoadPackages) -> None:
    """Make `urllib.request` work where it does not by itself. Raises `ConfigError` when its helper is not here."""
    if sys.platform != "emscripten":
        return
    await load(["pyodide-http"])
    patch()


def patch() -> None:
    """Put our `urlopen` over pyodide-http's, whichever way the user's Python comes to it."""
    import pyodide_http  # type: ignore[import-not-found]  # exists only inside Pyodide
    from pyodide_http import _urllib

    if not pyodide_http.should_patch() or isinstance(urllib.request.urlopen, _Urlopen):
        return
    pyodide_http.patch_urllib()

    class Request(_urllib.Request):  # type: ignore[misc]  # a class without types
        """A request that keeps to the time its caller gave."""

        def __post_init__(self) -> None:
            self.timeout = _timeout.get()

    _urllib.Request = Request
    urlopen = _Urlopen(_urllib.urlopen)
    urllib.request.urlopen = urlopen  # type: ignore[assignment]  # its overloads are about SSL

    def through_opener(_: object, *words: Any, **options: Any) -> HTTPResponse:
        return urlopen(*words, **options)

    urllib.request.OpenerDirector.open = through_opener  # type: ignore[method-assign, assignment]


class _Urlopen:
    """`urllib.request.urlopen` with its documented behaviour, over a `send` that lacks some of it."""

    def __init__(self, send: Callable[[Any], HTTPResponse]) -> None:
        self._send = send

    def __call__(
        self, url: str | urllib.request.Request, data: bytes | None = None, timeout: float | None = None, **_: object
    ) -> HTTPResponse:
        request = urllib.request.Request(url) if isinstance(url, str) else url
        if data is not None:
            request.data = data
        if request.data is not None and not request.has_header("Content-type"):
            request.add_header("Content-type", "application/x-www-form-urlencoded")
        token = _timeout.set(timeout if isinstance(timeout, (int, float)) else DEFAULT_TIMEOUT)
        try:
            response = self._send(request)
        except Exception as error:
            raise URLError(_reason(error)) from None
        finally:
            _timeout.reset(token)
        if response.status >= 400:
            raise HTTPError(request.full_url, response.status, response.reason, response.headers, response)
        return response


def _reason(error: Exception) -> Exception | str:
    """Why a request failed, in Python's terms. The browser does not tell CORS from a network that is down."""
    if getattr(error, "name", "") == "TimeoutError":
        return socket.timeout("timed out")  # noqa: UP041  # the name urllib's readers look for
    return f"{error} (no network, or the server does not allow this page: CORS)"
