"""Turns with approvals, for tests."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from sparewheel.errors import SparewheelError
from tests.support.agentic import agent_file
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, session

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(
    own: State, replies: Any, answer: Callable[[dict[str, Any]], Any], text: str | None = None, turns: int = 1
) -> Played:
    """Turns in which each confirmation gets the decision that `answer` returns (None: no decision)."""

    async def main() -> Played:
        played = Played()
        script = replies if isinstance(replies, dict) else {"a": replies}
        conversation = session(ScriptedTransport(script), [], text=text or agent_file(), context=own)
        for _ in range(turns):
            async with aclosing(conversation.turn("hi")) as batches:
                with suppress(SparewheelError):  # the terminal event tells
                    async for batch in batches:
                        for event in batch:
                            played.events.append(dict(event))
                            if event["type"] == "tool_confirmation" and (word := answer(dict(event))) is not None:
                                own.approvals.answer(word, call_id=event["id"])
        return played

    return run(main())
