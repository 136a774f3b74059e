"""One conversation: its history, at most one active turn, and the rule that every turn ends in exactly one event.

This is the one place where events get their `turn` and `seq`, where errors become `error` events, and where stopping
becomes `aborted`. What joins the history is only what the next request may contain: a turn that failed is forgotten (so
that asking again does not ask twice), a turn that was stopped keeps the text that was shown.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from .agent import Turn
from .errors import ConfigError, SparewheelError, internal
from .messages import Message, assistant, user
from .resilience.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from .agent import Agent
    from .events import ErrorEvent, Event, UsageTotals
    from .usage import Usage

EXPORT_VERSION = 1


class Session:
    """A conversation with one agent. `history` seeds it; the instruction is not part of it."""

    def __init__(self, agent: Agent, history: Iterable[Message] = ()) -> None:
        self.agent = agent
        self._history = list(history)
        self._active = False
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
        if self._active:
            raise ConfigError("a run is already active", "Wait for its end, or abort it first.")
        self._active = True
        self.result = None
        turn = Turn(messages)
        stamp = _Stamp()
        failure: BaseException | None = None
        try:
            async with aclosing(self._limited(turn)) as batches:
                async for batch in batches:
                    if batch[-1]["type"] == "finish":
                        self._keep(turn)
                    yield stamp(batch)
            return
        except asyncio.CancelledError as error:
            failure = error
            batch = [*turn.step.close(), self._aborted(turn)]
        except SparewheelError as error:
            failure = error
            batch = [*turn.step.close(), _error_event(error)]
        except Exception as error:  # a bug of ours still ends the turn with one event
            failure = SparewheelError(internal(error))
            failure.__cause__ = error
            batch = [*turn.step.close(), _error_event(failure)]
        finally:
            self._active = False
        yield stamp(batch)
        raise failure

    def restart(self) -> None:
        """Forget the conversation. Raises `ConfigError` while a turn runs."""
        if self._active:
            raise ConfigError("a run is already active", "Abort it before restarting the session.")
        self._history.clear()

    def export(self) -> dict[str, Any]:
        """The conversation as one JSON document, without keys; `history` of a new session takes its messages."""
        return {
            "version": EXPORT_VERSION,
            "agent": self.agent.resolved.name,
            "messages": [message.to_dict() for message in self._history],
        }

    async def _limited(self, turn: Turn) -> AsyncGenerator[list[Event], None]:
        """The agent's run under the time limit of the whole turn."""
        async with Watchdog() as dog, aclosing(self.agent.run(turn)) as batches:
            dog.expect("timeout_turn", self.agent.resolved.timeouts.turn)
            while True:
                try:
                    yield await dog.next(batches)
                except StopAsyncIteration:
                    return

    def _keep(self, turn: Turn) -> None:
        step, answer = turn.step, turn.answer
        if answer is None:
            raise AssertionError("a turn that finishes has an answer")
        self._history = [*turn.messages, answer]
        self.result = {
            "message": answer.to_dict(),
            "usage": _totals(step.usage),
            "model": step.model,
            "finish_reason": step.reason,
            "attempts": step.records,
        }

    def _aborted(self, turn: Turn) -> Event:
        partial = turn.step.answer().text
        if partial:
            self._history = [*turn.messages, assistant(partial)]
        usage = turn.step.usage
        return {"type": "aborted", "partial": partial, "usage": _totals(usage) if usage.known else None}


class _Stamp:
    """Puts `turn` and `seq` on the events of one turn."""

    def __init__(self) -> None:
        self._turn = secrets.token_hex(8)
        self._seq = 0

    def __call__(self, batch: list[Event]) -> list[Event]:
        for event in batch:
            self._seq += 1
            event["turn"] = self._turn
            event["seq"] = self._seq
        return batch


def _totals(usage: Usage) -> UsageTotals:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _error_event(error: SparewheelError) -> Event:
    return cast("ErrorEvent", {"type": "error", **error.to_dict()})
