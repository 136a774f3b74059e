"""Which browser is driven, and what is tried where there is none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparewheel import headless
from sparewheel.errors import ConfigError
from sparewheel.headless import browser, cli, install
from sparewheel.headless.browser import BrowserNotFound, Launch, ensure, find

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the fake browsers are shell scripts")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it, and no browser from anywhere else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(install, "playwright_has", lambda engine: False)
    return folder


def program(path: Path, exit_code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def test_the_variable_wins(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs / "chromium")
    named = program(tmp_path / "my browser")
    monkeypatch.setenv("SPAREWHEEL_BROWSER", str(named))
    assert find().executable == named


def test_a_wrong_variable_is_an_error_and_nothing_is_installed(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs / "chromium")
    monkeypatch.setenv("SPAREWHEEL_BROWSER", "/no/such/browser")
    monkeypatch.setattr(install, "steps", pytest.fail)
    with pytest.raises(ConfigError) as caught:
        ensure()
    assert str(caught.value) == "SPAREWHEEL_BROWSER=/no/such/browser is not a program"


def test_installed_browsers_in_order_and_only_those_that_start(programs: Path) -> None:
    chrome = program(programs / "google-chrome")
    program(programs / "chromium-browser", exit_code=1)  # the stub that says "install the snap"
    assert find().executable == chrome
    chromium = program(programs / "chromium")
    assert find().executable == chromium


def test_then_playwrights_own_then_the_one_from_npm(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = program(install.npm_chromium())
    assert find().executable == unpacked
    monkeypatch.setattr(install, "playwright_has", lambda engine: engine == "chromium")
    assert find().executable is None


def test_firefox_as_installed_needs_a_channel_and_playwrights_own_needs_none(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = program(programs / "firefox-esr")
    assert find("firefox") == Launch("firefox", installed, channel="moz-firefox")
    installed.unlink()
    monkeypatch.setattr(install, "playwright_has", lambda engine: True)
    assert find("firefox") == Launch("firefox", None)


def test_webkitgtk_needs_a_driver_and_an_x_server(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mini_browser = program(programs.parent / "webkit2gtk-4.1" / "MiniBrowser", exit_code=1)  # as without an X server
    monkeypatch.setattr(browser, "candidates", lambda engine, platform: iter([mini_browser]))
    program(programs / "WebKitWebDriver")
    with pytest.raises(BrowserNotFound) as caught:
        find("webkit")
    assert "`apt-get install webkit2gtk-driver xvfb` and `pip install selenium`" in caught.value.info.hint
    program(programs / "Xvfb")
    assert find("webkit") == Launch("webkit", mini_browser)
    mini_browser.unlink()
    monkeypatch.setattr(install, "playwright_has", lambda engine: engine == "webkit")
    assert find("webkit") == Launch("webkit", None)


def test_where_webkitgtk_is(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = (program(tmp_path / f"lib/x86/webkit2gtk-4.{minor}/MiniBrowser") for minor in (0, 1))
    monkeypatch.setattr(browser, "_SYSTEM", tmp_path)
    assert list(browser.candidates("webkit", "linux")) == [newer, older]
    assert list(browser.candidates("webkit", "darwin")) == []


@pytest.mark.parametrize(
    ("root", "variables", "sandboxed"),
    [
        (False, {}, True),
        (True, {}, False),
        (False, {"CI": "true"}, False),
        (False, {"SPAREWHEEL_NO_SANDBOX": "1"}, False),
    ],
)
def test_the_sandbox_is_off_only_where_it_cannot_work(
    root: bool, variables: dict[str, str], sandboxed: bool, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("SPAREWHEEL_NO_SANDBOX", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
    program(programs / "chromium")
    arguments = find().arguments()
    assert arguments["chromium_sandbox"] is sandboxed
    assert "--no-sandbox" not in arguments["args"]  # Playwright adds it, by the argument above


def test_signals_are_left_to_us(programs: Path) -> None:
    program(programs / "firefox")
    arguments = find("firefox").arguments()
    assert [arguments[f"handle_{name}"] for name in ("sigint", "sigterm", "sighup")] == [False, False, False]


def test_where_browsers_are_on_other_systems(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mac = [str(path) for path in browser.candidates("chromium", "darwin")]
    assert mac[0] == "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    assert str(next(browser.candidates("firefox", "darwin"))) == "/Applications/Firefox.app/Contents/MacOS/firefox"
    monkeypatch.setenv("PROGRAMFILES", "C:/Program Files")
    windows = [path.as_posix() for path in browser.candidates("chromium", "win32")]
    assert windows[0] == "C:/Program Files/Google/Chrome/Application/chrome.exe"


async def test_open_and_the_command_line_install_nothing(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "run_bounded", pytest.fail)
    (tmp_path / "headless.html").touch()
    with pytest.raises(BrowserNotFound) as caught:
        async with headless.open("agents:\n  root: {}", dist=tmp_path):
            pass
    for way in ("playwright install", "apt-get install chromium", "build.py test", "SPAREWHEEL_BROWSER", "node"):
        assert way in caught.value.info.hint
    (tmp_path / "agent.yaml").write_text("agents: {}")
    assert cli.main(["run", "--dist", str(tmp_path), str(tmp_path / "agent.yaml")]) == 1
    event = json.loads(capsys.readouterr().out)
    assert (event["type"], event["hint"]) == ("error", caught.value.info.hint)


def test_ensure_installs_nothing_when_there_is_a_browser(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium = program(programs / "chromium")
    monkeypatch.setattr(install, "steps", pytest.fail)
    assert ensure().executable == chromium


def test_ensure_goes_on_after_a_failure_and_stops_at_the_first_success(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(engine: str, tell: Callable[[str], None]) -> Iterator[install.Step]:
        def installs() -> None:
            tell("half")
            program(programs / "chromium")

        yield install.Step("downloading it", lambda: "no network")
        yield install.Step("apt", installs)
        pytest.fail("one is enough")

    monkeypatch.setattr(install, "steps", steps)
    said: list[str] = []
    assert ensure(report=said.append).executable == programs / "chromium"
    assert said[:3] == [
        "no chromium here: downloading it ...", "downloading it: no network", "no chromium here: apt ...",
    ]  # fmt: skip
    assert [line.partition(" (")[0] for line in said[3:]] == ["chromium: half", "chromium is installed"]


def test_ensure_names_all_that_failed_in_one_line(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [install.Step("download", lambda: "no network"), install.Step("apt", lambda: None)]
    monkeypatch.setattr(install, "steps", lambda engine, tell: iter(steps))
    with pytest.raises(BrowserNotFound) as caught:
        ensure()
    assert str(caught.value) == (
        "no chromium was found and none could be installed "
        "(download: no network; apt: the installed browser does not start)"
    )
    assert caught.value.info.hint == (
        "Run `python3 -m playwright install --with-deps chromium` or `apt-get install chromium`, "
        "set SPAREWHEEL_BROWSER=PATH, or use the engine node."
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert "sparewheel: no chromium here: download ...\n" in err
