"""A process that is killed at any record: what was shown is stored, and every vendor takes what is restored."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import SparewheelError
from sparewheel.state.journal import Memory, MemoryBackend, Store
from sparewheel.state.journal.restore import Restored, StoredTurn, restore
from sparewheel.testing import Reply, ToolCall, errors
from tests.support.agentic import tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, survivor
from tests.support.scripted import ScriptedTransport
from tests.unit.test_stopped_calls import KINDS, TEXT, check_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparewheel.session import Session
    from sparewheel.state.journal import Change

LATE = 0.25  # seconds


class Cut(Watched):
    """Keeps what a kill would leave after each record."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.left: list[Memory] = []

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        await super().write(changes, strict=strict)
        whole = survivor(self._memory)
        self.left.append(whole)
        for change in changes:
            for count in range(1, len(change.records)):
                part = survivor(whole)
                for seq, _ in change.records[-count:]:
                    part.records.get(change.session, {}).pop(seq, None)
                self.left.append(part)


async def restored(memory: Memory) -> Restored:
    return restore(await Store(MemoryBackend(memory)).read("one"))


def script(stream: Any) -> list[Reply]:
    """Two steps of two calls, an attempt that breaks off, an answer; then a turn that is stopped, and a refused one."""
    two = [ToolCall("c1", "look", '{"word": "x"}'), ToolCall("c2", "slow", "{}")]
    words = [f"word{number} " for number in range(20)]
    return [
        Reply(stream(text=["Let ", "me ", "see."], reasoning=["Hm ", "hm."], tool_calls=two), every=0.1),
        Reply(stream(text=words), every=0.1, cut_at=900),
        Reply(stream(text="Again.", tool_calls=[ToolCall("c1", "look", "{}")]), every=0.1),
        Reply(stream(text=words), every=0.1),
        Reply(stream(text=words), every=0.1),
        errors.openai_invalid_key(),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_any_record(kind: str) -> None:
    async def slow() -> str:
        """Waits."""
        await asyncio.sleep(0.4)
        return "slow " * 30

    def look(word: str = "") -> str:
        """Looks."""
        return f"seen {word}"

    async def main() -> None:
        memory = Memory()
        backend = Cut(memory)
        transport = ScriptedTransport({"a": script(KINDS[kind])})
        file = TEXT.format(kind=kind).replace("retries: -1", "retries: 1, backoff: {jitter: 0}", 1)
        conversation = await kept(Store(backend), transport, tool(look), tool(slow), text=file)
        for stop_after in (None, 8, None):
            await take_turn(conversation, memory, stop_after)
        assert len(backend.left) > 25
        for left in backend.left:
            found = await restored(left)
            assert found.lost == 0
            check_history(found.history, kind)
            prompts = [message.text for message in found.history if message.role == "user"]
            assert prompts == ["hi"] * len(prompts)
        assert (await restored(memory)).history == list(conversation.history)

    run(main())


async def take_turn(conversation: Session, memory: Memory, stop_after: int | None) -> None:
    """One turn, stopped after so many deltas. Each event that tells that something is done finds it stored."""
    shown: list[tuple[float, str]] = []  # of the step under way
    deltas = 0
    async with aclosing(conversation.turn("hi")) as batches:
        with suppress(SparewheelError, asyncio.CancelledError):
            async for batch in batches:
                turn = (await restored(survivor(memory))).turns[-1]
                now = asyncio.get_running_loop().time()
                for event in batch:
                    if event["type"] == "delta":
                        deltas += 1
                        shown.append((now, event.get("content", "")))
                    elif event["type"] in ("discard", "step", "tool_call", "finish", "error", "aborted"):
                        shown.clear()
                    check_stored(dict(event), turn)
                if turn.end is None:
                    assert turn.text().startswith("".join(text for at, text in shown if at < now - LATE))
                if deltas == stop_after:
                    conversation.abort()
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def check_stored(event: dict[str, Any], turn: StoredTurn) -> None:
    """What an event tells is in the records of its turn."""
    assert turn.id == event["turn"]
    match event["type"]:
        case "tool_call":
            assert event["id"] in {call.id for message in turn.messages for call in message.tool_calls}
        case "tool_result":
            stored = {message.tool_call_id: message.text for message in turn.messages}
            stored |= {call_id: result["output"] for call_id, result in turn.results.items()}
            assert stored[event["id"]] == event["output"]
        case "finish" | "error" | "aborted" as kind:
            assert turn.end is not None
            assert turn.end["outcome"] == {"finish": "finished", "error": "failed", "aborted": "aborted"}[kind]
