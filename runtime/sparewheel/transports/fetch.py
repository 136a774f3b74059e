"""The bridge: `fetch` and `URL` of the browser (or of Node), and packages for the user's Python. Beside
`transports/probes.py`, `worker/event_loop.py` and `state/indexeddb.py`, the only module that imports `js` or `pyodide`.

What to know before changing it:
- Pyodide's own `pyfetch` cannot stream a body, so `js.fetch` is called and the body is read by its reader. `js.fetch`
  is looked up at each call, because during the boot it is a wrapper that watches the downloads.
- A rejected `fetch` gives only `TypeError: Failed to fetch`: browsers deliberately do not distinguish between CORS, a
  missing network, a content security policy and a blocker.
- Cross-origin headers are readable only if the server exposes them; `Retry-After` mostly is not.
- Bytes are copied with `to_bytes()`, so that no proxy outlives its chunk.
- When the task is cancelled or fails, the `AbortController` closes the connection at once.
- The fetch standard, Firefox and Node refuse an answer with the status of a redirect also without a `Location`, as an
  egress proxy passes it on. Told to follow, they let the page have it, for it leads nowhere.
- No `cache` mode is set, so that the result of a preflight can be reused: with `no-store` every request would cost
  another round trip. Responses to POST are never cached anyway.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import os
import tempfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

import js
import pyodide_js
from js import URL, AbortController, Object, setTimeout
from pyodide.ffi import JsException, to_js

from ..errors import ConfigError, TransportError
from .base import MAX_CHUNK, HttpRequest, Url, broken_off, no_answer
from .wheels import LockedWheel, Wheel, distribution_of, wheel_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping, Sequence

_ASSETS: Final = "../"  # the folder of the assets, from Pyodide's
# Headers without a key, and the one that browsers do not send along with a redirect to another origin.
_LEFT_BEHIND: Final = frozenset({"accept", "content-type", "idempotency-key", "authorization"})
_MAX_WHEEL: Final = 1 << 28  # bytes
_installing: Final = asyncio.Lock()  # micropip checks what is missing before it installs, so one call at a time


LINGER_MS: Final = 1000
"""Time for a body to end after the end marker, in milliseconds."""


class FetchResponse:
    """A `Response` of the fetch standard."""

    def __init__(self, js_response: Any, url: str) -> None:
        self._js = js_response
        self._url = url
        self.status: int = js_response.status

    @property
    def url(self) -> str:
        url: str = self._js.url
        return url

    @property
    def headers(self) -> Mapping[str, str]:
        found: dict[str, str] = Object.fromEntries(self._js.headers.entries()).to_py()
        return found

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        if not self._js.body:  # null
            return
        read = self._js.body.getReader().read
        while True:
            try:
                value = (await read()).value
            except JsException as error:
                raise broken_off(_text(error), self._url) from None
            if value is None:  # the end
                return
            data = value.to_bytes()
            yield data[:MAX_CHUNK]
            for start in range(MAX_CHUNK, len(data), MAX_CHUNK):
                await asyncio.sleep(0)
                yield data[start : start + MAX_CHUNK]


class FetchTransport:
    """`Transport` over `fetch`: no cookies, no referrer, and only the headers it is given."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[FetchResponse]:
        controller = AbortController.new()
        options = {
            "method": request.method,
            "headers": dict(request.headers),
            "body": request.body or None,  # a GET must not have a body, not even an empty one
            "signal": controller.signal,
            "credentials": "omit",
            "referrerPolicy": "no-referrer",
            "redirect": "follow" if request.relayed and _may_follow(request) else request.redirect,
        }
        try:
            try:
                js_response = await js.fetch(request.url, to_js(options, dict_converter=Object.fromEntries))
            except JsException as error:
                failure = no_answer(_text(error), request.url)
                if request.explain:
                    from .probes import explained

                    failure = await explained(request, failure)
                raise failure from None
            if request.relayed and js_response.redirected:
                raise no_answer("NetworkError: it redirects by Location", request.url)
            yield FetchResponse(js_response, request.url)
        except BaseException:
            controller.abort()
            raise
        # The body may not have ended yet. If it were aborted now, the connection could not be reused.
        setTimeout(controller.abort.bind(controller), LINGER_MS)


def _may_follow(request: HttpRequest) -> bool:
    """Whether a proxy's redirect could be followed: only where it has to be, and not with a key that would go along."""
    navigator = getattr(js, "navigator", None)
    refuses = "Chrome/" not in str(getattr(navigator, "userAgent", ""))
    return refuses and {name.lower() for name in request.headers} <= _LEFT_BEHIND


def _text(error: JsException) -> str:
    return f"{error.name}: {error.message}"


def read_url(url: str) -> Url:
    """Read an absolute http(s) URL that has no user name or password. Raises `ValueError`."""
    try:
        parsed = URL.new(url)
    except JsException as error:
        raise ValueError(_text(error)) from None
    if parsed.protocol not in ("http:", "https:") or parsed.username or parsed.password:
        raise ValueError("not an http(s) URL without a user name and password")
    port = int(parsed.port) if parsed.port else None
    return Url(parsed.protocol[:-1], parsed.hostname.strip("[]"), port, parsed.pathname, parsed.search)


