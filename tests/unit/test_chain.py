"""The chain as tables: what each model does, in order, and the whole of what the page is told."""

from __future__ import annotations

import asyncio
import json

import pytest

from sparewheel.chain.health import Health
from sparewheel.testing import Reply, Usage, errors, openai_chat
from sparewheel.testing.script import BEFORE_HEAD
from tests.support.agentic import play_agent
from tests.support.fakeloop import run
from tests.support.scripted import REFUSED, Script, ScriptedTransport, collect, finish, folded_text, play, session

ANSWER = openai_chat(text=["An", "swer"], usage=Usage(10, 5))
CUT = Reply(openai_chat(text=["Hal", "f"], finish=None), cut_at=10_000)
OK_USAGE = {
    "type": "usage",
    "input_tokens": 10,
    "output_tokens": 5,
    "cached_tokens": 0,
    "written_tokens": None,
    "reasoning_tokens": 0,
    "context_length": 15,
    "context_limit": None,
    "cost": None,
    "discarded": False,
}
ANSWERED = {"input_tokens": 10, "output_tokens": 5, "cached_tokens": 0, "reasoning_tokens": 0}
UNKNOWN_USAGE = dict.fromkeys(
    (
        *("input_tokens", "output_tokens", "cached_tokens", "written_tokens", "reasoning_tokens"),
        *("context_length", "context_limit", "cost"),
    )
)


def test_one_model_answers() -> None:
    played, transport = play({"a": [ANSWER]})
    assert transport.asked == ["a"]
    assert played.types == ["start", "block_start", "delta", "delta", "block_end", "usage", "finish"]
    assert played.told == [
        {"type": "start", "model": "openai/a"},
        {"type": "text", "attempt": 1, "text": "Answer"},
        {**OK_USAGE, "attempt": 1, "model": "openai/a"},
        finish("Answer", "openai/a", **ANSWERED),
    ]
    assert played.result == {
        "message": {"role": "assistant", "content": "Answer"},
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "cached_tokens": 0,
            "written_tokens": None,
            "reasoning_tokens": 0,
        },
        "model": "openai/a",
        "finish_reason": "stop",
        "attempts": [{"attempt": 1, "model": "openai/a", "outcome": "ok"}],
    }


def test_the_whole_story_of_a_rescue() -> None:
    overloaded = errors.anthropic_overloaded()
    played, transport = play(
        {"a": [CUT, CUT], "b": [overloaded, overloaded], "c": [ANSWER]},
        fallback="retries: 1, delay: 0s, backoff: {initial: 2s, jitter: 0}",
    )
    assert transport.asked == ["a", "a", "b", "b", "c"]
    assert played.seconds == 4
    void = {"type": "usage", "model": "openai/a", **UNKNOWN_USAGE, "discarded": True}
    dropped = {"kind": "network", "code": "network_error", "reason": played.of("retry")[0]["reason"]}
    full = {"kind": "overloaded", "code": "server_error", "status": 529, "reason": "Overloaded"}
    assert played.told == [
        {"type": "start", "model": "openai/a"},
        {"type": "text", "attempt": 1, "text": "Half"},
        {**void, "attempt": 1},
        {"type": "discard", "attempt": 1, "chars": 4},
        {"type": "retry", "model": "openai/a", "attempt": 2, "delay_ms": 2000, **dropped},
        {"type": "text", "attempt": 2, "text": "Half"},
        {**void, "attempt": 2},
        {"type": "discard", "attempt": 2, "chars": 4},
        {"type": "fallback", "from": "openai/a", "to": "openai/b", "attempt": 3, "delay_ms": 0, **dropped},
        {"type": "retry", "model": "openai/b", "attempt": 4, "delay_ms": 2000, **full},
        {"type": "fallback", "from": "openai/b", "to": "openai/c", "attempt": 5, "delay_ms": 0, **full},
        {"type": "text", "attempt": 5, "text": "Answer"},
        {**OK_USAGE, "attempt": 5, "model": "openai/c"},
        finish("Answer", "openai/c", **ANSWERED),
    ]
    assert played.result is not None
    assert [(a["model"], a["outcome"]) for a in played.result["attempts"]] == [
        ("openai/a", "failed"),
        ("openai/a", "failed"),
        ("openai/b", "failed"),
        ("openai/b", "failed"),
        ("openai/c", "ok"),
    ]


