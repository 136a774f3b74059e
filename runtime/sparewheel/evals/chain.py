"""The chain of an agent, asked outside of a session: no conversation is kept, no tool runs, no hook is called."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..agent.prompt import output_schema
from ..chain.log import AttemptLog
from ..chain.question import Question
from ..chain.step import Step
from ..config.loading import load_agent_file
from ..config.resolved import resolve_team
from ..errors import ConfigError, SparewheelError
from ..messages import system
from ..native.clean import Cleaner, readable
from ..native.making import Options, agent_text, make_session
from ..transports.router import open_network

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from ..config.specs import ModelSpec, ResolvedAgent, ResolvedTeam
    from ..messages import Message
    from ..providers.base import OutputSchema, ToolSpec
    from ..providers.endings import StopReason
    from ..usage import Usage

# Keys of an agent that work in turns, and not here: a task brings its own tools, and ends its own loop.
_NOT_USED = ("toolsets", "sub_agents", "handoffs", "force_handoff", "guardrails", "hooks", "limits", "budgets", "cache")


@dataclass(frozen=True)
class Answer:
    """What one question brought. `error` is set if no model answered; `message` is then what the last one had written.

    `usage` counts every attempt, discarded ones included, `input_tokens` only those of the attempt that answered.
    `events` are the chain's own: `usage`, `retry`, `fallback`, `skipped` and the like, without the text.
    """

    message: Message
    model: str
    reason: StopReason
    usage: Usage
    input_tokens: int | None
    events: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]
    error: SparewheelError | None = None


def read_team(
    agent: str | os.PathLike[str], env: Mapping[str, str], root: str | None = None, allow_hosts: Sequence[str] = ()
) -> ResolvedTeam:
    """The agents of a file, or of its YAML text; `root` is the one to ask, None: the first.

    Raises:
        ConfigError: the file or a key that it needs is missing or wrong. The error has no keys.
    """
    try:
        return resolve_team(load_agent_file(agent_text(agent)), root, env, allow_hosts, session_files=True)
    except ConfigError as error:
        raise readable(error) from None


def not_used(team: ResolvedTeam) -> list[str]:
    """What the file has, and a chain without a session does not use: a sentence each."""
    agent = team.agents[team.root]
    names = [name for name in _NOT_USED if _written(getattr(agent, name))]
    said = [f"{agent.name}: {', '.join(names)} are not used here, only the chain and the instruction."] if names else []
    return [*team.warnings, *said]


def _written(value: Any) -> bool:
    return any(value.model_dump(exclude_none=True).values()) if isinstance(value, BaseModel) else bool(value)


class OpenChain:
    """The chain of a team's root, with its connections. Made and used in one event loop; `close` ends it."""

    def __init__(self, team: ResolvedTeam) -> None:
        self._agent = _bare(team.agents[team.root])
        self._team = replace(team, agents={team.root: self._agent})
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Open what requests share."""
        network = await open_network(self._stack)
        self._session = make_session(Options(network=network), title="", team=self._team)
        self.clean = Cleaner(self._session)  # of secrets

    async def close(self) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def ask(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec] = (),
        output: OutputSchema | None = None,
        change: Callable[[ModelSpec], ModelSpec] = lambda spec: spec,
    ) -> Answer:
        """Ask the chain once; the models' tool calls are in the answer. Failures of models are in it as well.

        Args:
            messages: the conversation. The agent's instruction comes before it.
            tools: what the models may call.
            output: the shape of the answer; None: the agent's `structured_output`.
            change: applied to each model of the chain before it is asked.
        """
        agent = replace(self._agent, chain=tuple(change(spec) for spec in self._agent.chain))
        instruction = [system(agent.instruction)] if agent.instruction else []
        question = Question(
            [*instruction, *messages],
            tools,
            output or output_schema(agent),
            after_tools=bool(messages) and messages[-1].role == "tool",
            max_bytes=agent.max_response_bytes,
        )
        log = AttemptLog()
        step = Step(self._session.runner.chain(agent), question, log)
        events: list[Mapping[str, Any]] = []
        failed: SparewheelError | None = None
        try:
            async with aclosing(step.events()) as batches:
                async for batch in batches:
                    events += [event for event in self.clean.events(batch) if event["type"] in _KEPT]
        except SparewheelError as error:
            error.attempts = [dict(record) for record in log.records]
            failed = self.clean.error(error)
        return Answer(
            step.answer(),
            step.model,
            step.reason,
            step.usage,
            step.answer_usage.input_tokens,
            events,
            self.clean.result(log.records),
            failed,
        )


_KEPT = frozenset({"usage", "retry", "fallback", "hedge", "skipped", "compacted", "recovered", "resumed"})


def _bare(agent: ResolvedAgent) -> ResolvedAgent:
    """The agent without its sources of tools, which would be opened."""
    return replace(agent, toolsets=(), skills=(), sub_agents=(), handoffs=(), force_handoff="", rag_models={})
