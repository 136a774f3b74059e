"""Plays episodes until enough turns were taken; the one that breaks a rule is shrunk."""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.chaos.episodes import EPISODE, Episode

if TYPE_CHECKING:
    from collections.abc import Callable

ROUND: Final = 50  # episodes


@dataclass
class Report:
    """What happened: how often each event and each stop occurred, and the episode that broke a rule, if one did."""

    seen: Counter[str] = field(default_factory=Counter)
    episodes: int = 0
    find: Episode | None = None
    problem: str = ""
    last: Episode | None = None

    @property
    def turns(self) -> int:
        return self.seen["turns"]


def chaos(
    turns: int,
    start: int,
    play: Callable[[Episode], Counter[str]],
    *,
    shrink: bool = True,
    tell: Callable[[Report], object] = lambda _: None,
) -> Report:
    """Play episodes made from the seed `start` with `play` until so many turns were taken, or one broke a rule."""
    report = Report()
    number = start
    while report.turns < turns and not report.problem:
        _round(report, turns, number, play, shrink)
        number += 1
        tell(report)
    return report


def _round(report: Report, turns: int, start: int, play: Callable[[Episode], Counter[str]], shrink: bool) -> None:
    @seed(start)
    @settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(EPISODE)
    def one(episode: Episode) -> None:
        if report.turns >= turns:
            return
        report.last = episode
        report.episodes += 1
        report.seen += play(episode)

    try:
        one()
    except Exception as error:
        error.__notes__ = []  # hypothesis' own way to print the episode
        report.problem = "".join(traceback.format_exception(error, limit=-6))
        report.find = report.last
