"""What of a turn is recorded, and when: order, delay, compaction, failures, and a stored session that goes on."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.messages import assistant, user
from sparewheel.providers.history import STOPPED
from sparewheel.state.journal import Memory, MemoryBackend, Store
from sparewheel.state.journal.restore import restore
from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.agentic import call, calls, say, tool
from tests.support.fakeloop import run
from tests.support.kept import KEY, Watched, kept, survivor
from tests.support.scripted import Played, ScriptedTransport, check_rules, collect

if TYPE_CHECKING:
    from sparewheel.session import Session


def shapes(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The records of turns in short."""
    found: list[tuple[Any, ...]] = []
    for record in records:
        match record:
            case {"type": "prompt", "messages": messages}:
                found.append(("prompt", *(message["parts"][0]["text"] for message in messages)))
            case {"type": "partial", "items": items}:
                found.append(("partial", *({k: v for k, v in item.items() if k != "attempt"} for item in items)))
            case {"type": "step", "result": result}:
                found.append(("result", result["id"], result["output"]))
            case {"type": "step", "start": start, "messages": messages}:
                found.append(("step", start, *(message["role"] for message in messages)))
            case {"type": "usage"}:
                found.append(("usage", record["attempt"], record["discarded"]))
            case {"type": "end"}:
                found.append(("end", record["outcome"], record["kept"], len(record.get("messages", []))))
    return found


async def until(conversation: Session, *types: str, prompt: str = "hi") -> tuple[list[dict[str, Any]], Any]:
    """The events of a turn up to one of `types`, and the generator, which has not been closed."""
    events: list[dict[str, Any]] = []
    batches = conversation.turn(prompt)
    async for batch in batches:
        events += [dict(event) for event in batch]
        if batch[-1]["type"] in types:
            break
    return events, batches


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


def test_a_stored_session_goes_on_where_it_was() -> None:
    file = """
agents:
  root:
    model: openai/a
    fallback: {retries: -1}
    toolsets: [{type: todo}, {type: memory}]
"""

    def change() -> str:
        """Changes."""
        return "changed"

    async def main() -> None:
        memory = Memory()
        first = Store(Watched(memory))
        todo = openai_chat(tool_calls=[ToolCall("c1", "create_todo", '{"description": "Buy bread"}')])
        transport = ScriptedTransport({"a": [todo, say("Noted"), call("change", call_id="c2"), say("Yes")]})
        own = tool(change, read_only=False)
        conversation = await kept(first, transport, own, text=file, history=[user("before"), assistant("Hi")])
        await collect(conversation, "one")
        conversation.interactive = True
        async with aclosing(conversation.turn("two")) as batches:
            async for batch in batches:
                if batch[-1]["type"] == "tool_confirmation":
                    conversation.confirm("approve_tool", tool="change")
        before = list(conversation.history)
        spent = conversation.runner.budgets.to_dict()
        await conversation.close()
        await first.close()

        second = Store(Watched(memory))
        show = openai_chat(tool_calls=[ToolCall("c3", "list_todos", "{}")])
        transport = ScriptedTransport({"a": [show, call("change", call_id="c4"), say("All")]})
        again = await kept(second, transport, own, text=file, again=True)
        assert list(again.history) == before
        assert len(before) == 10
        assert again.runner.budgets.to_dict() == spent
        played = await collect(again, "three")
        outputs = [event["output"] for event in played.of("tool_result")]
        assert "Buy bread" in outputs[0]
        assert outputs[1] == "changed"  # approved before
        assert played.of("tool_blocked") == []
        await again.close()
        assert len(restore(await second.read("one")).history) == 16

    run(main())


def test_restarting_forgets_the_records_of_turns_but_not_the_facts() -> None:
    async def main() -> None:
        store = Store(Watched())
        transport = ScriptedTransport({"a": [say("One"), say("Two"), say("Three")]})
        conversation = await kept(store, transport)
        await collect(conversation, "one")
        await collect(conversation, "two")
        conversation.restart()
        found = restore(await store.read("one"))
        assert found.turns == []
        assert found.facts.values.keys() == {"origin", "file", "state"}
        await collect(conversation, "three")
        assert [message.text for message in restore(await store.read("one")).history] == ["three", "Three"]
        await conversation.close()

    run(main())


def test_a_turn_that_was_interrupted_counts_like_an_aborted_one() -> None:
    """The process ends while one of two calls runs and the other is done."""

    def look() -> str:
        """Looks."""
        return "seen"

    async def wait() -> str:
        """Waits."""
        await asyncio.sleep(1e6)
        return ""

    async def main() -> None:
        memory = Memory()
        backend = Watched(memory)
        transport = ScriptedTransport({"a": [calls(("c1", "wait", "{}"), ("c2", "look", "{}"))]})
        conversation = await kept(Store(backend), transport, tool(wait), tool(look))
        _, batches = await until(conversation, "tool_result")
        left = survivor(memory)
        await batches.aclose()
        second = Store(Watched(left))
        [row] = await second.headers()
        assert row["state"] == "interrupted"
        found = restore(await second.read("one"))
        assert found.unfinished is not None
        assert found.unfinished.open_calls == ["c1"]
        assert [message.text for message in found.history] == ["hi", "", STOPPED, "seen"]
        after = ScriptedTransport({"a": [say("On")]})
        again = await kept(second, after, again=True)
        await collect(again, "go on")
        sent = json.loads(after.requests[0].body)["messages"]
        assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
        assert [shape[0] for shape in shapes((await second.read("one")).records)][:2] == ["end", "prompt"]
        await again.close()

    run(main())


def test_what_changes_after_the_end_of_a_session_is_not_recorded() -> None:
    async def main() -> None:
        store = Store(Watched())
        conversation = await kept(store, ScriptedTransport({"a": [say("Answer")]}))
        await collect(conversation)
        await conversation.close()
        last = (await store.read("one")).last
        recorder = conversation.recorder
        assert recorder is not None
        recorder.set_fact("text/late", "x")
        recorder.rename("Late")
        await asyncio.sleep(1)
        assert store.failure is None
        assert (await store.read("one")).last == last
        assert [row["title"] for row in await store.headers()] == ["hi"]

    run(main())


def test_a_storage_that_works_again_gets_everything_and_a_second_warning() -> None:
    async def main() -> None:
        backend = Watched(fails_at=3)
        store = Store(backend)
        conversation = await kept(store, ScriptedTransport({"a": [say("One"), say("Two"), say("Three")]}))
        played = [await collect(conversation, "one"), await collect(conversation, "two")]
        backend._fails_at = 0
        await asyncio.sleep(60)
        played.append(await collect(conversation, "three"))
        warnings = [[event["message"][:32] for event in each.of("warning")] for each in played]
        assert [text for texts in warnings for text in texts] == [
            "This session is not stored any m",
            "This session is stored again, wi",
        ]
        restored = restore(await store.read("one"))
        assert [message.text for message in restored.history] == ["one", "One", "two", "Two", "three", "Three"]
        assert restored.lost == 0
        [row] = await store.headers()
        assert row["turns"] == 3
        await conversation.close()

    run(main())
