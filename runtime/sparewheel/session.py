"""One conversation: its history, at most one active turn, and the rule that every turn ends in exactly one event.

This is the one place where events get their `turn` and `seq`, where errors become `error` events, and where stopping
becomes `aborted`. What joins the history is only what the next request may contain: a turn that failed is forgotten (so
that asking again does not ask twice), a turn that was stopped keeps the text that was shown.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, cast

from .agent import Turn
from .chain.watchdog import Watchdog
from .errors import ConfigError, SparewheelError, internal
from .messages import Message, assistant, user
from .redaction.stream import SplitSecrets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from datetime import datetime

    from .agent import Agent
    from .events import AbortedEvent, AbortReason, ErrorEvent, Event, FinishEvent

EXPORT_VERSION: Final = 1
MOST_EPISODES: Final = 1000  # that a session remembers


class Session:
    """A conversation with one agent. `history` seeds it; the instruction is not part of it."""

    def __init__(self, agent: Agent, history: Iterable[Message] = ()) -> None:
        self.agent = agent
        self._episodes: list[dict[str, Any]] = []
        self._history = list(history)
        self._turn: Turn | None = None  # the one under way
        self._task: asyncio.Task[Any] | None = None  # which iterates it
        self._abort_reason: AbortReason | None = None
        self._left_out = 0  # how many of the first messages no model is shown any more
        self.result: dict[str, Any] | None = None  # of the last turn that finished

    async def turn(self, prompt: object) -> AsyncGenerator[list[Event], None]:
        """Run one turn; yield its events in batches, the terminal one last.

        Raises `ConfigError` before the first event for a prompt that is not text or while another turn runs. After the
        terminal event it raises the turn's `SparewheelError`, or `CancelledError` if the task was cancelled.
        """
        if not isinstance(prompt, str):
            raise ConfigError("send: expected a prompt string")
        async with aclosing(self.answer([*self._history, user(prompt)])) as batches:
            async for batch in batches:
                yield batch

    async def answer(self, messages: list[Message]) -> AsyncGenerator[list[Event], None]:
        """Like `turn`, for a conversation whose last message is the user's."""
        if self._turn is not None:
            raise ConfigError("a run is already active", "Wait for its end, or abort it first.")
        self.result = None
        self._turn = turn = Turn(messages, agent=self.at_work, left_out=self._left_out)
        self._task, self._abort_reason = asyncio.current_task(), None
        stamp = _Stamp(turn, self.agent.now())
        whole = SplitSecrets(self.agent.team.secrets)
        failure: BaseException
        outcome = "abandoned"  # what is left when the consumer walks away
        try:
            async with aclosing(self._limited(turn)) as batches:
                async for batch in batches:
                    if batch[-1]["type"] == "finish":
                        self._keep(turn, batch[-1])
                        outcome = "finished"
                    if batch := whole(batch):
                        yield stamp(batch)
            return
        except asyncio.CancelledError as error:
            failure = error
            batch = self._aborted(turn)
            outcome = "aborted"
        except SparewheelError as error:
            failure = error
            batch = self._failed(turn, error)
            outcome = "failed"
        except Exception as error:  # a bug of ours still ends the turn with one event
            failure = SparewheelError(internal(error))
            failure.__cause__ = error
            batch = self._failed(turn, failure)
            outcome = "failed"
        finally:
            self._turn = self._task = None
            if outcome != "finished":
                self._hold(turn)
            self._remember(turn, stamp, outcome)
        yield stamp(whole(batch))
        raise failure

    def abort(self, reason: AbortReason = "user") -> bool:
        """Stop the turn under way by cancelling the task that iterates it. Return whether there is one.

        The turn ends with an `aborted` event, which names the `reason` of the first call.
        """
        if self._task is None:
            return False
        self._abort_reason = self._abort_reason or reason
        self._task.cancel()
        return True

    def confirm(
        self, decision: object, *, call_id: str | None = None, tool: str | None = None, reason: str = ""
    ) -> None:
        """The user's decision on a tool call: the one named by its confirmation's id, or the one that waits longest.

        `tool` names the tool that `approve_tool` approves, `reason` tells the model why a call is rejected. Raises
        `ConfigError` for an unknown decision, or if no such call waits.
        """
        self.agent.context.approvals.answer(decision, call_id=call_id, tool=tool, reason=reason)

    def respond(self, question: object, action: object, content: object = None) -> None:
        """The user's answer to the elicitation with the id `question`: accept (with `content`), decline or cancel.

        Raises `ConfigError` for an unknown action, or if no such elicitation waits.
        """
        self.agent.context.respond(question, action, content)

    @property
    def interactive(self) -> bool:
        """Whether a user can be asked for approvals and answers."""
        return self.agent.context.approvals.interactive

    @interactive.setter
    def interactive(self, value: bool) -> None:
        self.agent.context.approvals.interactive = value

    @property
    def at_work(self) -> str:
        """The agent whose turn it is."""
        return self._turn.agent if self._turn else self.agent.context.current or self.agent.team.root

    @property
    def messages(self) -> list[Message]:
        """The conversation, with what the turn under way has brought so far."""
        return self._turn.messages if self._turn else self._history

    def restart(self) -> None:
        """Forget the conversation, who was in charge of it and the model it had picked.

        What the user has approved for the session, what tools have stored and what was spent stays. Raises
        `ConfigError` while a turn runs.
        """
        if self._turn is not None:
            raise ConfigError("a run is already active", "Abort it before restarting the session.")
        self._history, self._left_out = [], 0
        self._episodes.clear()
        self.agent.context.forget()

    async def close(self) -> None:
        """The session is over; its sources of tools are closed."""
        agent = self.agent.team.agents[self.at_work]
        await self.agent.hooks(agent).run("session_end", {"agent_name": agent.name})
        await self.agent.toolbox.close()

    def export(self) -> dict[str, Any]:
        """The conversation as one JSON document, without keys; `history` of a new session takes its messages."""
        return {
            "version": EXPORT_VERSION,
            "agent": self.agent.context.current or self.agent.team.root,
            "messages": [message.to_dict() for message in self._history],
            "episodes": self._episodes,
        }

    async def _limited(self, turn: Turn) -> AsyncGenerator[list[Event], None]:
        """The agent's run under the time limit of the whole turn."""
        async with Watchdog() as dog, aclosing(self.agent.run(turn)) as batches:
            dog.expect("timeout_turn", self.agent.team.agents[turn.agent].timeouts.turn)
            while True:
                try:
                    yield await dog.watch(anext(batches))
                except StopAsyncIteration:
                    return

    def _keep(self, turn: Turn, finish: FinishEvent) -> None:
        self._history, self._left_out = turn.messages, turn.left_out
        self.result = {
            "message": finish["message"],
            "usage": finish["usage"],
            "model": finish["model"],
            "finish_reason": finish["reason"],
            "attempts": turn.records,
        }

    def _hold(self, turn: Turn) -> None:
        """What stays of a turn that did not finish: whole steps, whose work need not be done again.

        A turn that was stopped also keeps the text that was shown; one that failed or was abandoned in its first step
        leaves nothing, so that asking again does not ask twice.
        """
        if turn.completed:
            self._history, self._left_out = turn.messages, turn.left_out
            self.agent.context.current = turn.agent

    def _failed(self, turn: Turn, error: SparewheelError) -> list[Event]:
        error.attempts = [dict(record) for record in turn.records]
        keeps = self.agent.team.agents[turn.agent].fallback.on_partial == "keep"
        if keeps and turn.incomplete:
            turn.complete_step(assistant(turn.incomplete))
        events = turn.close()
        partial = turn.step.partial()
        event = {
            "type": "error",
            **error.to_dict(),
            "partial_message": partial.to_answer() if partial else None,
            "usage": turn.total.to_dict() if turn.total.known else None,
        }
        return [*events, cast("ErrorEvent", event)]

    def _aborted(self, turn: Turn) -> list[Event]:
        events = turn.close()
        partial = turn.step.partial()
        if turn.incomplete:
            turn.complete_step(assistant(turn.incomplete))
        aborted: AbortedEvent = {
            "type": "aborted",
            "reason": self._abort_reason or "user",
            "partial": partial.text if partial else "",
            "message": partial.to_answer() if partial else None,
            "usage": turn.total.to_dict() if turn.total.known else None,
        }
        return [*events, aborted]

    def _remember(self, turn: Turn, stamp: _Stamp, outcome: str) -> None:
        """The record of a turn: when, how it ended, and what each of its steps did."""
        ended = self.agent.now().isoformat(timespec="milliseconds")
        times = {"started": stamp.started.isoformat(timespec="milliseconds"), "ended": ended}
        self._episodes.append({"turn": stamp.turn, **times, "outcome": outcome, "steps": turn.episode})
        del self._episodes[:-MOST_EPISODES]


class _Stamp:
    """Puts `turn`, `seq` and `agent` on the events of one turn."""

    def __init__(self, turn: Turn, started: datetime) -> None:
        self.turn = secrets.token_hex(8)
        self.started = started
        self._work = turn
        self._seq = 0

    def __call__(self, batch: list[Event]) -> list[Event]:
        agent = self._work.agent
        for event in batch:
            self._seq += 1
            event["turn"] = self.turn
            event["seq"] = self._seq
            event.setdefault("agent", agent)
        return batch
