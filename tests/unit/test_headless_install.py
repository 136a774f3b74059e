"""The ways to install a browser, against fake programs: nothing is fetched and nothing is installed."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from sparewheel.headless import install

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the fake programs are shell scripts")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with the basic tools and what a test adds to it; each call of such a program is noted in `calls`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("sys.platform", "linux")
    return folder


def program(path: Path, script: str = "") -> None:
    path.write_text(f'#!/bin/sh\necho "{path.name} $*" >> "$CALLS"\n{script}\n')
    path.chmod(0o755)


def calls() -> list[str]:
    return Path(os.environ["CALLS"]).read_text().splitlines()


def titles(engine: str) -> list[str]:
    return [step.title.split()[0] for step in install.steps(engine)]


def test_the_steps_that_this_machine_allows(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert titles("chromium") == ["downloading"]
    for name in ("apt-get", "npm", "node"):
        program(programs / name)
    assert titles("chromium") == ["downloading", "installing", "unpacking"]
    assert titles("firefox") == ["downloading", "installing"]
    assert titles("webkit") == ["installing", "downloading"]
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert titles("chromium") == ["downloading", "unpacking"]


def test_apt_installs_although_an_update_failed(programs: Path) -> None:
    program(programs / "apt-get", '[ "$1" != update ] || exit 100')
    step = list(install.steps("firefox"))[1]
    assert step.run() is None
    assert calls() == ["apt-get update", "apt-get install -y --no-install-recommends -o APT::Status-Fd=1 firefox-esr"]


def test_apt_says_what_both_its_parts_said(programs: Path) -> None:
    program(programs / "apt-get", 'echo "E: $1 does not work"; exit 100')
    step = list(install.steps("chromium"))[1]
    assert step.run() == "E: install does not work (after: E: update does not work)"


def test_apt_tells_how_far_it_is(programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The fake ends once both lines have been told, so that no time decides what is seen."""
    monkeypatch.setattr(install, "PULSE", 0.01)
    go = tmp_path / "go"
    os.mkfifo(go)
    monkeypatch.setenv("GO", str(go))
    lines = ("dlstatus:1:20.5:Retrieving", "pmstatus:xvfb:60.0:Unpacking")
    # The read ends without a line if it opens the pipe before the writer of the line before has closed it.
    waiting = [f'echo "{line}"; until read -r _ < "$GO"; do :; done' for line in lines]
    program(programs / "apt-get", "\n".join(['[ "$1" = install ] || exit 0', *waiting]))
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        go.write_text("\n")

    assert next(install.steps("webkit", tell)).run() is None
    assert told == ["downloading: 20 %", "installing: 60 %"]
    assert calls()[-1].endswith("APT::Status-Fd=1 webkit2gtk-driver xvfb")


def test_npm_unpacks_to_where_it_is_looked_for(programs: Path) -> None:
    program(programs / "npm")
    program(programs / "node", ': > "$TMPDIR/chromium"')
    step = list(install.steps("chromium"))[-1]
    assert step.run() is None
    assert install.npm_chromium().is_file()
    assert calls()[0].endswith(install.NPM_PACKAGE)


def test_npm_that_fails_is_the_reason(programs: Path) -> None:
    program(programs / "npm", 'echo "npm warn old"; echo "npm error code E404"; exit 1')
    program(programs / "node", "exit 3")
    assert list(install.steps("chromium"))[-1].run() == "npm error code E404"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches processes as Linux does")
def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pids"
    os.mkfifo(pipe)
    pids: list[int] = []
    wait = subprocess.Popen.wait

    def once_begun(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        """The time begins when the child has."""
        pids.extend([] if pids else map(int, pipe.read_text().split()))
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", once_begun)
    script = f'sleep 1000 & echo $$ $! > "{pipe}"; wait'
    assert install.run_bounded(["/bin/sh", "-c", script], 1.0) == "not finished after 1 s"
    assert len(pids) == 2
    for pid in pids:
        assert ends(pid)


def ends(pid: int) -> bool:
    """Whether a process has ended, or does so now."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_a_program_that_is_not_there_is_a_reason() -> None:
    assert install.run_bounded(["/no/such/program"], 5) == "[Errno 2] No such file or directory: '/no/such/program'"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("Downloading\nError: getaddrinfo ENOTFOUND x\nError: Failed to install", "Error: getaddrinfo ENOTFOUND x"),
        ("Reading lists\nE: Unable to locate package\n", "E: Unable to locate package"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
    ],
)
def test_the_line_that_says_why(output: str, reason: str) -> None:
    assert install.reason(output) == reason


@pytest.mark.parametrize("engine", ["chromium", "firefox", "webkit"])
def test_playwrights_own_counts_when_its_download_was_completed(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert not install.playwright_has(engine)
    command = [sys.executable, "-m", "playwright", "install", "--dry-run", engine]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    folders = [Path(line.split("location:")[1].strip()) for line in lines if "location:" in line]
    for folder in folders:
        folder.mkdir()
    assert not install.playwright_has(engine)
    for folder in folders:
        (folder / "INSTALLATION_COMPLETE").touch()
    assert install.playwright_has(engine)
