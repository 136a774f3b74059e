"""How a turn went: what its records keep of attempts that failed, of times and of costs, and that this stays small."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.messages import Message, Text
from sparewheel.state.journal import Memory, Store
from sparewheel.state.journal.course import MAX_DISCARDED, MAX_ENTRIES, MAX_WORK, Course, read_course
from sparewheel.state.journal.restore import restore
from sparewheel.state.journal.retelling import Retelling
from sparewheel.state.journal.shelf import export, import_session
from sparewheel.state.journal.work import MAX_STEPS
from sparewheel.state.journal.work import MAX_TEXT as MAX_WORDS
from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.agentic import call, say, tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, stored, survivor
from tests.support.scripted import ScriptedTransport, collect

CHAIN = "agents: {root: {model: openai/a, fallback: {models: [openai/b], retries: 1, backoff: {jitter: 0}}}}"
CUT = Reply(openai_chat(text=["Half ", "of it"], finish=None), every=0.3)


def brief(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(entry["at"], entry["type"], *[entry[n] for n in ("attempt", "text") if n in entry]) for entry in entries]


def test_a_finished_turn_keeps_its_failed_attempts_and_times() -> None:
    async def main() -> None:
        store = Store(Watched())
        overloaded, answer = errors.openai_server_error(), Reply(openai_chat(text=["Who", "le"]), every=0.5)
        conversation = await kept(store, ScriptedTransport({"a": [CUT, overloaded], "b": [answer]}), text=CHAIN)
        await collect(conversation)
        before = await stored(store)
        assert brief(before[0]["course"])[:5] == [
            (0, "start"),
            (300, "delta", 1),
            (600, "usage", 1),
            (600, "discard", 1, "Half of it"),
            (600, "retry", 2),
        ]
        entries = before[0]["course"]
        fallback = next(entry for entry in entries if entry["type"] == "fallback")
        assert (fallback["to"], fallback["kind"], fallback["attempt"]) == ("openai/b", "server_error", 3)
        assert brief(entries)[-3:] == [(2600, "delta", 3), (4100, "usage", 3), (4100, "finish")]
        assert [each["discarded"] for each in before[0]["spent"]] == [True, False]
        await conversation.close()
        again = await kept(
            store, ScriptedTransport({"b": [say("Next")]}), text=CHAIN.replace("openai/a", "openai/b"), again=True
        )
        await collect(again)  # the records of the first turn are replaced by one
        records = (await store.read("one")).records
        assert [record.get("turn") for record in records].count(before[0]["turn"]) == 1
        assert (await stored(store))[0] == {**before[0], "at": (await stored(store))[0]["at"]}
        await again.close()

    run(main())


def test_a_call_in_the_sandbox_is_kept_as_one() -> None:
    async def main() -> None:
        async def look() -> str:
            told[:] = Retelling({}).take((await store.read("one")).records)
            return "seen"

        told: list[Any] = []  # to a tab that follows, while the call runs
        for sandboxed in (True, False):
            store = Store(Watched())
            transport = ScriptedTransport({"a": [call("look"), say("Done")]})
            conversation = await kept(store, transport, tool(look, sandboxed=sandboxed), text=CHAIN)
            [asked] = (await collect(conversation)).of("tool_call")
            [turn] = await stored(store)
            marks = [entry["id"] for entry in turn["course"] if entry["type"] == "tool_call"]
            assert marks == ([asked["id"]] if sandboxed else [])
            assert [event.get("sandboxed") for event in told if event["type"] == "tool_call"] == [sandboxed or None]
            assert read_course(turn["course"]) == turn["course"]
            await conversation.close()

    run(main())


def test_a_turn_that_failed_keeps_its_prompt_its_error_and_its_text() -> None:
    async def main() -> None:
        store = Store(Watched())
        replies: list[Any] = [CUT, errors.openai_invalid_key(), say("Fine")]
        conversation = await kept(
            store, ScriptedTransport({"a": replies}), text=CHAIN.replace("models: [openai/b], ", "")
        )
        await collect(conversation, "one")
        await collect(conversation, "two")
        failed, finished = await stored(store)
        assert (failed["outcome"], failed["kept"], finished["outcome"]) == ("failed", False, "finished")
        assert failed["messages"][0]["parts"] == [{"type": "text", "text": "one"}]
        assert failed["error"]["kind"] == "auth"
        assert [each["kind"] for each in failed["attempts"]] == ["stream_truncated", "auth"]
        assert "Half of it" in json.dumps(failed["course"])
        assert [message.text for message in conversation.history] == ["two", "Fine"]
        other = Store(Watched())
        document = await export(store, "one")
        await import_session(other, document)
        assert [message.text for message in restore(await other.read("one")).history] == ["two", "Fine"]
        assert await stored(other) == [failed, finished]
        await conversation.close()

    run(main())


def look() -> str:
    """Looks."""
    return "seen"


def test_the_markdown_of_a_failed_turn_has_its_prompt_its_text_and_its_error() -> None:
    async def main() -> None:
        store = Store(Watched())
        hostile = Reply(openai_chat(text=["Half\n````py\n```\nof `", "it`"], finish=None))
        replies: list[Any] = [call("look"), hostile, errors.openai_invalid_key(), say("Fine")]
        text = CHAIN.replace("retries: 1", "retries: -1").replace("models: [openai/b], ", "")
        conversation = await kept(store, ScriptedTransport({"a": replies}), tool(look), text=text)
        await collect(conversation, "one")
        await collect(conversation, "two")
        await collect(conversation, "three")
        markdown = await export(store, "one", markdown=True)
        assert isinstance(markdown, str)
        first, second, third = markdown.split("## User\n\n")[1:]
        assert first.startswith("one\n\n## Assistant\n\nCalls `look`")
        assert "## Tool result\n\n```\nseen\n```\n\n## Assistant\n\nHalf\n````py\n```\nof `it`\n````\n\n" in first
        assert "\n````\n\n> This turn failed: " in first
        assert second.startswith("two\n\n> This turn failed: ")
        assert "Incorrect API key provided" in second
        assert third == "three\n\n## Assistant\n\nFine\n"
        await conversation.close()

    run(main())


def test_a_turn_that_is_interrupted_keeps_what_had_failed() -> None:
    async def main() -> None:
        memory = Memory()
        replies = {"a": [CUT], "b": [Reply(openai_chat(text=["On", "ly"]), every=0.5)]}
        text = CHAIN.replace("retries: 1", "retries: -1")
        conversation = await kept(Store(Watched(memory)), ScriptedTransport(replies), text=text)
        batches = conversation.turn("hi")
        async for batch in batches:
            if any(event["type"] == "delta" and event["attempt"] == 2 for event in batch):
                break
        left = survivor(memory)
        await batches.aclose()
        [turn] = restore(await Store(Watched(left)).read("one")).turns
        assert [entry["type"] for entry in turn.entries] == ["start", "delta", "usage", "discard", "fallback"]
        assert [each["discarded"] for each in turn.spent] == [True]

    run(main())


def test_a_turn_that_is_over_is_not_written_again() -> None:
    """A page that is left has everything written that is not stored yet."""

    async def main() -> None:
        backend = Watched()
        store = Store(backend)
        replies: dict[str, list[Any]] = {
            "a": [Reply(openai_chat(text="Half", finish=None))],
            "b": [say("Done"), say("Again")],
        }
        text = CHAIN.replace("retries: 1", "retries: -1")
        conversation = await kept(store, ScriptedTransport(replies), text=text)
        await collect(conversation)
        await collect(conversation)  # the first model rests, the other one is asked at once
        before = await stored(store)
        assert "fallback" in [entry["type"] for entry in before[1]["course"]]
        conversation.write_log()
        await conversation.close()
        assert backend.log[-1]["type"] != "partial"
        assert await stored(store) == before

    run(main())


def test_text_that_was_written_after_the_end_changes_nothing() -> None:
    async def main() -> None:
        memory = Memory()
        store = Store(Watched(memory))
        conversation = await kept(store, ScriptedTransport({"a": [CUT], "b": [say("Done")]}), text=CHAIN)
        await collect(conversation)
        await conversation.close()
        [before] = await stored(store)
        seq = max(memory.records["one"]) + 1
        entries = before["course"]
        late = {"session": "one", "seq": seq, "v": 1, "type": "partial", "at": before["at"], "turn": before["turn"]}
        late |= {"items": [{"attempt": 1, "content": "Half "}], "course": entries}
        memory.records["one"][seq] = json.dumps(late)
        [turn] = restore(await Store(Watched(memory)).read("one")).turns
        assert (turn.entries, turn.text()) == (entries, "")

    run(main())


def test_a_turn_that_goes_on_keeps_what_it_had() -> None:
    async def main() -> None:
        memory = Memory()
        store = Store(Watched(memory))
        replies: list[Any] = [call("look"), errors.openai_invalid_key()]
        conversation = await kept(store, ScriptedTransport({"a": replies}), tool(look))
        await collect(conversation, "hi")
        assert (await stored(store))[-1]["goes_on"]
        await conversation.close()
        again = await kept(store, ScriptedTransport({"a": [say("Done")]}), tool(look), again=True)
        async for _ in again.resume():
            pass
        [turn] = await stored(store)
        assert [(entry["type"], entry.get("attempt"), entry.get("step")) for entry in turn["course"]] == [
            ("start", None, None),
            ("delta", 1, None),
            ("usage", 1, None),
            ("step", None, 2),
            ("exhausted", None, None),
            ("start", None, None),
            ("step", None, 2),
            ("delta", 3, None),
            ("usage", 3, None),
            ("finish", None, None),
        ]
        assert (len(turn["spent"]), turn.get("goes_on")) == (2, None)
        assert all(one["at"] <= other["at"] for one, other in zip(turn["course"], turn["course"][1:], strict=False))
        await again.close()

    run(main())


def test_what_is_kept_of_endless_attempts_is_limited() -> None:
    async def main() -> None:
        store = Store(Watched())
        cut = openai_chat(text="x" * 3000, finish=None)
        text = "agents: {root: {model: openai/a, fallback: {retries: forever, backoff: {jitter: 0, max: 1s}}}}"
        conversation = await kept(store, ScriptedTransport({"a": [*[cut] * 300, say("At last")]}), text=text)
        await collect(conversation)
        [turn] = await stored(store)
        entries = turn["course"]
        assert len(entries) == MAX_ENTRIES
        assert (entries[0]["type"], entries[-1]["type"]) == ("start", "finish")
        assert sum(len(entry.get("text", "")) for entry in entries) <= MAX_DISCARDED
        assert len(turn["spent"]) == 301
        await conversation.close()

    run(main())


TEAM = """
agents:
  root: {model: openai/a, sub_agents: [helper]}
  helper: {model: openai/b, description: Helps., sub_agents: [other]}
  other: {model: openai/c, description: Helps.}
