"""Where a session has to stop although the model would go on: tokens, money, time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from ..chain.step import Step
    from ..config.chains import LimitsConfig
    from ..config.specs import ModelSpec, ResolvedAgent, ResolvedTeam


@dataclass(slots=True)
class Spent:
    """What has been used up in a session, by one agent or by those that share a budget."""

    tokens: int = 0
    cost: float = 0.0  # US dollars, of models whose price is known
    seconds: float = 0.0  # in which anyone was at work, up to when last nobody was
    _shifts: set[Shift] = field(default_factory=set)  # under way
    _since: float = 0.0

    def begin(self, shift: Shift) -> None:
        if not self._shifts:
            self._since = _now()
        self._shifts.add(shift)

    def end(self, shift: Shift) -> None:
        if shift in self._shifts:
            self._shifts.remove(shift)
            if not self._shifts:
                self.seconds += _now() - self._since

    def reaches(self, limits: LimitsConfig) -> bool:
        seconds = self.seconds + (_now() - self._since if self._shifts else 0.0)
        pairs = ((limits.tokens, self.tokens), (limits.cost, self.cost), (limits.time, seconds))
        return any(limit and used >= limit for limit, used in pairs)


class Shift:
    """One thing that an agent does: a step, or a call of a tool. Its time counts, however much goes on beside it.

    While it waits for the user, or for an agent whose own time counts, its own does not.
    """

    def __init__(self, spent: Sequence[Spent]) -> None:
        self._spent = spent
        self._over = False
        self._waits = 0

    def __enter__(self) -> Self:
        self._count()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True  # what a tool has left running does not count any more
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
    """The ceilings of one session: an agent's own, those it shares, and the team's."""

    def __init__(self, team: ResolvedTeam) -> None:
        self._team = team
        self._spent: defaultdict[str, Spent] = defaultdict(Spent)
        self._told: set[str] = set()  # models whose price is not known

    def spend(self, agent: ResolvedAgent, step: Step) -> None:
        """Count the tokens of a step."""
        for key, _ in self._ceilings(agent):
            spent = self._spent[key]
            spent.tokens += (step.usage.input_tokens or 0) + (step.usage.output_tokens or 0)
            spent.cost += step.cost

    def shift(self, agent: ResolvedAgent) -> Shift:
        """Counts the time of what `agent` does, from `with` to its end."""
        return Shift([self._spent[key] for key, _ in self._ceilings(agent)])

    def used_up(self, agent: ResolvedAgent) -> bool:
        """Whether `agent` may make no further step."""
        return any(self._spent[key].reaches(limits) for key, limits in self._ceilings(agent))

    def uncounted(self, agent: ResolvedAgent, chain: Iterable[ModelSpec]) -> str:
        """A warning of the models in `chain` whose price a ceiling needs and nobody knows; each is named once."""
        if not any(limits.cost for _, limits in self._ceilings(agent)):
            return ""
        found = [spec.ref for spec in chain if spec.price is None and spec.ref not in self._told]
        if not found:
            return ""
        self._told.update(found)
        return (
            f"The price of {', '.join(found)} is not known, so a limit of cost does not count it: "
            "set cost in the models of the agent file."
        )

    def _ceilings(self, agent: ResolvedAgent) -> Iterator[tuple[str, LimitsConfig]]:
        yield "team", self._team.budget
        if agent.limits is not None:
            yield f"agent {agent.name}", agent.limits
        for name in agent.budgets:
            yield f"budget {name}", self._team.budgets[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