def test_when_no_model_is_left_one_error_lists_each_with_its_own_reason() -> None:
    played, transport = play({"a": [errors.openai_invalid_key()], "other/b": [errors.openai_server_error()]})
    assert transport.asked == ["a", "b"]
    assert played.types == ["start", "fallback", "exhausted", "error"]
    exhausted, error = played.of("exhausted", "error")
    assert exhausted["models_tried"] == ["openai/a", "other/b"]
    assert exhausted["final_error"]["kind"] == error["kind"] == "server_error"
    assert [(a["model"], a["kind"], a["status"]) for a in error["attempts"]] == [
        ("openai/a", "auth", 401),
        ("other/b", "server_error", 500),
    ]
    assert error["message"].startswith("All 2 models failed. openai/a: ")
    assert played.error is not None
    of_the_turn = {"type": "error", "partial_message": None, "usage": None}
    assert error == {**played.error.to_dict(), **of_the_turn}


def test_the_partial_of_the_last_attempt_stays() -> None:
    played, _ = play({"a": [CUT]})
    assert played.types == ["start", "block_start", "delta", "delta", "block_end", "usage", "exhausted", "error"]
    assert folded_text(played.events) == "Half"
    assert played.of("usage")[0]["discarded"] is False


@pytest.mark.parametrize(
    ("reply", "kind", "requests"),
    [
        (errors.openai_server_error(), "server_error", 3),
        (errors.openai_server_error(503), "overloaded", 3),
        (errors.anthropic_overloaded(), "overloaded", 3),
        (REFUSED, "network_or_cors", 3),
        (CUT, "network", 3),
        (CUT.replace(cut="end"), "stream_truncated", 3),
        (Reply((b"data: {not json\n\n",)), "server_error", 3),
        (openai_chat(text="x", finish=None) + errors.openai_stream_error(), "server_error", 3),
        (Reply(silent_after=0), "timeout_first_content", 3),
        (Reply(openai_chat(text=["a", "b"]), silent_after=2), "timeout_idle", 3),
        (Reply(openai_chat(), silent_after=1, ping_every=1.0), "timeout_first_content", 3),
        (Reply(gates={}, delay=100.0), "timeout_connect", 3),
        (openai_chat(), "empty_output", 2),
        (errors.openai_insufficient_quota(), "quota", 1),
        (errors.openai_invalid_key(), "auth", 1),
        (errors.openai_model_not_found(), "model_not_found", 1),
        (errors.openai_invalid_request("bad"), "invalid_request", 1),
        (errors.openai_context_length(), "context_overflow", 1),
        (errors.openai_rate_limit(), "rate_limit", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_failure_is_retried_as_its_kind_deserves_and_then_the_next_model_answers(
    reply: Script, kind: str, requests: int
) -> None:
    played, transport = play({"a": [reply] * requests, "other/b": [ANSWER]}, fallback="retries: 2")
    assert transport.asked == ["a"] * requests + ["b"]
    assert {event["kind"] for event in played.of("retry", "fallback")} == {kind}
    assert len(played.of("fallback")) == 1
    assert played.terminal["type"] == "finish"
    assert folded_text(played.events) == "Answer"


def test_backoff_doubles_to_its_cap() -> None:
    played, _ = play({"a": [REFUSED] * 5 + [ANSWER]}, fallback="retries: 5, backoff: {initial: 1s, max: 3s, jitter: 0}")
    assert [event["delay_ms"] for event in played.of("retry")] == [1000, 2000, 3000, 3000, 3000]
    assert played.seconds == 12


def test_a_rate_limit_with_nobody_else_waits_as_long_as_told() -> None:
    limited = errors.openai_rate_limit(retry_after=7)
    played, transport = play({"a": [limited, ANSWER]}, fallback="retries: 1")
    assert transport.asked == ["a", "a"]
    assert [event["delay_ms"] for event in played.of("retry")] == [7000]


def test_a_wait_that_is_too_long_means_the_next_model_and_for_the_last_one_the_backoff() -> None:
    limited = errors.openai_rate_limit(retry_after=3600)
    fallback = "retries: 2, backoff: {initial: 1s, jitter: 0}"
    played, transport = play({"a": [limited], "other/b": [limited, limited, ANSWER]}, fallback=fallback)
    assert transport.asked == ["a", "b", "b", "b"]
    assert [event["delay_ms"] for event in played.of("retry")] == [1000, 2000]
    played, transport = play({"a": [limited] * 3}, fallback=fallback)
    assert transport.asked == ["a", "a", "a"]
    assert (played.terminal["kind"], played.seconds) == ("rate_limit", 3)


def test_models_on_one_host_are_given_a_pause_and_others_none() -> None:
    played, _ = play({"a": [REFUSED], "b": [REFUSED], "c": [ANSWER]})
    assert [event["delay_ms"] for event in played.of("fallback")] == [500, 1000]


@pytest.mark.parametrize(
    ("reply", "delays"),
    [
        (errors.openai_rate_limit(), [0, 0]),
        (errors.openai_invalid_request("Bad value"), [0, 0]),
        (errors.openai_model_not_found(), [0, 0]),
        (errors.openai_server_error(), [500, 1000]),
        (errors.openai_server_error(503), [500, 1000]),
    ],
)
def test_only_a_failure_of_the_host_needs_a_pause_before_its_next_model(reply: Reply, delays: list[int]) -> None:
    played, _ = play({"a": [reply], "b": [reply], "c": [ANSWER]})
    assert [event["delay_ms"] for event in played.of("fallback")] == delays


@pytest.mark.parametrize(("written", "requests"), [("0", 3), ("-1", 1), ("1", 2)])
def test_retries_are_counted_as_docker_agent_does(written: str, requests: int) -> None:
    failed = errors.openai_server_error()
    _, transport = play({"a": [failed] * requests}, fallback=f"retries: {written}")
    assert transport.asked == ["a"] * requests


@pytest.mark.parametrize("written", ["forever", "-2"])
def test_endless_retries_end_with_an_answer(written: str) -> None:
    failed = errors.openai_server_error()
    played, transport = play({"a": [failed] * 40 + [ANSWER]}, fallback=f"retries: {written}, backoff: {{jitter: 0}}")
    assert len(transport.asked) == 41
    delays = [event["delay_ms"] // 1000 for event in played.of("retry")]
    assert delays == [1, 2, 4, 8, 16, 32] + [60] * 34


def test_some_statuses_can_be_kept_from_the_next_model() -> None:
    fallback = "retries: -1, no_fallback_status_codes: [401, 403]"
    played, transport = play({"a": [errors.openai_invalid_key()], "other/b": []}, fallback=fallback)
    assert (transport.asked, played.terminal["kind"]) == (["a"], "auth")
    _, transport = play({"a": [errors.openai_server_error()], "other/b": [ANSWER]}, fallback=fallback)
    assert transport.asked == ["a", "b"]


@pytest.mark.parametrize("said", ["Unknown parameter: 'stream_options'.", "extra fields not permitted: include_usage"])
def test_a_server_that_refuses_to_be_asked_for_usage_is_asked_without_from_then_on(said: str) -> None:
    refused = Reply.json(400, {"error": {"message": said, "type": "invalid_request_error"}})
    (first, second), transport = play_agent([refused, ANSWER, ANSWER], prompts=("hi", "again"))
    assert [played.terminal["type"] for played in (first, second)] == ["finish", "finish"]
    assert ["stream_options" in json.loads(request.body) for request in transport.requests] == [True, False, False]
    (retry,) = first.of("retry")
    assert (retry["delay_ms"], retry["kind"], said in retry["reason"]) == (0, "invalid_request", True)


def test_sessions_that_are_refused_at_the_same_time_are_all_asked_again() -> None:
    async def main() -> None:
        refused = Reply.json(400, {"error": {"message": "Unknown parameter: 'stream_options'."}}).replace(delay=1)
        transport, health = ScriptedTransport({"a": [refused, refused, ANSWER, ANSWER]}), Health()
        both = [collect(session(transport, ["a"], health=health)) for _ in range(2)]
        assert [played.terminal["type"] for played in await asyncio.gather(*both)] == ["finish", "finish"]

    run(main())


def test_a_server_that_refuses_whatever_is_asked_is_asked_once_more() -> None:
    refused = Reply.json(400, {"error": {"message": "Unknown parameter: 'stream_options'."}})
    played, transport = play({"a": [refused, refused]})
    assert played.terminal["kind"] == "invalid_request"
    assert transport.asked == ["a", "a"]


def test_keep_stops_with_the_partial() -> None:
    played, transport = play({"a": [CUT], "b": []}, fallback="on_partial: keep")
    assert transport.asked == ["a"]
    assert played.terminal["type"] == "error"
    assert folded_text(played.events) == "Half"
    assert played.of("discard") == []


def test_the_table_can_finish_with_what_there_is() -> None:
    played, _ = play({"a": [CUT], "b": []}, fallback="actions: {network: finish}")
    assert played.terminal["reason"] == "other"
    assert folded_text(played.events) == "Half"


def test_keep_still_falls_back_while_nothing_was_shown() -> None:
    played, transport = play({"a": [REFUSED], "b": [ANSWER]}, fallback="retries: -1, on_partial: keep")
    assert transport.asked == ["a", "b"]
    assert played.terminal["type"] == "finish"


def test_a_slow_start_within_the_limits_is_no_failure() -> None:
    slow = Reply(ANSWER, delay=29, every=19)
    played, transport = play({"a": [slow]})
    assert transport.asked == ["a"]
    assert played.terminal["type"] == "finish"


def test_the_whole_turn_can_be_limited() -> None:
    played, _ = play({"a": [Reply(ANSWER, every=10)]}, timeouts="turn: 15s")
    assert played.terminal["type"] == "error"
    assert played.terminal["kind"] == "timeout_turn"
    assert played.seconds == 15


@pytest.mark.parametrize("connect", ["30s", "0s"])
def test_first_content_counts_from_the_request(connect: str) -> None:
    slow = Reply(ANSWER, delay=20)  # before the status line
    limits = f"first_content: 2s, connect: {connect}"
    played, _ = play({"a": [slow], "other/b": [ANSWER]}, timeouts=limits)
    assert played.of("fallback")[0]["reason"] == "Time limit reached: timeouts.first_content is 2 s."
    assert played.seconds == 2
    late = Reply(ANSWER, delay=3, gates={}, every=3)
    played, _ = play({"a": [late], "other/b": [ANSWER]}, timeouts=limits.replace("2s", "5s"))
    assert played.of("fallback")[0]["kind"] == "timeout_first_content"
    assert played.seconds == 5


def test_silence_before_the_head_is_a_connect_timeout() -> None:
    held = Reply(ANSWER, silent_after=BEFORE_HEAD)
    played, _ = play({"a": [held], "b": [ANSWER]}, timeouts="connect: 5s")
    assert played.of("fallback")[0]["kind"] == "timeout_connect"
    assert played.seconds == 5.5
