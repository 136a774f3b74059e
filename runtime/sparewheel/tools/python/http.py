"""Makes `urllib` work in the user's Python: a browser has no sockets, and pyodide-http sends by XMLHttpRequest.

Only the innermost step of `urllib.request` is replaced, not `urlopen` as in pyodide-http itself, so that openers, POST
by `data`, timeouts and `HTTPError` work as in the standard library. `requests` and `urllib3` are not patched: urllib3
supports browsers itself, and with pyodide-http's patch of `requests` a stream hangs on cross-origin isolated pages.
"""

from __future__ import annotations

import io
import sys
import urllib.request
from http.client import HTTPResponse, responses
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.error import URLError

if TYPE_CHECKING:
    import socket

    from ...transports.packages import LoadPackages

DEFAULT_TIMEOUT: Final = 60.0  # seconds; such a request blocks the whole runtime

# The browser sets these itself; sent by us, they would only cause a CORS preflight.
_NOT_SENT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}
)
# The browser has already decoded these.
_UNDONE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


async def prepare_urllib(load: LoadPackages) -> None:
    """Patch `urllib.request` in a browser. Raises `ConfigError` if pyodide-http cannot be loaded."""
    if sys.platform != "emscripten":
        return
    await load(["pyodide-http"])
    import pyodide_http  # type: ignore[import-not-found]  # exists only inside Pyodide

    if pyodide_http.should_patch():  # Node has no XMLHttpRequest
        urllib.request.HTTPHandler.http_open = _open
        urllib.request.HTTPSHandler.https_open = _open


def _open(_: object, request: urllib.request.Request) -> HTTPResponse:
    """Send one request and wait for the whole response. Raises `URLError`."""
    from pyodide_http._core import Request, send  # type: ignore[import-not-found]  # as above

    headers = {**request.headers, **request.unredirected_hdrs}
    limit = request.timeout if isinstance(request.timeout, (int, float)) else DEFAULT_TIMEOUT
    sent = Request(
        request.get_method(),
        request.full_url,
        body=_body(request.data),
        headers={name: value for name, value in headers.items() if name.lower() not in _NOT_SENT},
        timeout=limit,
    )
    try:
        answer = send(sent)
    except Exception as error:  # a JsException, whose class only the bridge may import
        if getattr(error, "name", "") == "TimeoutError":
            raise URLError(TimeoutError(f"no answer within {limit:g} s")) from None
        raise URLError(
            f"no answer: no network, or the server does not allow requests from this page (CORS): {error}"
        ) from None
    return _response(answer.status_code, answer.headers, answer.body, request)


def _body(data: Any) -> bytes | None:
    if data is None or isinstance(data, bytes):
        return data
    return bytes(data.read() if hasattr(data, "read") else b"".join(data))


def _response(status: int, headers: dict[str, str], body: bytes, request: urllib.request.Request) -> HTTPResponse:
    """The response in the form of `http.client`. Across origins most headers cannot be read."""
    told = {name: value for name, value in headers.items() if name.lower() not in _UNDONE}
    told["Content-Length"] = str(len(body))
    start = f"HTTP/1.1 {status} {responses.get(status, '')}"
    lines = [start, *(f"{name}: {value}" for name, value in told.items()), "", ""]
    raw = "\r\n".join(lines).encode("latin-1", "replace") + body
    response = HTTPResponse(cast("socket.socket", _Received(raw)), method=request.get_method())
    response.begin()
    response.url = request.full_url
    response.msg = response.reason  # type: ignore[assignment]  # as urllib itself does
    return response


class _Received:
    """A socket whose data has arrived completely."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
