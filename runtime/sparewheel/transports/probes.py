"""The requests of a page by which `refusals` finds out why another one got no answer. Imports `js`; loaded late."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import js
from js import AbortController, Object
from pyodide.ffi import JsException, create_proxy, to_js

from ..errors import TransportError
from .refusals import explain, unexplained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .base import HttpRequest
    from .refusals import Reach, Reading

LIMIT: Final = 20.0  # seconds for all requests of one explanation
# Values with which the browser asks the server first. None of them is a key.
_VALUES: Final = {"accept": "(", "accept-language": "(", "content-language": "(", "content-type": "application/json"}
_PLAIN: Final = {"method": "GET", "credentials": "omit", "referrerPolicy": "no-referrer", "cache": "no-store"}


async def explained(request: HttpRequest, failure: TransportError) -> TransportError:
    """`failure` with its reason, if one is found in time. Node and CPython have no page, and no CORS."""
    if not isinstance(getattr(js, "origin", None), str):
        return failure
    try:
        async with asyncio.timeout(LIMIT):
            return TransportError(await explain(request, _Page()))
    except TimeoutError:
        return TransportError(unexplained(request))


class _Page:
    """`refusals.Probe` of the page that the worker belongs to."""

    @property
    def origin(self) -> str:
        return str(js.origin)

    @property
    def online(self) -> bool:
        return js.navigator.onLine is not False

    async def read(self, url: str, headers: Sequence[str] = ()) -> Reading:
        values = {name: _VALUES.get(name, "probe") for name in headers}
        kind = await _fetched(url, {"mode": "cors", "redirect": "manual", "headers": values})
        return "nothing" if kind is None else "redirect" if kind == "opaqueredirect" else "answer"

    async def reach(self, url: str) -> Reach:
        blocked: list[str] = []
        note = create_proxy(lambda event: blocked.append(event.effectiveDirective))
        js.addEventListener("securitypolicyviolation", note)
        try:
            if await _fetched(url, {"mode": "no-cors"}) is not None:
                return "reached"
            await asyncio.sleep(0)  # the event may come after the error
            return "policy" if "connect-src" in blocked else "silent"
        finally:
            js.removeEventListener("securitypolicyviolation", note)
            note.destroy()


async def _fetched(url: str, more: dict[str, Any]) -> str | None:
    """The type of the response, whose body is not read; None if there was none."""
    controller = AbortController.new()
    options = {**_PLAIN, **more, "signal": controller.signal}
    try:
        response = await js.fetch(url, to_js(options, dict_converter=Object.fromEntries))
        return str(response.type)
    except JsException:
        return None
    finally:
        controller.abort()
