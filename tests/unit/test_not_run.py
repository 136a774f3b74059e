"""What the end of a test run says of engines that are not here."""

from __future__ import annotations

import pytest

from sparewheel.headless.browser import VARIABLE, BrowserNotFound
from tests.support import engines


def missing(engine: str) -> None:
    raise BrowserNotFound(f"no {engine} was found", "Install it.")


def skipped(engine: str) -> str:
    with pytest.raises(pytest.skip.Exception) as caught:
        engines.launch_of(engine)  # type: ignore[arg-type]
    return f"Skipped: {caught.value.msg}"


def test_a_missing_engine_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find", missing)
    monkeypatch.delenv(VARIABLE, raising=False)
    reasons = [skipped("webkit"), skipped("webkit"), "Skipped: watches processes as Linux does", skipped("firefox")]
    assert engines.not_run(reasons) == [
        "[1] not run in firefox: no firefox was found. Install it.",
        "[2] not run in webkit: no webkit was found. Install it.",
    ]
    assert engines.not_run(["Skipped: on Windows"]) == []


def test_no_chromium_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find", missing)
    with pytest.raises(BrowserNotFound):
        engines.launch_of("chromium")


def test_a_browser_named_for_all_engines_is_used_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/usr/bin/chromium")
    assert VARIABLE in skipped("firefox")
