"""What the chain remembers between turns: cooldowns, breakers, who stands in for whom, what tabs tell each other."""

from __future__ import annotations

import asyncio

import pytest

from sparewheel.chain.health import Health
from sparewheel.testing import Reply, errors
from tests.support.fakeloop import run
from tests.support.rescues import ANSWER, FAIL, told
from tests.support.scripted import ScriptedTransport, collect, session


def test_a_rescuer_stays_first_until_the_primary_has_cooled_down_and_then_the_primary_is_back() -> None:
    async def main() -> None:
        transport = ScriptedTransport(
            {"a": [errors.openai_rate_limit(retry_after=20), ANSWER, ANSWER], "b": [ANSWER] * 2}
        )
        conversation = session(transport, ["a", "b"])
        assert told(await collect(conversation)) == [("fallback", "a", "b"), ("finish", "b")]
        second = await collect(conversation)
        assert told(second) == [("skipped", "a"), ("fallback", "a", "b"), ("finish", "b")]
        skipped, fallback = second.of("skipped", "fallback")
        assert 18_000 < skipped["wait_ms"] <= 20_000
        assert skipped["kind"] == skipped["code"] == fallback["kind"] == "circuit_breaker"
        assert "cools down after rate_limit" in skipped["reason"]
        await asyncio.sleep(20)
        assert told(await collect(conversation)) == [("recovered", "a"), ("finish", "a")]
        assert told(await collect(conversation)) == [("finish", "a")]
        assert transport.asked == ["a", "b", "b", "a", "a"]

    run(main())


def test_what_one_session_learns_the_others_know() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL], "b": [ANSWER] * 2})
        health = Health()
        await collect(session(transport, ["a", "b"], health=health))
        assert told(await collect(session(transport, ["a", "b"], health=health)))[0] == ("skipped", "a")

    run(main())


def test_a_request_that_was_itself_at_fault_cools_nobody() -> None:
    async def main() -> None:
        bad = errors.openai_invalid_request("bad")
        transport = ScriptedTransport({"a": [bad, ANSWER], "b": [ANSWER]})
        conversation = session(transport, ["a", "b"])
        await collect(conversation)
        assert told(await collect(conversation)) == [("recovered", "a"), ("finish", "a")]

    run(main())


def test_five_failures_in_a_row_open_the_breaker_and_one_probe_tells_when_to_close_it() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL] * 7 + [ANSWER] * 2, "b": [ANSWER] * 4})
        conversation = session(transport, ["a", "b"], fallback="retries: 2, cooldown: 1ms, delay: 0s")
        for _ in range(2):
            await collect(conversation)
            await asyncio.sleep(0.01)  # longer than the cooldown
        assert transport.asked == ["a", "a", "a", "b"] * 2
        third = await collect(conversation)
        assert told(third) == [("skipped", "a"), ("fallback", "a", "b"), ("finish", "b")]
        assert "its breaker is open" in third.of("skipped")[0]["reason"]
        await asyncio.sleep(30)
        assert told(await collect(conversation)) == [("fallback", "a", "b"), ("finish", "b")]
        assert transport.asked.count("a") == 7  # the probe was one request, not one with retries
        await asyncio.sleep(30)
        assert told(await collect(conversation)) == [("recovered", "a"), ("finish", "a")]
        assert told(await collect(conversation)) == [("finish", "a")]

    run(main())


def test_only_one_probe_goes_at_a_time() -> None:
    async def main() -> None:
        slow = Reply(ANSWER, delay=5)
        transport = ScriptedTransport({"a": [FAIL] * 5 + [slow], "b": [ANSWER] * 2})
        health = Health()
        await collect(session(transport, ["a", "b"], health=health, fallback="retries: 4, cooldown: 1ms"))
        await asyncio.sleep(30)
        conversations = [session(transport, ["a", "b"], health=health) for _ in range(2)]
        first, second = await asyncio.gather(*map(collect, conversations))
        assert told(first) == [("recovered", "a"), ("finish", "a")]
        assert told(second) == [("skipped", "a"), ("fallback", "a", "b"), ("finish", "b")]

    run(main())


def test_a_probe_that_is_aborted_lets_the_next_one_go() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL] * 5 + [Reply(silent_after=-1), ANSWER], "b": [ANSWER]})
        health = Health()
        await collect(session(transport, ["a", "b"], health=health, fallback="retries: 4, cooldown: 1ms"))
        await asyncio.sleep(30)
        probe = asyncio.ensure_future(collect(session(transport, ["a", "b"], health=health)))
        await asyncio.sleep(1)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert told(await collect(session(transport, ["a", "b"], health=health))) == [
            ("recovered", "a"),
            ("finish", "a"),
        ]

    run(main())


