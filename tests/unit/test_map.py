"""Many prompts side by side: order, errors as outcomes, bounds, and stops; over real sockets where requests matter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel import ConfigError, open_agent
from sparewheel.batch import Outcome, Tally, map_prompts, map_unordered
from sparewheel.errors import ErrorInfo, SparewheelError
from sparewheel.testing import Reply, Request, ScriptedProvider, errors, openai_chat
from tests.support.door import ENV, agent_file

ATTEMPTS: Any = [{"attempt": 1}]
USAGE: Any = {"input_tokens": 3}


def outcome(text: str) -> Outcome:
    result: dict[str, Any] = {
        "message": {"content": text},
        "model": "m",
        "finish_reason": "stop",
        "usage": None,
        "attempts": [],
    }
    return Tally().answered(result)


class Asked:
    """Answers prompts when it is told to."""

    def __init__(self) -> None:
        self.open: dict[str, asyncio.Future[None]] = {}
        self.most = 0
        self.cancelled: list[str] = []
        self._changed = asyncio.Condition()

    async def has(self, *prompts: str) -> None:
        """Wait until these prompts are under way, and no others."""
        async with self._changed:
            await self._changed.wait_for(lambda: set(self.open) == set(prompts))

    async def __call__(self, prompt: str) -> Outcome:
        self.open[prompt] = asyncio.get_running_loop().create_future()
        self.most = max(self.most, len(self.open))
        async with self._changed:
            self._changed.notify_all()
        try:
            await self.open[prompt]
        except asyncio.CancelledError:
            self.cancelled.append(prompt)
            raise
        finally:
            del self.open[prompt]
            async with self._changed:
                self._changed.notify_all()
        return outcome(prompt.upper())


async def test_outcomes_have_the_order_of_the_prompts_and_no_more_are_asked_at_once_than_parallel() -> None:
    asked = Asked()
    read: list[str] = []

    def prompts() -> Iterator[str]:
        for prompt in "abcdefg":
            read.append(prompt)
            yield prompt

    mapping = asyncio.ensure_future(map_prompts(asked, prompts(), parallel=3))
    steps = [("c", "ab"), ("b", "ad"), ("d", "ae"), ("f", "ae"), ("g", "ae"), ("e", "a"), ("a", "")]
    for number, (prompt, others) in enumerate(steps):
        await asked.has(prompt, *others)
        assert len(read) == min(3 + number, 7)  # no further than needed
        asked.open[prompt].set_result(None)
    assert [each["text"] for each in await mapping] == list("ABCDEFG")
    assert asked.most == 3


async def test_cancelling_it_cancels_what_is_under_way_and_waits_for_it() -> None:
    asked = Asked()
    mapping = asyncio.ensure_future(map_prompts(asked, ["a", "b", "c"], parallel=2))
    await asked.has("a", "b")
    mapping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await mapping
    assert (sorted(asked.cancelled), asked.open) == (["a", "b"], {})


async def test_what_is_left_early_is_cancelled() -> None:
    asked = Asked()
    async with aclosing(map_unordered(asked, enumerate("abc"), 2)) as outcomes:
        first = asyncio.ensure_future(anext(outcomes))
        await asked.has("a", "b")
        asked.open["b"].set_result(None)
        assert [key for key, _ in await first] == [1]
    assert asked.cancelled == ["a"]


@pytest.mark.parametrize(
    ("prompts", "parallel"),
    [("Hello", 2), (b"Hello", 2), ({"a": 1}, 2), (7, 2), (["a"], 0), (["a"], 1001), (["a"], True), (["a"], 1.5)],
)
async def test_what_cannot_be_meant_is_refused(prompts: Any, parallel: Any) -> None:
    with pytest.raises(ConfigError):
        await map_prompts(Asked(), prompts, parallel)


def test_an_outcome_has_the_cost_of_all_attempts_and_the_usage_of_a_failed_turn() -> None:
    tally = Tally()
    usage = {"type": "usage", "cost": 0.25}
    tally.see([usage, usage, {**usage, "cost": None}])
    tally.see([{"type": "error", "usage": USAGE, "partial_message": {"content": "Hal"}}])
    failed = tally.failed(SparewheelError(ErrorInfo("overloaded", "busy"), attempts=ATTEMPTS))
    assert (failed["status"], failed["cost"], failed["usage"]) == ("error", 0.5, USAGE)
    assert (failed["text"], failed["attempts"]) == ("Hal", ATTEMPTS)
    assert failed["error"] is not None
    assert (failed["error"]["kind"], failed["error"]["message"]) == ("overloaded", "busy")
    assert "attempts" not in failed["error"]


async def test_a_program_maps_prompts_and_nothing_grows_from_one_to_the_next() -> None:
    def answer(request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        if prompt == "prompt 07":
            return errors.openai_invalid_key()
        return Reply(openai_chat(text=f"to {prompt}"))

    with ScriptedProvider(default=[answer]) as server:
        async with open_agent(agent_file(server), env=ENV) as session:
            await session.send("before")  # is in no prompt's conversation
            outcomes = await session.map((f"prompt {number:02}" for number in range(40)), parallel=8)
            await session.restart()
            await session.send("prompt 99")
    failed = outcomes.pop(7)
    assert failed["error"] is not None
    assert (failed["status"], failed["error"]["kind"]) == ("error", "auth")
    assert [attempt["outcome"] for attempt in failed["attempts"]] == ["failed"]
    assert [each["text"] for each in outcomes] == [f"to prompt {n:02}" for n in range(40) if n != 7]
    assert len({len(request.body) for request in server.requests[1:]}) == 1


async def test_one_prompt_that_is_none_is_an_outcome_beside_the_others() -> None:
    with ScriptedProvider(default=[lambda _: Reply(openai_chat(text="Yes."))]) as server:
        async with open_agent(agent_file(server), env=ENV) as session:
            first, second, third = await session.map(["a", 5, "b"])  # type: ignore[list-item]  # 5 is no prompt
    assert second["error"] is not None
    assert ([first["text"], third["text"]], second["error"]["kind"]) == (["Yes.", "Yes."], "config")
