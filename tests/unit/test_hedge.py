"""Hedging: who wins, who pays, and that nobody is left behind."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from sparewheel.testing import Reply, Usage, errors, openai_chat
from tests.support.agentic import call
from tests.support.fakeloop import run
from tests.support.rescues import told
from tests.support.scripted import ScriptedTransport, check_rules, collect, folded_text, play, session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sparewheel.transports.base import HttpRequest
    from sparewheel.transports.local import LocalResponse

ANSWER = openai_chat(text=["An", "swer"], usage=Usage(10, 5))
OTHER = openai_chat(text=["Ot", "her"], usage=Usage(7, 3))
HEDGED = "retries: -1, delay: 0s, hedge_after: 2s"


def test_a_model_that_shows_something_in_time_runs_alone() -> None:
    played, transport = play({"a": [Reply(ANSWER, delay=1)], "b": []}, fallback=HEDGED)
    assert transport.asked == ["a"]
    assert told(played) == [("finish", "a")]


def test_the_second_wins_when_it_shows_content_first_and_the_first_is_cancelled() -> None:
    silent = Reply(ANSWER, silent_after=1)
    played, transport = play({"a": [silent], "b": [Reply(OTHER, every=0.1)]}, fallback=HEDGED)
    assert transport.asked == ["a", "b"]
    assert told(played) == [("hedge", "a", "b"), ("finish", "b")]
    assert folded_text(played.events) == "Other"
    assert played.of("hedge") == [
        {"type": "hedge", "from": "openai/a", "to": "openai/b", "attempt": 2, "after_ms": 2000}
    ]
    assert [(e["model"], e["discarded"]) for e in played.of("usage")] == [("openai/a", True), ("openai/b", False)]
    assert played.result is not None
    assert [record["outcome"] for record in played.result["attempts"]] == ["aborted", "ok"]
    assert played.result["usage"]["input_tokens"] == 7


def test_the_hedge_is_announced_when_it_starts_and_not_when_it_pays() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [Reply(ANSWER, silent_after=1)], "b": [Reply(OTHER, delay=10)]})
        async with aclosing(session(transport, ["a", "b"], fallback=HEDGED).turn("hi")) as batches:
            async for batch in batches:
                if batch[-1]["type"] == "hedge":
                    assert asyncio.get_running_loop().time() == 2
                    return
        raise AssertionError("no hedge was announced")

    run(main())


def test_the_first_wins_when_it_comes_round_before_the_second() -> None:
    played, transport = play({"a": [Reply(ANSWER, delay=3)], "b": [Reply(OTHER, delay=60)]}, fallback=HEDGED)
    assert transport.asked == ["a", "b"]
    assert told(played) == [("hedge", "a", "b"), ("finish", "a")]
    assert folded_text(played.events) == "Answer"


def test_a_first_that_fails_leaves_the_field_to_the_second() -> None:
    late = errors.openai_server_error().replace(delay=3)
    played, _ = play({"a": [late], "b": [Reply(OTHER, delay=5)]}, fallback=HEDGED)
    assert told(played) == [("hedge", "a", "b"), ("fallback", "a", "b"), ("finish", "b")]
    assert played.seconds == 7


def test_a_second_that_fails_leaves_the_field_to_the_first() -> None:
    played, _ = play({"a": [Reply(ANSWER, delay=5)], "b": [errors.openai_server_error()]}, fallback=HEDGED)
    assert told(played) == [("hedge", "a", "b"), ("fallback", "b", "a"), ("finish", "a")]
    assert folded_text(played.events) == "Answer"


def test_when_both_fail_the_third_is_asked() -> None:
    late = errors.openai_server_error().replace(delay=3)
    played, transport = play({"a": [late], "b": [late], "c": [ANSWER]}, fallback=HEDGED)
    assert transport.asked == ["a", "b", "c"]
    assert told(played) == [("hedge", "a", "b"), ("fallback", "a", "b"), ("fallback", "b", "c"), ("finish", "c")]


def test_a_winner_that_dies_is_replaced_like_any_other() -> None:
    cut = Reply(openai_chat(text=["Ot"], finish=None), cut_at=9999)
    played, transport = play({"a": [Reply(ANSWER, silent_after=1)], "b": [cut], "c": [ANSWER]}, fallback=HEDGED)
    assert transport.asked == ["a", "b", "c"]
    assert told(played) == [("hedge", "a", "b"), ("fallback", "b", "c"), ("finish", "c")]
    assert folded_text(played.events) == "Answer"


def test_an_empty_answer_to_tool_results_wins() -> None:
    empty = Reply(openai_chat(usage=Usage(10, 0)), delay=3)
    played, transport = play({"a": [call("look"), empty], "b": [Reply(OTHER, delay=60)]}, fallback=HEDGED)
    assert transport.asked == ["a", "a", "b"]
    assert told(played) == [("hedge", "a", "b"), ("finish", "a")]
    assert played.terminal["empty"] is True
    assert played.seconds == 3


def test_a_primary_that_was_only_slow_has_not_recovered_when_it_answers_again() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [Reply(ANSWER, silent_after=1), ANSWER], "b": [OTHER]})
        conversation = session(transport, ["a", "b"], fallback=HEDGED)
        assert told(await collect(conversation)) == [("hedge", "a", "b"), ("finish", "b")]
        assert told(await collect(conversation)) == [("finish", "a")]

    run(main())


def test_a_winner_that_overflows_is_the_one_that_is_asked_again() -> None:
    async def main() -> None:
        late = errors.openai_server_error().replace(delay=3)
        full = errors.openai_context_length().replace(delay=2)
        transport = ScriptedTransport({"a": [ANSWER, late], "b": [full, OTHER]})
        conversation = session(transport, ["a", "b"], fallback=HEDGED)
        await collect(conversation)
        played = await collect(conversation)
        assert transport.asked == ["a", "a", "b", "b"]
        assert [event["type"] for event in played.events][:4] == ["start", "hedge", "fallback", "compacted"]
        assert played.of("compacted")[0]["model"] == "openai/b"
        assert folded_text(played.events) == "Other"

    run(main())


class SlowToClose(ScriptedTransport):
    """Takes a moment to close a connection."""

    unclosed = 0

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        async with super().stream(request) as response:
            self.unclosed += 1
            try:
                yield response
            finally:
                await asyncio.sleep(0.2)
                self.unclosed -= 1


def test_stopping_twice_closes_both_before_the_turn_has_ended() -> None:
    async def main() -> None:
        silent = Reply(ANSWER, silent_after=1)
        transport = SlowToClose({"a": [silent], "b": [silent]})
        turn = asyncio.ensure_future(collect(session(transport, ["a", "b"], fallback=HEDGED)))
        loop = asyncio.get_running_loop()
        loop.call_later(4, turn.cancel)
        loop.call_later(4.1, turn.cancel)
        (outcome,) = await asyncio.gather(turn, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)
        assert transport.unclosed == 0
        assert loop.time() == 4.2

    run(main())


def test_stopping_at_any_moment_leaves_what_was_shown_and_no_more() -> None:
    words = openai_chat(text=["one ", "two ", "three ", "four"])
    partials = set()

    async def main(seconds: float, ticks: int) -> None:
        transport = ScriptedTransport({"a": [Reply(ANSWER, delay=5)], "b": [Reply(words, every=0.125), ANSWER]})
        conversation = session(transport, ["a", "b"], fallback=HEDGED)
        events = []

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(batch)

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(seconds)
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        check_rules(events)
        assert events[-1]["type"] == "aborted"
        assert events[-1]["partial"] == folded_text(events)
        assert transport.open == 0
        partials.add(events[-1]["partial"])

    for step in range(5):
        for ticks in range(20):
            run(main(2 + step / 8, ticks))
    assert partials == {"", "one ", "one two ", "one two three ", "one two three four"}


@pytest.mark.parametrize("after", ["start", "hedge", "delta"])
def test_stopping_closes_both(after: str) -> None:
    async def main() -> None:
        transport = ScriptedTransport(
            {"a": [Reply(ANSWER, silent_after=1)], "b": [Reply(OTHER, delay=5, silent_after=2)]}
        )
        conversation = session(transport, ["a", "b"], fallback=HEDGED)
        events = []

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(batch)
                    if batch[-1]["type"] == after:
                        seen.set()

        seen = asyncio.Event()
        task = asyncio.ensure_future(consume())
        await seen.wait()
        at = asyncio.get_running_loop().time()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.get_running_loop().time() == at
        assert transport.open == 0
        check_rules(events)
        assert events[-1]["type"] == "aborted"

    run(main())
