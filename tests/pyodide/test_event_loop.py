"""Pyodide's loop: cancelled timers are gone, late ones run, and JavaScript is served in between."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide


@run_in_pyodide
async def inside(selenium_python, function):  # type: ignore[no-untyped-def]
    import inside_event_loop  # type: ignore[import-not-found]  # inside Pyodide

    return await getattr(inside_event_loop, function)()


@pytest.mark.parametrize("function", ["cancelled", "run"])
def test_no_timer_leaves_anything(function: str, selenium_python: Any) -> None:
    left = inside(selenium_python, function)
    assert left == dict.fromkeys(("handles", "proxies", "references"), 0)


def test_a_time_that_has_passed_is_now(selenium_python: Any) -> None:
    assert inside(selenium_python, "in_the_past") == ["at", "later", "timeout"]


def test_the_loop_is_told_of_a_timer_that_fails(selenium_python: Any) -> None:
    assert inside(selenium_python, "failing").startswith("ValueError")


def test_callbacks_run_in_their_order_and_leave_time_for_javascript(selenium_python: Any) -> None:
    first, second, *later = inside(selenium_python, "order")
    assert (first, second) == ("first", "second")
    assert set(later) == {"added", "message"}


def test_no_number_of_settled_promises_keeps_javascript_waiting(selenium_python: Any) -> None:
    assert inside(selenium_python, "busy")


def test_a_settled_promise_needs_no_further_wake_up(selenium_python: Any) -> None:
    assert inside(selenium_python, "wake_ups") < 5  # of 100; more than none on a machine that is busy for milliseconds


def test_nothing_else_runs_within_code_that_calls_like_an_event(selenium_python: Any) -> None:
    ran = inside(selenium_python, "from_code")
    assert sorted(ran) == ["loop", "of the loop", "of the user", "user"]
    assert ran.index("loop") < ran.index("of the loop")
    assert ran.index("user") < ran.index("of the user")
