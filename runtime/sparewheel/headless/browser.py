"""Find a browser that can be driven. `ensure` also installs one; only `build.py` calls it.

The order is: the one named by SPAREWHEEL_BROWSER; an installed browser; Playwright's own; the one that `install.py`
unpacked from npm. A browser counts only if it starts: on some systems `chromium-browser` is a script that only prints
how to install another package. An installed WebKit is WebKitGTK's MiniBrowser, which selenium
drives (`webkit.py`); Playwright drives all others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..errors import ConfigError
from . import install, webkit
from .notes import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Engine: TypeAlias = Literal["chromium", "firefox", "webkit"]

VARIABLE: Final = "SPAREWHEEL_BROWSER"
START_LIMIT: Final = 20.0  # seconds for `--version`

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"),
    "firefox": ("firefox", "firefox-esr"),
    "webkit": (),
}
_MAC_APPS: Final[dict[str, tuple[str, ...]]] = {
    "chromium": ("Google Chrome", "Chromium", "Microsoft Edge"),
    "firefox": ("Firefox",),
    "webkit": (),
}
_WINDOWS_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "chromium": (
        "Google/Chrome/Application/chrome.exe",
        "Chromium/Application/chrome.exe",
        "Microsoft/Edge/Application/msedge.exe",
    ),
    "firefox": ("Mozilla Firefox/firefox.exe",),
    "webkit": (),
}
# Its folders on Debian and Fedora, which are not on the PATH.
_SYSTEM: Final = Path("/usr")
_MINI_BROWSERS: Final = ("lib/*/webkit2gtk-4.*/MiniBrowser", "libexec/webkit2gtk-4.*/MiniBrowser")
# Features that a turn does not need: requests to the vendor, QUIC (scripted servers use TCP), the detection of a GPU.
_CHROMIUM_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserNotFound(ConfigError):
    """No browser of the requested engine can be started on this machine."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a browser: `playwright.ENGINE.launch(**launch.arguments())`. No `executable`: Playwright's own.

    A WebKit with an `executable` is WebKitGTK's, for `webkit.open_webkit(executable)`.
    """

    engine: Engine
    executable: Path | None
    channel: str | None = None
    flags: tuple[str, ...] = field(default=())

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of Playwright's `BrowserType.launch`."""
        # Playwright's driver must not handle signals: the command line aborts the turn first, then closes the browser.
        arguments: dict[str, Any] = {
            "headless": True,
            "args": list(self.flags),
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }
        if self.executable is not None:
            arguments["executable_path"] = str(self.executable)
        if self.channel is not None:
            arguments["channel"] = self.channel
        if self.engine == "chromium":
            arguments["chromium_sandbox"] = sandboxed()
        return arguments


def sandboxed() -> bool:
    """Whether Chromium's sandbox can work: not as root, and rarely in a CI container."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return not (root or os.environ.get("CI") or os.environ.get("SPAREWHEEL_NO_SANDBOX"))


def find(engine: Engine = "chromium") -> Launch:
    """The browser to drive.

    Raises:
        ConfigError: SPAREWHEEL_BROWSER is not a program.
        BrowserNotFound: none was found; the hint lists the commands that install one.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise ConfigError(f"{VARIABLE}={named} is not a program", "Name a browser's executable, or unset it.")
        return _launch(engine, Path(path))
    for candidate in candidates(engine, sys.platform):
        if webkit.can_drive(candidate) if engine == "webkit" else starts(candidate):
            return _launch(engine, candidate)
    if install.playwright_has(engine):
        return _launch(engine, None)
    if engine == "chromium" and starts(install.npm_chromium()):
        return _launch(engine, install.npm_chromium())
    raise BrowserNotFound(f"no {engine} was found", f"{_advice(engine)} In the repository: python3 build.py test.")


def ensure(engine: Engine = "chromium", report: Callable[[str], None] | None = None) -> Launch:
    """As `find`, but installs a browser if there is none. `report` gets a line about each step; None: stderr.

    Blocks, for minutes if the network is slow. Raises the errors of `find`; the message names each step that failed.
    """
    tell = report or note
    try:
        return find(engine)
    except BrowserNotFound:
        failures: list[str] = []
    began = time.monotonic()
    for step in install.steps(engine, lambda line: tell(f"{engine}: {line}")):
        tell(f"no {engine} here: {step.title} ...")
        failure = step.run()
        if failure is None:
            try:
                launch = find(engine)
                tell(f"{engine} is installed ({time.monotonic() - began:.0f} s)")
                return launch
            except BrowserNotFound:
                failure = "the installed browser does not start"
        tell(f"{step.title}: {failure}")
        failures.append(f"{step.title}: {failure}")
    tried = "; ".join(failures) or "no installer is available"
    raise BrowserNotFound(f"no {engine} was found and none could be installed ({tried})", _advice(engine))


def candidates(engine: Engine, platform: str) -> Iterator[Path]:
    """Where `engine` may be installed on `platform` (as in `sys.platform`), best first; not all of them exist."""
    for name in _NAMES[engine]:
        found = shutil.which(name)
        if found:
            yield Path(found)
    if platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            for app in _MAC_APPS[engine]:
                binary = "firefox" if engine == "firefox" else app
                yield folder / f"{app}.app" / "Contents" / "MacOS" / binary
    if platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            root = os.environ.get(variable)
            if root:
                yield from (Path(root) / path for path in _WINDOWS_PATHS[engine])
    if engine == "webkit" and platform == "linux":
        for pattern in _MINI_BROWSERS:
            yield from sorted(_SYSTEM.glob(pattern), reverse=True)  # the newest API version first


def starts(executable: Path) -> bool:
    """Whether the program runs. On Windows, where `--version` opens a window, whether it exists."""
    if not executable.is_file():
        return False
    if sys.platform == "win32":
        return True
    try:
        done = subprocess.run(
            [executable, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _launch(engine: Engine, executable: Path | None) -> Launch:
    if engine == "chromium":
        return Launch(engine, executable, flags=_CHROMIUM_FLAGS)
    # A stock Firefox is driven over WebDriver BiDi, which needs this channel; Playwright's own build does not.
    channel = "moz-firefox" if engine == "firefox" and executable is not None else None
    return Launch(engine, executable, channel=channel)


def _advice(engine: Engine) -> str:
    """How to get a browser by hand."""
    playwright = f"python3 -m playwright install --with-deps {engine}"
    packages = " ".join(install.APT_PACKAGES[engine])
    selenium = " and `pip install selenium`" if engine == "webkit" else ""
    return f"Run `{playwright}` or `apt-get install {packages}`{selenium}, set {VARIABLE}=PATH, or use the engine node."
