"""What a unit costs stays the same however many there are: counted in calls, where counting shows it, else in time.

Ratios are generous: they are to tell linear from quadratic, on a machine that does other things too.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from sparewheel import messages
from sparewheel.messages import Message, Text, ToolCall, assistant, user
from sparewheel.providers import reader
from sparewheel.providers.base import ToolSpec
from sparewheel.providers.block import Block
from sparewheel.testing import Reply, openai_chat
from sparewheel.tools.base import Tool
from tests.support.agentic import agent_file, call, context, say
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, check_rules, collect, session
from tests.support.workerpage import KEY, YAML, Page

NETWORK_CHUNK = 65_536


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, those written in C included."""
    count = 0

    def tick(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tick)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def growth(short: Callable[[], object], long: Callable[[], object]) -> float:
    """How many times as many functions the long work calls. What is done once in a process is left out."""
    short()
    return calls(long) / calls(short)


def answer(deltas: int, split: int | None = NETWORK_CHUNK) -> Callable[[], None]:
    """One turn whose answer has so many deltas, every eleventh with an escape in it."""
    words = ["word ", "and ", "word ", "and ", "word ", "and ", "word ", "and ", "word ", "and ", "word\n"]
    pieces = [words[number % len(words)] for number in range(deltas)]
    reply = Reply(openai_chat(text=pieces), split=split)

    def take() -> None:
        played = run(collect(session(ScriptedTransport({"a": [reply]}), ["a"])))
        assert played.result is not None
        assert len(played.result["message"]["content"]) == sum(map(len, pieces))

    return take


def test_an_answer_of_200_000_deltas_costs_per_delta_what_one_of_20_000_does() -> None:
    assert growth(answer(20_000), answer(200_000)) < 10.5


def test_a_chunk_for_each_delta_is_linear_too() -> None:
    assert growth(answer(2_000, None), answer(20_000, None)) < 10.5


def test_nothing_that_counting_does_not_show_grows_faster_than_the_answer() -> None:
    def seconds(work: Callable[[], None]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    short, long = answer(20_000), answer(200_000)
    short()
    limit = 30 * min(seconds(short) for _ in range(3))  # quadratic: 100
    assert any(seconds(long) < limit for _ in range(3))  # the first one, on a machine that is left alone


def test_the_text_of_an_answer_is_joined_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    joins = 0

    def joined(block: Block) -> str:
        nonlocal joins
        joins += 1
        return "".join(block.pieces)

    monkeypatch.setattr(Block, "content", property(joined))
    answer(10, None)()
    few, joins = joins, 0
    answer(5_000, None)()
    assert joins == few <= 5


def test_a_turn_costs_the_history_once_and_never_reads_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(item: object, where: str) -> Message:
        raise AssertionError("the history was validated again")

    monkeypatch.setattr(messages, "_parse", fail)

    def turn(length: int) -> Callable[[], None]:
        transport = ScriptedTransport({"a": [openai_chat(text="yes")]})
        conversation = session(transport, ["a"])
        conversation.runner.state.conversation.messages = [
            message for _ in range(length // 2) for message in (user("a?"), assistant("b."))
        ]
        return lambda: None if run(collect(conversation)).result else pytest.fail("no result")

    few, many = calls(turn(200)), calls(turn(2_000))
    assert many < 10.5 * few


def test_a_step_costs_its_tools_and_its_history_once() -> None:
    """Two steps, with a call between them: 200 tools and 500 messages against twice that."""

    async def done(arguments: dict[str, Any], _: Any) -> str:
        return "done"

    def turn(tools: int, length: int) -> Callable[[], None]:
        parameters = {"type": "object", "properties": {name: {"type": "string"} for name in "abcd"}}
        specs = [ToolSpec(f"tool_{number}", "Does something.", parameters) for number in range(tools)]
        own = context(*(Tool(spec, done, read_only=True) for spec in specs))
        conversation = session(
            ScriptedTransport({"a": [call("tool_0"), say("yes")]}), [], text=agent_file(), context=own
        )
        asked = [Message("assistant", (ToolCall(f"c{number}", "tool_1", "{}"),)) for number in range(length // 4)]
        results = [Message("tool", (Text("done"),), tool_call_id=f"c{number}") for number in range(length // 4)]
        conversation.runner.state.conversation.messages = [
            message for pair in zip(asked, results, strict=True) for message in (user("a?"), *pair, assistant("b."))
        ]
        return lambda: None if run(collect(conversation)).result else pytest.fail("no result")

    few, many = calls(turn(200, 500)), calls(turn(400, 1_000))
    assert many < 2.1 * few


def test_a_hundred_sessions_at_once_cost_what_a_hundred_sessions_cost() -> None:
    def together(count: int) -> Callable[[], None]:
        async def main() -> None:
            page = Page({"a": [Reply(openai_chat(text=["An", "swer"]), every=1)] * count})
            names = [f"s{number}" for number in range(count)]
            for name in names:
                page.post("create_session", session=name, yaml=YAML, env={"OPENAI_API_KEY": KEY})
            await page.settle()
            turns = [page.post("send", session=name, prompt="hi") for name in names]
            await page.settle()
            said = [text for text in page.said if '"error"' in text]
            assert (len(turns), said, page.transport.open) == (count, [], 0)

        return lambda: run(main())

    assert growth(together(10), together(100)) < 11


def test_a_thousand_turns_in_a_row_leave_nothing_behind() -> None:
    async def main() -> None:
        page = Page({"a": [openai_chat(text=["An", "swer"])] * 1_000})
        await page.open()
        levels = []
        tracemalloc.start()
        for number in range(1_000):
            page.post("send", session="s", prompt="hi")
            page.post("restart", session="s")
            await page.settle()
            page.said.clear()
            page.transport.requests.clear()
            if number % 250 == 249:
                gc.collect()
                levels.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert levels[-1] - levels[0] < 750 * 100, levels  # bytes: less than one small object a turn
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_turns_of_one_session_keep_its_rules_when_there_are_many() -> None:
    async def main() -> None:
        conversation: Any = session(ScriptedTransport({"a": [openai_chat(text="x")] * 200}), ["a"])
        for number in range(200):
            check_rules((await collect(conversation)).events)
            assert len(conversation.export()["messages"]) == 2 * (number + 1)

    run(main())


def test_an_answer_without_end_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_BODY", 10_000)
    endless = Reply(openai_chat(text=["word "] * 1_000, finish=None), silent_after=1_000)
    played = run(collect(session(ScriptedTransport({"a": [endless]}), ["a"], fallback="retries: -1")))
    assert played.error is not None
    assert (played.error.info.kind, played.error.info.message) == ("response_too_large", "The answer does not end.")
    assert len(played.of("delta")) < 100
