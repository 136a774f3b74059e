"""What the hang ring prints: the median and the worst of both times, against the limits."""

from __future__ import annotations

from tests.hang.__main__ import spread, table
from tests.hang.ring import WAYS, Outcome

FOUND = [
    Outcome("loop", boot=500, settled=2001, answered=300),
    Outcome("blocks", boot=900, settled=2005, answered=2100),
    Outcome("spins", boot=600, early="aborted: the turn was aborted", settled=3, answered=200),
]


def test_the_median_and_the_worst_of_each_time() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in str(table("firefox", FOUND, 0.2)).splitlines()]
    assert [row[1:] for row in rows if row and "after" in row[0]] == [
        ["2001", "2005", "3000", "blocks"],
        ["300", "2100", "2000", "blocks"],
    ]


def test_a_busy_machine_is_noted() -> None:
    assert "load was 2.5" in str(table("webkit", FOUND, 2.5))
    assert "load" not in str(table("webkit", FOUND, 1.0))


def test_the_limits_decide() -> None:
    assert [bool(outcome.problem) for outcome in FOUND] == [False, True, False]
    assert Outcome("loop", settled=3001).problem == "the turn was not settled within 3000 ms"
    assert Outcome("loop", failure="the turn was never settled").problem == "the turn was never settled"


def test_some_of_the_ways_are_spread_over_all() -> None:
    assert spread(WAYS, len(WAYS)) == spread(WAYS, 1000) == list(WAYS)
    assert spread("abcdefgh", 4) == ["a", "c", "e", "g"]
    assert len(set(spread(WAYS, 50))) == 50
