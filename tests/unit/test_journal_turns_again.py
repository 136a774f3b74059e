"""A stored session after a restart, an interruption or a failure of the storage."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING

from sparewheel.messages import assistant, user
from sparewheel.providers.history import STOPPED
from sparewheel.state.journal import Memory, Store
from sparewheel.state.journal.restore import restore
from sparewheel.testing import ToolCall, openai_chat
from tests.support.agentic import call, calls, say, tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, shapes, survivor, until
from tests.support.scripted import ScriptedTransport, collect

if TYPE_CHECKING:
    pass


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