def locked_packages() -> Container[str]:
    """The names of the packages in the lock file."""
    names: list[str] = Object.keys(pyodide_js.lockfile.packages).to_py()
    return frozenset(names)


def locked_wheels() -> dict[str, LockedWheel]:
    """The packages in the lock file, by name."""
    packages: dict[str, Any] = pyodide_js.lockfile.packages.to_py()
    return {
        name: LockedWheel(each["file_name"], each["sha256"], tuple(each["depends"]), tuple(each["imports"]))
        for name, each in packages.items()
    }


def from_assets(url: str) -> str:
    """The absolute URL of one that may be relative to the folder of the assets."""
    return urljoin(urljoin(str(pyodide_js.lockfileBaseUrl or ""), _ASSETS), url)


async def load_packages(names: Sequence[str], index: str | None = None) -> None:
    """Make packages importable: from the lock file if they are in it, else as wheels with hashes, or from `index`.

    Args:
        names: requirements, or wheels with hashes (`wheels.wheel_of`).
        index: the URL of a PEP 503 index; None: there is none. No other one is used.
            Relative URLs start at the folder of the assets.

    Raises:
        ConfigError: a package cannot be loaded, verified or installed.
    """
    index = from_assets(index).rstrip("/") if index else None
    wheels = [Wheel(from_assets(wheel.url), wheel.sha256) for name in names if (wheel := wheel_of(name))]
    async with _installing:
        locked = [name for name in names if Object.hasOwn(pyodide_js.lockfile.packages, name)]
        await _load_locked(locked)
        rest = [name for name in names if name not in locked and wheel_of(name) is None]
        if rest or wheels:
            await _load_locked(["micropip"])
        if wheels:
            await _install_wheels(wheels, index)
        if rest:
            await _install(rest, index)


async def _load_locked(names: Sequence[str]) -> None:
    if not names:
        return
    try:
        await pyodide_js.loadPackage(to_js(list(names)))
    except JsException as error:
        raise ConfigError(f"The Python packages {', '.join(names)} cannot be loaded: {_text(error)}") from None
    # loadPackage does not reject for a missing or damaged file.
    if missing := [name for name in names if not Object.hasOwn(pyodide_js.loadedPackages, name)]:
        raise ConfigError(
            f"The Python packages {', '.join(missing)} could not be loaded.",
            "Put the whole of dist/ on the host. If a new version was deployed meanwhile, reload the page.",
        )


async def _install_wheels(wheels: Sequence[Wheel], index: str | None) -> None:
    """Install wheels once all of them have been verified, then what they depend on from the lock file or the index."""
    contents = [await _download(wheel) for wheel in wheels]
    with tempfile.TemporaryDirectory() as folder:
        paths = [_put(content, folder, wheel) for wheel, content in zip(wheels, contents, strict=True)]
        await _install([f"emfs:{path}" for path in paths], None, deps=False)
    needs = [need for path in paths for need in importlib.metadata.requires(distribution_of(path)) or ()]
    if by_url := [need for need in needs if "@" in need.partition(";")[0]]:
        raise ConfigError(f"The Python packages cannot be installed: {', '.join(by_url)} has no hash.")
    if needs:
        await _install(needs, index)


def _put(content: bytes, folder: str, wheel: Wheel) -> str:
    """Write a wheel into a folder, and return the path."""
    path = os.path.join(folder, wheel.url.rpartition("/")[2])
    with open(path, "wb") as file:
        file.write(content)
    return path


async def _download(wheel: Wheel) -> bytes:
    """Raises `ConfigError` if it cannot be fetched, or has another hash."""
    total, content = hashlib.sha256(), bytearray()
    try:
        async with FetchTransport().stream(HttpRequest("GET", wheel.url, {}, b"", follow=True)) as response:
            if response.status != 200:
                raise ConfigError(f"The Python package {wheel.url} cannot be loaded: status {response.status}.")
            async for chunk in response.chunks():
                total.update(chunk)
                content += chunk
                if len(content) > _MAX_WHEEL:
                    raise ConfigError(f"The Python package {wheel.url} is larger than {_MAX_WHEEL >> 20} MiB.")
    except TransportError as error:
        raise ConfigError(f"The Python package {wheel.url} cannot be loaded: {error.info.message}") from None
    if total.hexdigest() != wheel.sha256:
        raise ConfigError(
            f"The Python package {wheel.url} is not the one that is named: its sha256 is {total.hexdigest()}.",
            "If the file was replaced on purpose, name this hash in `packages`.",
        )
    return bytes(content)


async def _install(requirements: list[str], index: str | None, *, deps: bool = True) -> None:
    import micropip  # type: ignore[import-not-found]  # exists only inside Pyodide

    try:
        await micropip.install(requirements, index_urls=[index] if index else [], deps=deps)
    except Exception as error:  # of micropip, of its downloads, of the browser, or of the package
        problem = (str(error) or type(error).__name__).partition("\n")[0].rstrip(".")
        raise ConfigError(
            f"The Python packages cannot be installed: {problem}.",
            f"The index is {index}: it must have a folder for each package, what they depend on included."
            if index
            else "There is no index: name what they depend on as well, each with its hash.",
        ) from None
