"""The timers of Pyodide's loop: what is cancelled is gone, and what comes too late runs."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide


@run_in_pyodide
async def inside(selenium_python, function):  # type: ignore[no-untyped-def]
    import inside_timers  # type: ignore[import-not-found]

    return await getattr(inside_timers, function)()


@pytest.mark.parametrize("function", ["cancelled", "run"])
def test_no_timer_leaves_anything(function: str, selenium_python: Any) -> None:
    left = inside(selenium_python, function)
    assert left == dict.fromkeys(("handles", "proxies", "references"), 0)


def test_a_time_that_has_passed_is_now(selenium_python: Any) -> None:
    assert inside(selenium_python, "in_the_past") == ["at", "later", "timeout"]


def test_the_loop_is_told_of_a_timer_that_fails(selenium_python: Any) -> None:
    assert inside(selenium_python, "failing").startswith("ValueError")
