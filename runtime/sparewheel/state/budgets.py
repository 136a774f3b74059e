"""Limits of a session on tokens, cost and busy time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from ..config.chains import LimitsConfig
    from ..config.specs import ModelSpec, ResolvedAgent, ResolvedTeam
    from ..usage import Usage


@dataclass(slots=True)
class Spent:
    """What one agent, or all agents that share a budget, have used in a session."""

    tokens: int = 0
    cost: float = 0.0  # US dollars, of models whose price is known
    seconds: float = 0.0  # busy time up to the last idle point
    _running: set[BusyTimer] = field(default_factory=set)
    _since: float = 0.0

    def begin(self, timer: BusyTimer) -> None:
        if not self._running:
            self._since = _now()
        self._running.add(timer)

    def end(self, timer: BusyTimer) -> None:
        if timer in self._running:
            self._running.remove(timer)
            if not self._running:
                self.seconds += _now() - self._since

    def reaches(self, limits: LimitsConfig) -> bool:
        seconds = self.seconds + (_now() - self._since if self._running else 0.0)
        pairs = ((limits.tokens, self.tokens), (limits.cost, self.cost), (limits.time, seconds))
        return any(limit and used >= limit for limit, used in pairs)


class BusyTimer:
    """Counts the time of one step or tool call as busy time, from `with` to its end. Overlapping times count once.

    The time inside `waiting` does not count: the user, or an agent with a timer of its own, is waited for.
    """

    def __init__(self, spent: Sequence[Spent]) -> None:
        self._spent = spent
        self._over = False
        self._waits = 0

    def __enter__(self) -> Self:
        self._count()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True  # code that a tool has left running no longer counts
        self._count()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        self._waits += 1
        self._count()
        try:
            yield
        finally:
            self._waits -= 1
            self._count()

    def _count(self) -> None:
        for spent in self._spent:
            if self._over or self._waits:
                spent.end(self)
            else:
                spent.begin(self)


class Budgets:
    """The limits of one session: each agent's own, those shared by agents, and the team's."""

    def __init__(self, team: ResolvedTeam) -> None:
        self._team = team
        self._spent: defaultdict[str, Spent] = defaultdict(Spent)
        self._warned: set[str] = set()  # models whose price is unknown

    def spend(self, agent: ResolvedAgent, usage: Usage, cost: float) -> None:
        """Count the tokens and the cost (US dollars) of a step."""
        for key, _ in self._limits(agent):
            spent = self._spent[key]
            spent.tokens += (usage.input_tokens or 0) + (usage.output_tokens or 0)
            spent.cost += cost

    def timer(self, agent: ResolvedAgent) -> BusyTimer:
        """A timer for a step or a tool call of `agent`."""
        return BusyTimer([self._spent[key] for key, _ in self._limits(agent)])

    def used_up(self, agent: ResolvedAgent) -> bool:
        """Whether `agent` may make no further step."""
        return any(self._spent[key].reaches(limits) for key, limits in self._limits(agent))

    def uncounted(self, agent: ResolvedAgent, chain: Iterable[ModelSpec]) -> str:
        """A warning about models whose price is unknown although a limit on cost applies; each is named once."""
        if not any(limits.cost for _, limits in self._limits(agent)):
            return ""
        found = [spec.ref for spec in chain if spec.price is None and spec.ref not in self._warned]
        if not found:
            return ""
        self._warned.update(found)
        return (
            f"The price of {', '.join(found)} is not known, so a limit of cost does not count it: "
            "set cost in the models of the agent file."
        )

    def to_dict(self) -> dict[str, Any]:
        """What the session has spent, as plain JSON, by limit."""
        return {
            key: {"tokens": spent.tokens, "cost": spent.cost, "seconds": round(spent.seconds, 3)}
            for key, spent in self._spent.items()
        }

    def restore(self, stored: object) -> None:
        """Count what `to_dict` gave as spent."""
        for key, fields in stored.items() if isinstance(stored, dict) else ():
            match fields:
                case {"tokens": int(tokens), "cost": int() | float() as cost, "seconds": int() | float() as seconds}:
                    spent = self._spent[str(key)]
                    spent.tokens += max(tokens, 0)
                    spent.cost += max(cost, 0.0)
                    spent.seconds += max(seconds, 0.0)

    def _limits(self, agent: ResolvedAgent) -> Iterator[tuple[str, LimitsConfig]]:
        yield "team", self._team.budget
        if agent.limits is not None:
            yield f"agent {agent.name}", agent.limits
        for name in agent.budgets:
            yield f"budget {name}", self._team.budgets[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