def test_the_last_model_left_is_asked_with_its_retries_however_ill_it_is() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL] * 8 + [ANSWER]})
        conversation = session(transport, ["a"], fallback="retries: 2")
        for _ in range(2):
            assert told(await collect(conversation)) == [("retry", "a"), ("retry", "a"), ("error", "server_error")]
        assert told(await collect(conversation)) == [("retry", "a"), ("retry", "a"), ("finish", "a")]

    run(main())


def test_when_all_cool_down_the_one_that_is_free_first_is_waited_for() -> None:
    async def main() -> None:
        limited = [errors.openai_rate_limit(retry_after=seconds) for seconds in (50, 20)]
        transport = ScriptedTransport({"a": [limited[0]], "b": [limited[1], ANSWER]})
        conversation = session(transport, ["a", "b"], fallback="retries: -1, delay: 0s")
        assert told(await collect(conversation))[-1] == ("error", "rate_limit")
        played = await collect(conversation)
        assert told(played) == [("skipped", "a"), ("fallback", "a", "b"), ("finish", "b")] or told(played) == [
            ("fallback", "a", "b"),
            ("finish", "b"),
        ]
        assert played.of("fallback")[0]["delay_ms"] == 20_000
        assert played.seconds == 20

    run(main())


def test_a_guess_makes_nobody_wait() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [errors.openai_rate_limit(retry_after=None), ANSWER]})
        transport._script["a"][0] = Reply.json(429, {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}})
        conversation = session(transport, ["a"], fallback="retries: -1")
        assert told(await collect(conversation)) == [("error", "rate_limit")]
        played = await collect(conversation)
        assert told(played) == [("finish", "a")]
        assert played.seconds == 0

    run(main())


FORBIDDEN = Reply.json(403, {"error": {"message": "This key is restricted.", "type": "forbidden"}})


@pytest.mark.parametrize(
    ("reply", "kind", "wait_ms"),
    [
        (errors.openai_insufficient_quota(), "quota", 3_600_000),
        (errors.openai_invalid_key(), "auth", None),
        (FORBIDDEN, "permission", None),
    ],
)
def test_models_with_the_same_key_are_skipped_after_an_account_failure(
    reply: Reply, kind: str, wait_ms: int | None
) -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [reply], "b": [], "other/c": [ANSWER] * 2})
        conversation = session(transport, ["a", "b", "other/c"], fallback="retries: 2")
        played = await collect(conversation)
        assert told(played) == [("skipped", "b"), ("fallback", "a", "c"), ("finish", "c")]
        assert played.of("fallback")[0]["kind"] == kind
        skipped = played.of("skipped")[0]
        assert (skipped["kind"], skipped["wait_ms"]) == ("circuit_breaker", wait_ms)
        assert f"it cools down after {kind}" in skipped["reason"]
        assert told(await collect(conversation))[:2] == [("skipped", "a"), ("skipped", "b")]
        assert transport.asked == ["a", "c", "c"]

    run(main())


def test_an_account_in_trouble_is_still_asked_once_when_there_is_no_other() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [errors.openai_invalid_key(), ANSWER], "b": []})
        conversation = session(transport, ["a", "b"])
        assert told(await collect(conversation)) == [("error", "auth")]
        assert told(await collect(conversation)) == [("finish", "a")]  # the key was mended at the provider's

    run(main())


def test_those_passed_over_at_the_start_are_asked_as_a_last_resort() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL, ANSWER], "b": [ANSWER, FAIL]})
        conversation = session(transport, ["a", "b"], fallback="retries: -1")
        await collect(conversation)
        assert told(await collect(conversation)) == [
            ("skipped", "a"),
            ("fallback", "a", "b"),
            ("fallback", "b", "a"),
            ("recovered", "a"),
            ("finish", "a"),
        ]

    run(main())


def test_who_is_passed_over_is_said_once_and_not_with_every_retry() -> None:
    async def main() -> None:
        transport = ScriptedTransport(
            {"a": [FAIL], "b": [errors.openai_rate_limit(retry_after=60)], "c": [ANSWER, FAIL, ANSWER]}
        )
        health = Health()
        await collect(session(transport, ["a", "b", "c"], fallback="retries: -1", health=health))
        transport._script["d"] = [FAIL] * 2
        played = await collect(session(transport, ["d", "b", "c"], fallback="retries: 1, delay: 0s", health=health))
        assert told(played) == [
            ("retry", "d"),
            ("skipped", "b"),
            ("fallback", "d", "c"),
            ("retry", "c"),
            ("finish", "c"),
        ]

    run(main())
