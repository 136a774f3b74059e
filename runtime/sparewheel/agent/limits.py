"""Where a turn has to end although the model would go on: steps, repeated calls, tokens, money, time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, SparewheelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..config.chains import LimitsConfig
    from ..config.specs import ResolvedAgent, ResolvedTeam
    from ..messages import ToolCall
    from ..resilience.step import Step

IDENTICAL_CALLS: Final = 5  # in a row, where the agent file does not say


@dataclass(slots=True)
class Spent:
    """What has been used up in a session, by one agent or by those that share a budget."""

    tokens: int = 0
    cost: float = 0.0  # US dollars, of models whose price is known
    seconds: float = 0.0

    def reaches(self, limits: LimitsConfig) -> bool:
        pairs = ((limits.tokens, self.tokens), (limits.cost, self.cost), (limits.time, self.seconds))
        return any(limit and used >= limit for limit, used in pairs)


class Budgets:
    """The ceilings of one session: an agent's own, those it shares, and the team's."""

    def __init__(self, team: ResolvedTeam) -> None:
        self._team = team
        self._spent: dict[str, Spent] = {}

    def spend(self, agent: ResolvedAgent, step: Step, seconds: float) -> None:
        """Count what a step has used."""
        for key, _ in self._ceilings(agent):
            spent = self._spent.setdefault(key, Spent())
            spent.tokens += (step.usage.input_tokens or 0) + (step.usage.output_tokens or 0)
            spent.cost += step.cost
            spent.seconds += seconds

    def used_up(self, agent: ResolvedAgent) -> bool:
        """Whether `agent` may make no further step."""
        return any(self._spent.get(key, Spent()).reaches(limits) for key, limits in self._ceilings(agent))

    def _ceilings(self, agent: ResolvedAgent) -> Iterator[tuple[str, LimitsConfig]]:
        yield "team", self._team.budget
        if agent.limits is not None:
            yield f"agent {agent.name}", agent.limits
        for name in agent.budgets:
            yield f"budget {name}", self._team.budgets[name]


class Repetition:
    """Notices a model that asks for the same thing over and over."""

    def __init__(self) -> None:
        self._recent: deque[tuple[str, str]] = deque(maxlen=1000)

    def check(self, agent: ResolvedAgent, calls: Sequence[ToolCall]) -> None:
        """Raises `SparewheelError` (kind `loop`)."""
        most = agent.max_consecutive_tool_calls or IDENTICAL_CALLS
        for call in calls:
            self._recent.append((call.name, call.arguments))
            last = list(self._recent)[-most:]
            if len(last) == most and len(set(last)) == 1:
                message = f"The model called {call.name} {most} times in a row with the same arguments."
                hint = "Ask differently, or raise max_consecutive_tool_calls in the agent file."
                raise SparewheelError(ErrorInfo("loop", message, hint))