"""


LOOK = ToolCall("c2", "look", "{}")


def transfer(agent: str, call_id: str) -> Any:
    return call("transfer_task", json.dumps({"agent": agent, "task": "Look"}), call_id)


def test_what_sub_agents_did_is_kept_in_short() -> None:
    async def main() -> None:
        store = Store(Watched())
        replies: dict[str, list[Any]] = {
            "a": [transfer("helper", "c1"), say("Found")],
            "b": [
                openai_chat(text="I look.", tool_calls=[ToolCall("c2", "look", "{}")]),
                transfer("other", "c3"),
                say("B"),
            ],
            "c": [say("C" * 9000)],
        }
        conversation = await kept(store, ScriptedTransport(replies), tool(look), text=TEAM, everything=True)
        await collect(conversation)
        [turn] = await stored(store)
        tasks = [entry for entry in turn["course"] if entry["type"] == "task"]
        assert [(each["id"], each["agent"]) for each in tasks] == [("c3", "other"), ("c1", "helper")]
        assert tasks[0]["steps"] == [{"text": "C" * MAX_WORDS, "calls": []}]
        asked, given, said = tasks[1]["steps"]
        assert asked == {"text": "I look.", "calls": [{"id": "c2", "name": "look", "args": "{}", "output": "seen"}]}
        assert (given["calls"][0]["id"], given["calls"][0]["name"], said["text"]) == ("c3", "transfer_task", "B")
        assert read_course(turn["course"]) == turn["course"]
        await conversation.close()

    run(main())


def test_what_is_kept_of_many_tasks_is_limited() -> None:
    async def main() -> None:
        course = Course()
        answers = [Message("assistant", (Text("x" * 9000),)) for _ in range(3 * MAX_STEPS)]
        for number in range(100):
            course.worked(f"c{number}", "helper", answers)
        assert [len(entry["steps"]) for entry in course.entries] == [MAX_STEPS] * (MAX_WORK // (MAX_STEPS * MAX_WORDS))

    run(main())


ODD_WORK: list[Any] = [None, 7, {}, [7], [{"text": 7, "calls": 7}], [{"calls": [None, 7, {}, {"id": "x"}]}]]


@pytest.mark.parametrize("value", ODD_WORK)
def test_work_of_another_shape_is_left_out(value: Any) -> None:
    [entry] = read_course([{"at": 1, "type": "task", "id": "c", "agent": "a", "steps": value}])
    assert all(step == {"text": "", "calls": []} for step in entry["steps"])


def test_a_plain_turn_is_small() -> None:
    """A record of the journal with everything that a page shows, beside the text of the messages."""

    async def main() -> None:
        store = Store(Watched())
        conversation = await kept(store, ScriptedTransport({"a": [say("Answer")] * 2}))
        await collect(conversation)
        await collect(conversation)
        [first, *_] = [record for record in (await store.read("one")).records if record["type"] == "end"]
        course = len(json.dumps(first["course"]))
        assert course <= 250
        assert len(json.dumps(first)) <= 1000
        await conversation.close()

    run(main())
