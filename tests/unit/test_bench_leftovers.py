"""What the soak takes for a leak, and what not."""

from __future__ import annotations

import pytest

from tests.bench.leftovers import grown


def rounds(name: str, *levels: float) -> list[dict[str, float]]:
    return [{name: level} for level in levels]


@pytest.mark.parametrize(
    "measured",
    [
        rounds("tasks", 9, 5, 5, 5, 5, 5, 5, 5, 5, 5),
        rounds("objects", 1779, 1789, 1789, 1788, 1788, 1789, 1788, 1789, 1850, 1788),
        rounds("rss_mb", 100, 104, 109, 106, 107, 111, 108, 109, 110, 112),
        rounds("wasm_mb", 36.0, 37.7, 37.7, 37.7, 37.7, 37.7, 37.7, 37.7, 37.7, 37.7),
        rounds("rss_before_mb", 100, 110, 120, 130, 140, 150, 160, 170, 180, 190),
    ],
    ids=["a first round that warms up", "one round", "leeway", "the heap finds its size", "garbage"],
)
def test_what_stays_flat_has_not_grown(measured: list[dict[str, float]]) -> None:
    assert grown(measured) == {}


@pytest.mark.parametrize(
    ("measured", "change"),
    [
        (rounds("tasks", 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), {"tasks": "8 -> 12"}),
        (rounds("python_proxies", 0, 0, 0, 0, 0, 0, 0, 1, 2, 1), {"python_proxies": "0 -> 1"}),
        (rounds("python_mb", 19, 19.5, 20, 20.5, 21, 21.5, 22, 22.5, 23, 23.5), {"python_mb": "20.5 -> 22.5"}),
    ],
    ids=["every round", "a few", "memory"],
)
def test_what_rises_has(measured: list[dict[str, float]], change: dict[str, str]) -> None:
    assert grown(measured) == change


def test_each_is_compared_by_itself() -> None:
    """What a system does not tell is not there."""
    tasks, sessions = rounds("tasks", *range(10)), rounds("sessions", *[1] * 10)
    assert grown([a | b for a, b in zip(tasks, sessions, strict=True)]) == {"tasks": "3 -> 7"}
