"""WebKitGTK's MiniBrowser, driven over WebDriver by selenium; Playwright cannot drive it.

It always opens a window, so an X server (Xvfb) is started for it. selenium blocks: its calls run in threads. Needs
WebKitWebDriver and Xvfb on the PATH.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..errors import ConfigError
from .children import Children

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from pathlib import Path

    from selenium.webdriver.common.service import Service
    from selenium.webdriver.remote.remote_connection import RemoteConnection
    from selenium.webdriver.remote.webdriver import WebDriver

    T = TypeVar("T")

DRIVER: Final = "WebKitWebDriver"
X_SERVER: Final = "Xvfb"
LAUNCH_LIMIT: Final = 60.0  # seconds; a browser that does not start is not reported by its driver
SCRIPT_LIMIT: Final = 300.0  # seconds
_SCREEN: Final = "1280x900x24"
_CALL: Final = """
const [argument, done] = arguments;
Promise.resolve(JSON.parse(argument)).then(FUNCTION).then(
  (value) => done(JSON.stringify({ value: value ?? null })),
  (error) => done(JSON.stringify({ error: String(error) })),
);
"""
_LOADED: Final = """
() => new Promise((resolve) => {
  if (document.readyState === "complete") resolve();
  else addEventListener("load", () => resolve(), { once: true });
})
"""


def can_drive(executable: Path) -> bool:
    """Whether MiniBrowser and all that drives it exist. It is not started: even `--version` needs an X server."""
    programs = all(shutil.which(name) for name in (DRIVER, X_SERVER))
    return programs and executable.is_file() and importlib.util.find_spec("selenium") is not None


class PageError(Exception):
    """A function that was called in the page threw, or its promise was rejected."""


class WebKit:
    """One window of MiniBrowser. Commands may run in parallel: one that waits in the page does not block others."""

    def __init__(self, session: _Session, threads: ThreadPoolExecutor) -> None:
        self._session = session
        self._threads = threads

    async def run(self, command: Callable[[WebDriver], T]) -> T:
        """Call `command` with selenium's driver, in a thread. Raises as selenium does."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, command, self._session.driver)

    async def goto(self, url: str) -> None:
        """Load a page; returns after its `load` event."""
        await self.run(lambda driver: driver.get(url))
        await self.evaluate(_LOADED)  # the driver may return before module scripts have run

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function, given as its source, with one argument, and await what it returns.

        Argument and result cross as JSON; undefined is None. Raises PageError.
        """
        script, text = _CALL.replace("FUNCTION", function), json.dumps(argument)
        outcome = json.loads(await self.run(lambda driver: driver.execute_async_script(script, text)))
        if "error" in outcome:
            raise PageError(outcome["error"])
        return outcome["value"]


async def open_webkit(executable: Path, stack: AsyncExitStack) -> WebKit:
    """Start MiniBrowser (`executable`); it ends, with all its processes, when `stack` is closed.

    Raises:
        ConfigError: it did not start within `LAUNCH_LIMIT`, or a program that it needs is missing.
    """
    threads = ThreadPoolExecutor(4, "webkit")
    stack.push_async_callback(asyncio.to_thread, threads.shutdown)
    children = Children()
    stack.push_async_callback(asyncio.to_thread, children.close)  # ends every pending command
    launching = asyncio.get_running_loop().run_in_executor(threads, _launch, executable, children)
    try:
        async with asyncio.timeout(LAUNCH_LIMIT):
            session = await launching
    except TimeoutError:
        raise ConfigError(f"{executable} did not start within {LAUNCH_LIMIT:g} s") from None
    stack.callback(session.connection.close)
    return WebKit(session, threads)


@dataclass(frozen=True, slots=True)
class _Session:
    driver: WebDriver
    connection: RemoteConnection
    service: Service  # referenced as long as the window: its finalizer ends the process


def _launch(executable: Path, children: Children) -> _Session:
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver import Remote
    from selenium.webdriver.common.proxy import Proxy, ProxyType
    from selenium.webdriver.remote.client_config import ClientConfig
    from selenium.webdriver.remote.remote_connection import RemoteConnection as Connection
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service as Starter

    environment = {**os.environ, "DISPLAY": _start_x_server(children), "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
    service = Starter(_program(DRIVER), env=environment, popen_kw={"start_new_session": True})
    options = Options()
    options.binary_location = str(executable)
    options.add_argument("--automation")
    try:
        service.start()
        children.add(service.process)
        if service.process.stdin:
            service.process.stdin.close()  # a pipe that nothing is written to; selenium would leave it open
        direct = ClientConfig(service.service_url, proxy=Proxy(raw={"proxyType": ProxyType.DIRECT}))
        connection = Connection(client_config=direct)
        driver = Remote(connection, options=options)
    except WebDriverException as error:
        raise ConfigError(f"{executable} did not start: {error.msg}") from error
    driver.set_script_timeout(SCRIPT_LIMIT)
    return _Session(driver, connection, service)


def _start_x_server(children: Children) -> str:
    """Start an X server on a free display; returns the name of the display when it is ready."""
    readable, writable = os.pipe()
    with open(readable) as answer:
        options = ["-displayfd", str(writable), "-screen", "0", _SCREEN, "-nolisten", "tcp", "-noreset"]
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        try:
            children.add(subprocess.Popen([_program(X_SERVER), *options], pass_fds=(writable,), **quiet))
        finally:
            os.close(writable)
        number = answer.readline().strip()  # the whole line: otherwise the server fails to write it, and ends
    if not number:
        raise ConfigError(f"{X_SERVER} did not start")
    return f":{number}"


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ConfigError(f"{name} is not on the PATH")
    return path
