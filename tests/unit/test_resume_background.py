"""A process dies while a model with `resume: background` answers: the next one reads the same response to its end."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from sparewheel.chain.cancelling import cancelled
from sparewheel.state.journal import Memory, Store
from sparewheel.testing import Background, Reply, ToolCall, Usage, openai_responses
from tests.support.agentic import tool
from tests.support.background import AGENT, KeptTransport
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, survivor
from tests.support.scripted import ENV, check_rules, folded_message, folded_text
from tests.unit.test_resume import events_of

WORDS = openai_responses(text=[f"w{number} " for number in range(20)], usage=Usage(9, 20))
TEXT = "".join(f"w{number} " for number in range(20))
FILE = AGENT.format(spares="", fallback="retries: 1", timeouts="")


async def look() -> str:
    return "seen"


async def die(memory: Memory, transport: KeptTransport, seconds: float, *, resumes: bool = False) -> Memory:
    """What a process leaves that is killed so long after it has begun a turn, or gone on with it."""
    conversation = await kept(Store(Watched(memory)), transport, tool(look), text=FILE, again=resumes)
    task = asyncio.ensure_future(events_of(conversation.resume() if resumes else conversation.turn("hi")))
    await asyncio.sleep(seconds)
    left = survivor(memory)
    transport.dead = True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(4)  # what was to be cancelled is given up
    transport.dead = False
    return left


async def go_on(memory: Memory, transport: KeptTransport, *, retries: int = 1) -> list[dict[str, Any]]:
    text = FILE.replace("retries: 1", f"retries: {retries}")
    conversation = await kept(Store(Watched(memory)), transport, tool(look), text=text, again=True)
    return await events_of(conversation.resume())


@pytest.mark.parametrize("seconds", [0.5, 4.5, 9.3, 19.5])
def test_the_next_process_reads_the_response_to_its_end(seconds: float) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1)]})
        left = await die(Memory(), transport, seconds)
        events = await go_on(left, transport)
        check_rules(events)
        assert [event["type"] for event in events][:2] == ["start", "resumed"]
        assert (folded_text(events), events[-1]["type"]) == (TEXT, "finish")
        assert [event["output_tokens"] for event in events if event["type"] == "usage"] == [20]
        [response] = transport.responses
        assert (response.tokens, response.cancels, response.connections) == (20, 0, 2)
        texts = json.dumps([list(records.values()) for records in left.records.values()])
        assert "resp_background_1" in texts
        assert not any(key in texts for key in ENV.values())

    run(main())


def test_a_process_that_dies_again_and_again() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=5)]})
        memory = await die(Memory(), transport, 12)
        for _ in range(3):
            memory = await die(memory, transport, 0.1, resumes=True)
        events = await go_on(memory, transport)
        assert folded_text(events) == TEXT
        assert len(transport.responses) == 1

    run(main())


def test_the_step_after_one_that_was_taken_up_is_asked() -> None:
    async def main() -> None:
        calls = openai_responses(text="Let me look. ", tool_calls=[ToolCall("c1", "look", "{}")])
        transport = KeptTransport({"a": [Background(calls, every=2), Background(WORDS, every=1)]})
        memory = await die(Memory(), transport, 7)
        memory = await die(memory, transport, 14, resumes=True)
        assert [each.status for each in transport.responses] == ["completed", "in_progress"]
        events = await go_on(memory, transport)
        assert (folded_text(events), events[0]["resumed"]) == (TEXT, True)
        assert [event["response_id"] for event in events if event["type"] == "resumed"] == ["resp_background_2"]
        assert [each.cancels for each in transport.responses] == [0, 0]

    run(main())


@pytest.mark.parametrize("way", ["another prompt", "restart"])
def test_a_turn_that_does_not_go_on_cancels_its_response(way: str) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=5), Background(WORDS)]})
        memory = await die(Memory(), transport, 12)
        conversation = await kept(Store(Watched(memory)), transport, text=FILE, again=True)
        if way == "restart":
            conversation.restart()
        else:
            assert folded_text(await events_of(conversation.turn("no, this"))) == TEXT
        await cancelled()
        assert transport.responses[0].status == "cancelled"
        assert [each.cancels for each in transport.responses[1:]] == ([] if way == "restart" else [0])

    run(main())


def test_a_response_that_is_gone_is_asked_for_again() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1, kept_for=10), Background(WORDS)]})
        events = await go_on(await die(Memory(), transport, 8), transport, retries=-1)
        assert [event["type"] for event in events if event["type"] in ("resumed", "retry")] == ["retry"]
        assert next(event["delay_ms"] for event in events if event["type"] == "retry") == 0
        assert folded_text(events) == TEXT

    run(main())


def test_a_turn_that_failed_asks_anew() -> None:
    async def main() -> None:
        gone = Background(WORDS, connections=[Reply(cut_at=1500)], kept_for=0)
        transport = KeptTransport({"a": [gone, gone, Background(WORDS)]})
        memory = Memory()
        conversation = await kept(Store(Watched(memory)), transport, text=FILE)
        failed = await events_of(conversation.turn("hi"))
        assert failed[-1]["type"] == "error"
        await asyncio.sleep(60)
        events = await go_on(survivor(memory), transport)
        assert [event["type"] for event in events][:2] == ["start", "block_start"]
        assert folded_text(events) == TEXT

    run(main())


@pytest.mark.parametrize("state", [7, "x", [], {}, {"model": "kept/a"}, {"model": "kept/a", "response_id": "../x"}])
def test_a_record_with_a_damaged_state_loses_only_that(state: Any) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1), Background(WORDS)]})
        memory = await die(Memory(), transport, 8)
        for records in memory.records.values():
            for number, text in list(records.items()):
                record = json.loads(text)
                if "resume" in record:
                    records[number] = json.dumps({**record, "resume": state})
        events = await go_on(memory, transport)
        assert folded_text(events) == TEXT
        assert len(transport.responses) == 2

    run(main())


def test_at_any_moment() -> None:
    async def main(seed: int) -> None:
        dice = random.Random(seed)
        transport = KeptTransport({"a": [Background(WORDS, every=dice.choice([1, 3]))]})
        memory = await die(Memory(), transport, dice.uniform(0.0, 3))
        for _ in range(dice.randint(0, 2)):
            memory = await die(memory, transport, dice.uniform(0, 0.3), resumes=True)
        events = await go_on(memory, transport)
        check_rules(events)
        assert folded_message(events)["content"] == TEXT
        [response] = transport.responses
        assert (response.tokens, response.cancels) == (20, 0)

    for seed in range(30):
        run(main(seed))
