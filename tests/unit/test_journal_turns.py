"""What of a turn is recorded, and when: order, delay, compaction, failures, and a stored session that goes on."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from sparewheel.state.journal import MemoryBackend, Store
from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.agentic import call, say, tool
from tests.support.fakeloop import run
from tests.support.kept import KEY, Watched, kept, shapes, until
from tests.support.scripted import Played, ScriptedTransport, check_rules, collect

if TYPE_CHECKING:
    pass


def test_records_of_a_turn_with_tools() -> None:
    def look() -> str:
        """Looks."""
        return "seen"

    async def main() -> None:
        backend = Watched()
        store = Store(backend)
        transport = ScriptedTransport({"a": [call("look"), openai_chat(text="Done"), say("Again")]})
        conversation = await kept(store, transport, tool(look))
        await collect(conversation, "one")
        assert shapes(backend.log) == [
            ("prompt", "one"),
            ("usage", 1, False),
            ("step", 1, "assistant"),
            ("result", "c1", "seen"),
            ("step", 2, "tool"),
            ("usage", 2, False),
            ("step", 3, "assistant"),
            ("end", "finished", True, 0),
        ]
        end = next(record for record in backend.log if record["type"] == "end")
        assert (end["reason"], end["model"], end["attempts"][0]["outcome"]) == ("stop", "openai/a", "ok")
        await collect(conversation, "two")
        await conversation.close()
        assert shapes((await store.read("one")).records) == [
            ("end", "finished", True, 4),
            ("prompt", "two"),
            ("usage", 1, False),
            ("step", 1, "assistant"),
            ("end", "finished", True, 0),
        ]
        [row] = await store.headers()
        assert (row["title"], row["agent"], row["turns"], row["state"]) == ("one", "root", 2, "idle")

    run(main())


def test_events_wait_for_their_records_and_text_does_not() -> None:
    """Each transaction takes a second. When an event of these types is shown, its record is durable."""
    shown: list[tuple[str, float, list[str]]] = []

    def look() -> str:
        """Looks."""
        return "seen"

    async def main() -> None:
        backend = Watched(seconds=1)
        answer = Reply(openai_chat(text=["a", "b", "c"]), every=0.25)
        conversation = await kept(Store(backend), ScriptedTransport({"a": [call("look"), answer]}), tool(look))
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                now = asyncio.get_running_loop().time()
                records = [shape[0] for shape in shapes(backend.log)]
                shown.extend((event["type"], now, records) for event in batch)

    run(main())
    at = {kind: (time, records) for kind, time, records in shown}
    assert at["start"] == (1, ["prompt"])
    assert at["tool_call"][1] == ["prompt", "usage", "step"]
    assert at["tool_result"][1][-1] == "result"
    assert at["finish"][1][-2:] == ["step", "end"]
    deltas = [time for kind, time, _ in shown if kind == "delta"]
    assert [round(later - deltas[0], 2) for later in deltas] == [0, 0.25, 0.5]


def test_text_is_recorded_in_increments_at_most_a_quarter_of_a_second_late() -> None:
    async def main() -> None:
        backend = Watched()
        answer = Reply(openai_chat(text=[f"{number} " for number in range(40)]), every=0.05, silent_after=35)
        conversation = await kept(Store(backend), ScriptedTransport({"a": [answer]}))
        shown: list[tuple[float, int]] = []
        stored = 0

        async def consume() -> None:
            async for batch in conversation.turn("hi"):
                now = asyncio.get_running_loop().time()
                shown.extend((now, len(event.get("content", ""))) for event in batch if event["type"] == "delta")

        task = asyncio.ensure_future(consume())
        for _ in range(300):
            await asyncio.sleep(0.01)
            now = asyncio.get_running_loop().time()
            items = [item for record in backend.log if record["type"] == "partial" for item in record["items"]]
            stored = sum(len(item.get("content", "")) for item in items)
            assert stored >= sum(size for at, size in shown if at < now - 0.25)
        assert stored == sum(size for _, size in shown)
        partials = [record for record in backend.log if record["type"] == "partial"]
        assert 5 <= len(partials) <= 10
        conversation.abort()
        await asyncio.gather(task, return_exceptions=True)

    run(main())


def test_an_error_is_stored_with_everything_before_it_is_shown() -> None:
    async def main() -> None:
        backend = Watched(seconds=0.5)
        cut = openai_chat(text="Half", finish=None)
        transport = ScriptedTransport({"a": [cut, errors.openai_invalid_key()]})
        text = "agents: {root: {model: openai/a, fallback: {retries: 1, backoff: {jitter: 0}, on_partial: keep}}}"
        conversation = await kept(Store(backend), transport, text=text)
        _, batches = await until(conversation, "error")
        end = backend.log[-1] if backend.log[-1]["type"] == "end" else backend.log[-2]
        assert (end["type"], end["outcome"], end["kept"]) == ("end", "failed", True)
        assert end["error"]["kind"] == "stream_truncated"
        assert end["partial"]["content"] == "Half"
        assert end["parts"] == [{"type": "text", "text": "Half"}]
        assert [(each["model"], each["outcome"]) for each in end["attempts"]] == [("openai/a", "failed")]
        await batches.aclose()

    run(main())


def test_an_abort_while_a_record_is_written_ends_the_turn_once() -> None:
    async def main() -> None:
        backend = Watched(seconds=1)
        conversation = await kept(Store(backend), ScriptedTransport({"a": [say("Answer")]}))
        played = Played()

        async def consume() -> None:
            async for batch in conversation.turn("hi"):
                played.events += [dict(event) for event in batch]

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(2.5)  # the end of the turn is being written
        assert played.types[-1] != "finish"
        assert not conversation.abort()
        await task
        check_rules(played.events)
        assert played.terminal["type"] == "finish"

    run(main())


def test_a_cancelled_task_still_shows_the_end_that_was_recorded() -> None:
    async def main() -> None:
        backend = Watched(seconds=1)
        conversation = await kept(Store(backend), ScriptedTransport({"a": [say("Answer")]}))
        played = Played()

        async def consume() -> None:
            async for batch in conversation.turn("hi"):
                played.events += [dict(event) for event in batch]

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(2.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        check_rules(played.events)
        assert played.terminal["type"] == "finish"
        assert [shape for shape in shapes(backend.log) if shape[0] == "end"] == [("end", "finished", True, 0)]

    run(main())


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4])
def test_a_storage_that_fails_gives_one_warning_and_the_session_goes_on(fails_at: int) -> None:
    def look() -> str:
        """Looks."""
        return "seen"

    async def main() -> None:
        backend = Watched(fails_at=fails_at)
        transport = ScriptedTransport({"a": [call("look"), say("One"), say("Two")]})
        conversation = await kept(Store(backend), transport, tool(look))
        first = await collect(conversation, "one")
        second = await collect(conversation, "two")
        warnings = [*first.of("warning"), *second.of("warning")]
        assert [event["message"].partition(": ")[0] for event in warnings] == ["This session is not stored any more"]
        assert [first.terminal["type"], second.terminal["type"]] == ["finish", "finish"]
        assert backend.writes == fails_at
        await conversation.close()

    run(main())


def test_no_record_has_a_key() -> None:
    """A model repeats it in pieces, a tool prints it, an error quotes it, and it is in the prompt."""

    def look() -> str:
        """Looks."""
        return f"key {KEY}"

    async def main() -> None:
        backend = Watched()
        echo = Reply(openai_chat(text=["It is ", *KEY, " indeed"], finish=None), every=0.1)
        asks = openai_chat(tool_calls=[ToolCall("c1", "look", json.dumps({"key": KEY}))], text=f"I ask {KEY}")
        transport = ScriptedTransport({"a": [asks, echo]})
        file = f"agents: {{root: {{model: openai/a, instruction: '{KEY}', fallback: {{retries: -1}}}}}}"
        conversation = await kept(Store(backend), transport, tool(look), text=file)
        await collect(conversation, f"use {KEY}")
        await conversation.close()
        assert len(backend.texts) > 10
        assert [text for text in backend.texts if KEY in text or KEY[8:] in text] == []

    run(main())


def test_a_memory_store_neither_waits_nor_keeps_pieces() -> None:
    async def main() -> None:
        backend = MemoryBackend()
        conversation = await kept(
            Store(backend), ScriptedTransport({"a": [Reply(openai_chat(text=["a", "b"]), every=1)]})
        )
        await collect(conversation)
        found = shapes((await conversation._state.recorder.store.read("one")).records)  # type: ignore[union-attr]
        assert [shape[0] for shape in found] == ["prompt", "usage", "step", "end"]

    run(main())
