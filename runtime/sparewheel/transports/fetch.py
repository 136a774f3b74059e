"""The bridge: `fetch` of the browser (or of Node) as a transport. The only module that imports `js` or `pyodide`.

What to know before changing it:
- Pyodide's own `pyfetch` cannot stream a body, so `js.fetch` is called and the body read by its reader.
- A rejected `fetch` says only `TypeError: Failed to fetch`. CORS, no network, a content security policy, a blocker: the
  browser does not tell them apart on purpose.
- Cross-origin headers are readable only if the server exposes them; `Retry-After` mostly is not.
- Bytes are copied out with `to_bytes()`, so that no proxy outlives its chunk.
- Cancelling the task ends in `finally`, where the `AbortController` closes the connection.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from js import AbortController, Object, fetch
from pyodide.ffi import JsException, to_js

from .base import broken_off, no_answer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from .base import HttpRequest


class FetchResponse:
    """A `Response` of the fetch standard."""

    def __init__(self, js_response: Any, url: str) -> None:
        self._js = js_response
        self._url = url
        self.status: int = js_response.status

    @property
    def headers(self) -> Mapping[str, str]:
        found: dict[str, str] = Object.fromEntries(self._js.headers.entries()).to_py()
        return found

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        if self._js.body is None:
            return
        reader = self._js.body.getReader()
        while True:
            try:
                result = await reader.read()
            except JsException as error:
                raise broken_off(_text(error), self._url) from None
            if result.done:
                return
            yield result.value.to_bytes()


class FetchTransport:
    """`Transport` over `fetch`: no cookies, no cache, no referrer, and only the headers it is given."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[FetchResponse]:
        controller = AbortController.new()
        options = {
            "method": request.method,
            "headers": dict(request.headers),
            "body": request.body,
            "signal": controller.signal,
            "credentials": "omit",
            "referrerPolicy": "no-referrer",
        }
        try:
            try:
                js_response = await fetch(request.url, to_js(options, dict_converter=Object.fromEntries))
            except JsException as error:
                raise no_answer(_text(error), request.url) from None
            yield FetchResponse(js_response, request.url)
        finally:
            controller.abort()


def _text(error: JsException) -> str:
    return f"{error.name}: {error.message}"
