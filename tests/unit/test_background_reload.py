"""A response in the background outlives its tab: another step takes it up by its state. Then 500 random accidents."""

from __future__ import annotations

import asyncio
import json
import os
import random
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.testing import Background, Reply, ToolCall, Usage, errors, openai_responses
from tests.support.background import FaultKind, KeptTransport, events_of, kept_step, told
from tests.support.fakeloop import run
from tests.support.scripted import ENV

CUTS = int(os.environ.get("SPAREWHEEL_CUTS", "60"))
WORDS = openai_responses(text=[f"w{number} " for number in range(20)], usage=Usage(9, 20))
TEXT = "".join(f"w{number} " for number in range(20))
OK = openai_responses(text="Spare.")


async def die(transport: KeptTransport, seconds: float, reattach: Any = None, **options: str) -> tuple[Any, list[Any]]:
    """Run a step and let its tab die after some seconds: its state as it was stored, and what was shown."""
    step = kept_step(transport, reattach, **options)
    events: list[Any] = []

    async def follow() -> None:
        async with aclosing(step.events()) as batches:
            async for batch in batches:
                events.extend(batch)

    task = asyncio.ensure_future(follow())
    await asyncio.wait([task], timeout=seconds)
    state = step.resume_state
    transport.dead = True  # nothing more goes out, not even what cancels
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(60)
    transport.dead = False
    return json.loads(json.dumps(state)), events


def test_another_step_takes_the_response_up() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=5)]})
        state, shown = await die(transport, 42)
        assert state == {
            **{"model": "kept/a", "attempt": 1, "response_id": "resp_background_1"},
            **{"cursor": 8, "chars": len("w0 w1 w2 w3 w4 ")},
        }
        assert [event["content"] for event in shown if event["type"] == "delta"][-1] == "w4 "
        step = kept_step(transport, state)
        events = await events_of(step)
        assert events[0] == {
            **{"type": "resumed", "model": "kept/a", "attempt": 1, "response_id": "resp_background_1"},
            **{"from_seq": 8, "via": "stream"},
        }
        whole = await events_of(kept_step(KeptTransport({"a": [Background(WORDS)]})))
        assert events[1:] == whole
        assert step.answer().text == TEXT
        assert step.resume_state is None
        assert transport.said == ["POST /responses", "GET /responses/resp_background_1?stream=true"]
        [response] = transport.responses
        assert (response.tokens, response.cancels) == (20, 0)

    run(main())


def test_there_is_nothing_to_take_up_before_the_id_and_after_the_end() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, connections=[Reply(delay=5)])]})
        step = kept_step(transport)
        assert step.resume_state is None
        async with aclosing(step.events()) as batches:
            async for batch in batches:
                assert (step.resume_state is None) == (batch[-1]["type"] in ("block_end", "usage"))
        plain = kept_step(KeptTransport({"a": [errors.openai_server_error()], "plain": [OK]}), spares="plain")
        async with aclosing(plain.events()) as batches:
            async for _ in batches:
                assert plain.resume_state is None

    run(main())


@pytest.mark.parametrize(
    "change",
    [
        *({"model": "kept/other"}, {"model": None}, {"response_id": "../files"}, {"response_id": 7}),
        *({"response_id": ""}, {"model": "kept/plain"}),
    ],
    ids=str,
)
def test_a_state_that_cannot_be_used_is_ignored(change: dict[str, Any]) -> None:
    async def main() -> None:
        state = {"model": "kept/a", "attempt": 1, "response_id": "resp_background_1", "cursor": 8, "chars": 9, **change}
        transport = KeptTransport({"a": [Background(WORDS)]})
        events = await events_of(kept_step(transport, state, spares="plain"))
        assert told(events)["message"]["content"] == TEXT
        assert transport.said == ["POST /responses"]

    run(main())


@pytest.mark.parametrize("cursor", [None, "8", -1, True, 1.5, 10**30, []])
def test_the_cursor_of_a_state_is_only_told(cursor: Any) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1)]})
        state, _ = await die(transport, 3)
        events = await events_of(kept_step(transport, {**state, "cursor": cursor}))
        assert told(events)["message"]["content"] == TEXT
        assert events[0]["from_seq"] == (10**30 if cursor == 10**30 else None)

    run(main())


