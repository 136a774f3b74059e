"""What the runs of one session share: the agents with their chains, tools, hooks and budgets."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..chain.cancelling import cancel_response
from ..chain.chain import Chain
from ..chain.health import Status
from ..chain.standing import standing
from ..hooks.builtin import builtin_hooks, redacting
from ..hooks.engine import Hook, Hooks
from ..redaction.learned import AllSecrets
from ..state.budgets import Budgets
from ..tools.base import Coding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..chain.health import Health
    from ..config.specs import ResolvedAgent, ResolvedTeam
    from ..page.results import ChainState
    from ..state.session_state import SessionState
    from ..tools.base import Toolset
    from ..transports.base import Transport
    from ..usage import Usage
    from .toolbox import Toolbox


class Runner:
    """The agents of an agent file, ready to run the turns of one session, whose conversation is in `state`.

    `jitter` gives floats in [0, 1); `now` the wall clock.
    """

    def __init__(
        self,
        team: ResolvedTeam,
        transport: Transport,
        health: Health,
        state: SessionState,
        toolbox: Toolbox,
        *,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.team = team
        self.state = state
        self.toolbox = toolbox
        self.budgets = Budgets(team)
        self.warnings = list(team.warnings)  # that no turn has reported yet
        self.now = now
        self.transport = transport
        self._health = health
        self._jitter = jitter
        self._hooks: dict[str, list[Hook]] = {}

    def renewed(self, team: ResolvedTeam, toolbox: Toolbox) -> Runner:
        """A runner for another team in the same session: what was spent stays, and what was reported once as well."""
        other = Runner(team, self.transport, self._health, self.state, toolbox, jitter=self._jitter, now=self.now)
        other.budgets.restore(self.budgets.to_dict())
        unsaid = [warning for warning in self.warnings if warning not in self.team.warnings]
        known = set(self.team.warnings) - set(self.warnings)
        other.warnings = [*unsaid, *(warning for warning in team.warnings if warning not in known)]
        return other

    def chain(self, agent: ResolvedAgent, first: str | None = None) -> Chain:
        """The models of `agent` for one step: the one that `first` names, else the one that the user prefers, else the
        one that it has picked, else one of its alternatives.
        """
        return self._chain(_shuffled(agent, self._jitter), first)

    def _chain(self, agent: ResolvedAgent, first: str | None = None) -> Chain:
        choices = self.state.choices
        for ref in (self.state.model, choices.preferred, first):
            agent = _first_choice(agent, ref)
        skipped = [ref for ref in choices.skipped if ref != first]
        return Chain(
            agent,
            self.transport,
            self._health,
            random=self._jitter,
            now=self.now,
            skipped=skipped,
            trace=self.state.trace,
        )

    def standing(self) -> ChainState:
        """The chain of each agent, with the state of its models now."""
        chains = {name: self._chain(agent) for name, agent in self.team.agents.items()}
        return {
            "agent": self.state.conversation.agent,
            "agents": {name: standing(chain.agent.chain, chain.status) for name, chain in chains.items()},
        }

    def prompting(self) -> Sequence[Toolset]:
        """The toolsets of the agent that answers which may have prompts (`agent.prompts`)."""
        agent = self.team.agents[self.state.conversation.agent]
        return [toolset for toolset in self.toolbox.sources(agent) if hasattr(toolset, "prompts")]

    def coding(self) -> Iterator[Coding]:
        """The toolsets that run code: first of the agent that answers, then of the others."""
        answering = self.state.conversation.agent
        for name in sorted(self.team.agents, key=lambda name: name != answering):
            for toolset in self.toolbox.sources(self.team.agents[name]):
                if isinstance(toolset, Coding):
                    yield toolset

    def spend(self, usage: Usage, cost: float) -> None:
        """Count what a tool has a model do, for the agent that answers."""
        self.budgets.spend(self.team.agents[self.state.conversation.agent], usage, cost)

    def side_chain(self, agent: ResolvedAgent) -> Chain | None:
        """The models of `agent` that are healthy, for a request beside its turns; None if none may be asked."""
        skipped = self.state.choices.skipped
        healthy = (spec for spec in agent.chain if spec.ref not in skipped and self._health.status(spec) == Status())
        chain = tuple(replace(spec, resume=False) for spec in healthy)
        if not chain or self._health.offline or self.budgets.used_up(agent):
            return None
        fallback = agent.fallback.model_copy(update={"hedge_after": None, "on_partial": "restart"})
        agent = replace(agent, chain=chain, fallback=fallback)
        trace = self.state.trace
        return Chain(agent, self.transport, self._health.aside(), random=self._jitter, now=self.now, trace=trace)

    def give_up(self, state: Mapping[str, Any] | None) -> None:
        """Cancel the response of a step that was interrupted, of which `state` is the `resume_state`."""
        if state is None:
            return
        for agent in self.team.agents.values():
            for spec in (*agent.chain, *agent.models.values()):
                if spec.resume and spec.ref == state.get("model"):
                    cancel_response(self.transport, spec, state.get("response_id"))
                    return

    def hooks(self, agent: ResolvedAgent, report: Callable[[str], None] = lambda _: None) -> Hooks:
        """The hooks of one agent: the file's, the caller's, and last the one that removes secrets from results.

        `report` gets a message for each hook that fails.
        """
        if agent.name not in self._hooks:
            secrets = AllSecrets(agent.secrets, self.state.secrets)
            own = [redacting(secrets)] if agent.redact_secrets else []
            self._hooks[agent.name] = [*builtin_hooks(agent.hooks, secrets), *self.state.hooks, *own]
        return Hooks(self._hooks[agent.name], report)


def _shuffled(agent: ResolvedAgent, random: Callable[[], float]) -> ResolvedAgent:
    """The agent with one of its alternatives at the head of its chain; the others come next."""
    if agent.alternatives < 2:
        return agent
    first = agent.chain[int(random() * agent.alternatives)]
    return replace(agent, chain=(first, *(spec for spec in agent.chain if spec is not first)))


def _first_choice(agent: ResolvedAgent, ref: str | None) -> ResolvedAgent:
    """The agent with `ref` (`provider/model`, or a key of the models it can pick) at the head of its chain."""
    if ref is None:
        return agent
    known = dict(agent.models) | {spec.ref: spec for spec in (*agent.models.values(), *reversed(agent.chain))}
    if ref not in known:
        return agent  # another agent has picked it, and only that one has it
    return replace(agent, chain=(known[ref], *(spec for spec in agent.chain if spec is not known[ref])))
