"""The ways to install a browser. Each has a time limit and returns the reason if it fails.

`browser.ensure` runs the steps in order and looks for a browser after each.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DOWNLOAD_LIMIT: Final = 300.0  # seconds for one download
PULSE: Final = 3.0  # seconds between two checks of the output
TAIL: Final = 4096  # bytes of the output that such a check reads
NPM_PACKAGE: Final = "@sparticuz/chromium@153.0.0"  # a Chromium in an npm package, for networks that reach only npm
APT_PACKAGES: Final = {
    "chromium": ("chromium",),
    "firefox": ("firefox-esr",),
    "webkit": ("webkit2gtk-driver", "xvfb"),
}
_UNPACK: Final = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();'


@dataclass(frozen=True, slots=True)
class Step:
    """One way to get a browser. `run` returns None on success, else the reason, in one line."""

    title: str
    run: Callable[[], str | None]


def steps(engine: str, tell: Callable[[str], None] = lambda _: None) -> Iterator[Step]:
    """The ways that are available on this machine, the least intrusive first. `tell` gets progress from some.

    Playwright's WebKit comes last: it does not start without many libraries, which are usually missing.
    """
    playwright = Step("downloading Playwright's own", lambda: _playwright(engine))
    if _has_playwright() and engine != "webkit":
        yield playwright
    if _may_apt():
        yield Step("installing it with apt-get", lambda: _apt(APT_PACKAGES[engine], tell))
    if _has_playwright() and engine == "webkit":
        yield playwright
    if engine == "chromium" and shutil.which("npm") and shutil.which("node"):
        yield Step(f"unpacking npm's {NPM_PACKAGE}", _npm)


def playwright_has(engine: str) -> bool:
    """Whether Playwright has downloaded its build of `engine` for the installed version."""
    if not _has_playwright():
        return False
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", *_playwright_names(engine)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        label, _, folder = line.strip().partition("Install location:")
        if not label and folder:
            return (Path(folder.strip()) / "INSTALLATION_COMPLETE").exists()
    return False


def npm_chromium() -> Path:
    """Where the Chromium from npm is unpacked to (the package puts it into its temporary folder)."""
    return _cache() / "unpacked" / "chromium"


def run_bounded(
    argv: Sequence[str],
    seconds: float,
    extra: dict[str, str] | None = None,
    watch: Callable[[str], None] | None = None,
) -> str | None:
    """Run a program that may hang or start others. Returns None if it exits with 0, else the reason, in one line.

    The program and its children are killed after `seconds`, or when the caller is interrupted. Output goes to a file,
    because reading a pipe waits for every grandchild that holds it open. `watch` gets the end of the output every
    `PULSE` seconds.
    """
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(extra or {})},
                start_new_session=True,
            )
        except OSError as error:
            return str(error)
        try:
            while (code := _wait(process, min(PULSE, deadline - time.monotonic()))) is None:
                if time.monotonic() >= deadline:
                    _kill(process)
                    return f"not finished after {seconds:.0f} s"
                if watch:
                    watch(_end_of(output))
        except BaseException:
            _kill(process)
            raise
        if code == 0:
            return None
        output.seek(0)
        return reason(output.read().decode("utf-8", "replace")) or f"exit code {code}"


def reason(output: str) -> str:
    """The line of a failed program's output with the reason: the first that reports an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("E:", "npm error")) or "rror:" in line]
    return (telling or lines[-1:] or [""])[0][:200]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit code; None if the process is still running after `seconds`."""
    try:
        return process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return None


def _end_of(output: IO[bytes]) -> str:
    """The last `TAIL` bytes. Read with pread, because the child writes at the position of the file."""
    size = os.fstat(output.fileno()).st_size
    return os.pread(output.fileno(), TAIL, max(0, size - TAIL)).decode("utf-8", "replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _playwright(engine: str) -> str | None:
    # The default, five attempts of 30 s for each mirror, takes minutes behind a firewall.
    patience = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "5000"}
    argv = [sys.executable, "-m", "playwright", "install", *_playwright_names(engine)]
    return run_bounded(argv, DOWNLOAD_LIMIT, patience)


def _playwright_names(engine: str) -> list[str]:
    return [engine, "--only-shell"] if engine == "chromium" else [engine]


def _has_playwright() -> bool:
    return importlib.util.find_spec("playwright") is not None


def _may_apt() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(packages: Sequence[str], tell: Callable[[str], None]) -> str | None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    reported = ""

    def watch(output: str) -> None:
        nonlocal reported
        if (line := apt_progress(output)) and line != reported:
            reported = line
            tell(line)

    # After a failed update (one unreachable mirror is enough) the install may still work; report both if it fails.
    outdated = run_bounded(["apt-get", "update"], DOWNLOAD_LIMIT, quiet)
    options = ["-y", "--no-install-recommends", "-o", "APT::Status-Fd=1"]
    failure = run_bounded(["apt-get", "install", *options, *packages], DOWNLOAD_LIMIT, quiet, watch)
    return f"{failure} (after: {outdated})" if failure and outdated else failure


def apt_progress(output: str) -> str:
    """The last status of apt in `output`, as text for the user; empty if there is none.

    The lines (`dlstatus:1:20.5:Retrieving file 3 of 51`) are described in apt's README.progress-reporting.
    """
    found = re.findall(r"^(dlstatus|pmstatus):[^:\n]*:([\d.]+):", output, re.MULTILINE)
    if not found:
        return ""
    phase, percent = found[-1]
    return f"{'downloading' if phase == 'dlstatus' else 'installing'}: {float(percent):.0f} %"


def _npm() -> str | None:
    folder, unpacked = _cache(), npm_chromium().parent
    unpacked.mkdir(parents=True, exist_ok=True)
    npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", str(folder), NPM_PACKAGE]
    failure = run_bounded([shutil.which("npm") or "npm", *npm], DOWNLOAD_LIMIT)
    if failure:
        return failure
    script = folder / "unpack.mjs"  # a file, because node resolves the package from the folder of the script
    script.write_text(_UNPACK, encoding="utf-8")
    temporary = {"TMPDIR": str(unpacked), "TEMP": str(unpacked), "TMP": str(unpacked)}
    return run_bounded([shutil.which("node") or "node", str(script)], DOWNLOAD_LIMIT, temporary)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sparewheel" / "chromium"