def test_a_response_that_is_gone_is_asked_for_again() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1, kept_for=30), Background(WORDS)]})
        state, _ = await die(transport, 8)
        events = await events_of(kept_step(transport, state, fallback="retries: 1"))
        assert [event["type"] for event in events if event["type"] in ("retry", "resumed", "discard")] == ["retry"]
        assert told(events)["message"]["content"] == TEXT

    run(main())


def test_a_response_that_cannot_be_streamed_any_more_is_read_as_a_whole() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [Background(WORDS, every=1, streamable_for=30)]})
        state, _ = await die(transport, 8)
        events = await events_of(kept_step(transport, state))
        assert [event["via"] for event in events if event["type"] == "resumed"] == ["document"]
        assert told(events)["message"]["content"] == TEXT
        assert len(transport.responses) == 1

    run(main())


def test_the_model_that_answered_is_asked_although_it_is_not_the_first() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [errors.openai_server_error()], "b": [Background(WORDS, every=1)]})
        state, _ = await die(transport, 8, spares="b")
        again = kept_step(transport, state, spares="b")
        events = await events_of(again)
        assert (again.model, again.answer().text) == ("kept/b", TEXT)
        assert told(events)["attempts"][0]["model"] == "kept/b"

    run(main())


def test_no_key_is_in_the_state() -> None:
    async def main() -> None:
        state, _ = await die(KeptTransport({"a": [Background(WORDS, every=1)]}), 5)
        assert not any(key in json.dumps(state) for key in ENV.values())

    run(main())


# Random accidents ---------------------------------------------------------------------------------------------------


def random_answer(dice: random.Random) -> tuple[bytes, ...]:
    """An answer of one of the shapes that a model gives, with characters of several bytes."""

    def pieces(most: int) -> list[str]:
        words = ["a", "Grüße ", "🌍", "\n", "“", '"\\', "word " * 9, "ein 🌈 "]
        return [dice.choice(words) for _ in range(dice.randint(1, most))]

    calls = [ToolCall(f"c{n}", "look", ['{"q": ', f'"{n}🌍"', "}"]) for n in range(dice.choice([0, 0, 1, 2]))]
    return openai_responses(
        reasoning=pieces(8) if dice.random() < 0.5 else (),
        text=pieces(40),
        tool_calls=calls,
        usage=Usage(9, 9),
        encrypted_reasoning="gAAA" if dice.random() < 0.3 else None,
    )


async def accident(seed: int) -> None:
    """One answer with cuts, stalls, refusals and deaths of its tab: the same as without them, generated once."""
    dice = random.Random(seed)
    answer = random_answer(dice)
    size = sum(map(len, answer))
    expected = told(await events_of(kept_step(KeptTransport({"a": [answer]}))))
    kinds: list[FaultKind] = ["reset", "end", "stall"]
    faults = [(dice.randint(0 if number else 130, size), dice.choice(kinds)) for number in range(dice.randint(1, 8))]
    refusals = [Reply()] + [
        dice.choice([Reply(), Reply(), Reply(), errors.openai_server_error(), errors.openai_rate_limit()])
        for _ in range(8)
    ]
    script = Background(
        answer,
        every=dice.choice([0, 0.01, 0.3, 3]),
        connections=refusals,
        polls=[errors.openai_server_error()] * dice.choice([0, 0, 1]),
        streamable_for=dice.choice([300, 300, 20]),
    )
    transport = KeptTransport({"a": [script]}, faults)
    state = None
    for _ in range(dice.choice([0, 0, 1, 2])):
        found, _ = await die(transport, dice.choice([0.5, 5, 30]), state)
        state = found or state
        if found is None:
            break
    events = await events_of(kept_step(transport, state)) if state or not transport.responses else []
    [response] = transport.responses
    assert response.cancels == 0
    assert response.tokens == sum(b".delta" in event.split(b"\n")[0] for event in answer)
    if events:
        assert told(events) == expected


def test_whatever_happens_to_its_connections_an_answer_is_generated_once_and_shown_whole() -> None:
    """SPAREWHEEL_CUTS sets how many are tried."""
    for seed in range(CUTS):
        try:
            run(accident(seed))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
