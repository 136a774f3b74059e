"""Failures that a page asks for, and models that a turn asks first."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sparewheel.chain.health import Health
from sparewheel.chain.simulated import PATIENCE, SHOWN
from sparewheel.errors import FACTS, Fault, SparewheelError
from sparewheel.testing import Reply, anthropic, errors, openai_chat
from tests.support.agentic import call, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, check_rules, session
from tests.support.workerpage import ANSWER, KEY, Page

LONG = openai_chat(text=["One word after the other, until it is long enough"] * 4)
NO_REQUEST = sorted(set(get_args(Fault)) - {"stream_truncated", "timeout_idle", "refusal", "content_filter"})


async def turn(conversation: Any, **wishes: Any) -> Played:
    from sparewheel.messages import user

    played = Played()
    try:
        async for batch in conversation.answer([user("hi")], **wishes):
            played.events += [dict(event) for event in batch]
    except SparewheelError as error:
        played.error = error
    played.result = conversation.result
    check_rules(played.events)
    return played


def play(script: Any, *wishes: dict[str, Any], **options: Any) -> tuple[list[Played], ScriptedTransport]:
    """A turn for each of `wishes`, in one session."""
    transport = ScriptedTransport(script)

    async def main() -> list[Played]:
        conversation = session(transport, list(script), **options)
        return [await turn(conversation, **wish) for wish in wishes]

    played = run(main())
    assert transport.open == 0
    return played, transport


@pytest.mark.parametrize("fault", NO_REQUEST)
def test_an_attempt_fails_without_a_request_and_the_next_model_answers(fault: Fault) -> None:
    (played, after), transport = play({"a": [ANSWER], "other/b": [ANSWER]}, {"fault": fault}, {})
    kind = "network" if fault == "offline" else fault
    (event,) = played.of("fallback")
    assert (event["kind"], event["code"], event["from"], event["to"]) == (
        kind, FACTS[kind].code, "openai/a", "other/b"
    )  # fmt: skip
    assert transport.asked == ["b", "a"]
    assert played.result is not None
    first, second = played.result["attempts"]
    assert (first["outcome"], first["kind"], first["simulated"]) == ("failed", kind, True)
    assert "simulated" not in second
    assert after.terminal["model"] == "openai/a"


@pytest.mark.parametrize("fault", ["rate_limit", "overloaded", "server_error", "network", "timeout_first_content"])
def test_the_retry_of_the_same_model_is_a_real_one(fault: Fault) -> None:
    (played,), transport = play({"a": [ANSWER]}, {"fault": fault}, fallback="retries: 1")
    assert [event["kind"] for event in played.of("retry")] == [fault]
    assert transport.asked == ["a"]
    assert played.terminal["type"] == "finish"


def test_a_silent_model_is_given_up_after_a_short_time() -> None:
    async def main() -> None:
        import asyncio

        conversation = session(ScriptedTransport({"a": [], "other/b": [ANSWER]}), ["a", "other/b"])
        start = asyncio.get_running_loop().time()
        played = await turn(conversation, fault="timeout_first_content")
        assert asyncio.get_running_loop().time() - start == PATIENCE
        assert played.of("fallback")[0]["reason"] == "Time limit reached: timeouts.first_content is 2 s."

    run(main())


@pytest.mark.parametrize("fault", ["stream_truncated", "timeout_idle"])
@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (LONG, True),
        (openai_chat(text="Hi"), True),
        (anthropic(text="A longer text in one piece, " * 9), True),
        (openai_chat(), False),
    ],
)
def test_an_answer_breaks_off_however_short_or_fast_it_is(fault: Fault, answer: Any, shown: bool) -> None:
    provider = "openai" if answer[0].startswith(b"data") else "anthropic"
    text = (
        "agents: {root: {model: m, fallback: {retries: -1, models: [other/b]}}}\n"
        f"models: {{m: {{provider: {provider}, model: a, base_url: 'http://localhost', token_key: OTHER_KEY}}}}\n"
        "providers: {other: {base_url: 'https://other.example.test'}}"
    )
    reply = Reply(answer, split=())
    (played,), transport = play({"a": [reply], "b": [ANSWER]}, {"fault": fault}, text=text)
    assert transport.asked == ["a", "b"]
    assert [event["kind"] for event in played.of("fallback")] == [fault]
    assert [bool(event["chars"]) for event in played.of("discard")] == ([True] if shown else [])
    assert played.terminal["message"]["content"] == "Answer"


def test_a_long_answer_is_cut_after_some_characters() -> None:
    (played,), _ = play({"a": [Reply(LONG, split=())], "b": [ANSWER]}, {"fault": "stream_truncated"})
    (discarded,) = played.of("discard")
    assert SHOWN <= discarded["chars"] < 100


def test_a_server_that_refuses_fails_with_its_own_error() -> None:
    (played,), _ = play(
        {"a": [errors.openai_server_error()], "b": [ANSWER]}, {"fault": "stream_truncated"}
    )  # fmt: skip
    assert [event["kind"] for event in played.of("fallback")] == ["server_error"]


@pytest.mark.parametrize("fault", ["refusal", "content_filter"])
def test_if_all_refuse_the_turn_finishes_with_the_reason(fault: Fault) -> None:
    (played,), transport = play({"a": []}, {"fault": fault})
    assert (played.terminal["type"], played.terminal["reason"]) == ("finish", fault)
    assert transport.asked == []


def test_a_simulated_failure_cools_down_for_its_turn_only() -> None:
    def look() -> str:
        return "seen"

    text = "agents: {root: {model: openai/a, fallback: {retries: -1, models: [openai/b]}}}"
    health = Health()
    script = {"a": [say("A.")], "b": [call("look"), say("B.")]}
    transport = ScriptedTransport(script)
    from tests.support.agentic import context

    async def main() -> None:
        conversation = session(transport, [], text=text, context=context(tool(look)), health=health)
        first = await turn(conversation, fault="rate_limit")
        assert transport.asked == ["b", "b"]  # in its second step as well
        assert [event["model"] for event in first.of("skipped")] == ["openai/a"]
        assert health.entries() == []
        second = await turn(conversation)
        assert second.of("skipped", "fallback") == []
        assert transport.asked == ["b", "b", "a"]

    run(main())


def test_simulated_failures_open_no_breaker_and_end_no_probe() -> None:
    wishes = [{"fault": "server_error"}] * 7
    (*_, last), transport = play({"a": [ANSWER], "b": [ANSWER] * 7}, *wishes, {})
    assert last.terminal["model"] == "openai/a"
    assert transport.asked == ["b"] * 7 + ["a"]


def test_a_bad_key_is_not_held_against_the_account() -> None:
    first, second = play({"a": [ANSWER], "other/b": [ANSWER]}, {"fault": "auth"}, {})[0]
    assert "OPENAI_API_KEY" in first.of("fallback")[0]["reason"] + str(first.result)
    assert second.terminal["model"] == "openai/a"


def test_pictures_are_sent_again_after_a_simulated_refusal_of_the_request() -> None:
    health = Health()

    async def main() -> None:
        conversation = session(ScriptedTransport({"a": [], "other/b": [ANSWER]}), ["a", "other/b"], health=health)
        await turn(conversation, fault="unsupported")
        assert (health.without_media, health.without_usage) == (set(), set())

    run(main())


# Models -----------------------------------------------------------------------------------------------------------


def test_a_turn_asks_the_model_that_it_names_and_the_next_turn_does_not() -> None:
    (first, second), transport = play({"a": [ANSWER], "b": [ANSWER]}, {"model": "openai/b"}, {})
    assert transport.asked == ["b", "a"]
    assert first.of("start") == [{"type": "start", "model": "openai/b"}]
    assert first.of("skipped", "fallback") == second.of("skipped", "fallback") == []


def test_a_model_that_rests_is_asked_when_a_turn_names_it() -> None:
    limited = Reply(errors.openai_rate_limit().events, status=429)
    (_, second), transport = play({"a": [limited, ANSWER], "b": [ANSWER]}, {}, {"model": "openai/a"})
    assert transport.asked == ["a", "b", "a"]
    assert second.terminal["model"] == "openai/a"


def test_when_it_fails_the_others_follow_in_their_order() -> None:
    script = {"a": [ANSWER], "b": [], "c": []}
    (played,), transport = play(script, {"model": "openai/c", "fault": "server_error"})
    assert transport.asked == ["a"]
    assert [(event["from"], event["to"]) for event in played.of("fallback")] == [("openai/c", "openai/a")]


async def test_the_boundary_refuses_what_it_does_not_know_and_starts_no_turn() -> None:
    page = Page({"a": [ANSWER], "b": [ANSWER]})
    await page.open()
    for wrong, message in (({"model": "openai/z"}, "no model 'openai/z'"), ({"fault": "flood"}, "fault")):
        reply = await page.call("send", session="s", prompt="x", **wrong)
        assert message in reply["error"]["message"]
        assert reply["error"]["kind"] == "config"
    assert page.events("s") == []
    reply = await page.call("send", session="s", prompt="x", model="mine/b", fault="auth")
    assert reply["result"]["model"] == "openai/a"
    assert KEY not in "".join(page.said)


def test_demo_models_fail_on_request_and_never_rest() -> None:
    text = "agents: {root: {model: demo/hello, fallback: {retries: -1, models: [demo/slow]}}}"
    health = Health()

    async def main() -> None:
        from sparewheel.transports.demo import DemoTransport

        conversation = session(DemoTransport(), [], text=text, health=health)  # type: ignore[arg-type]  # a real transport
        for fault in ("overloaded", "auth", "stream_truncated"):
            played = await turn(conversation, fault=fault)
            assert played.terminal["model"] == "demo/slow"
        assert health.entries() == []
        assert (await turn(conversation)).terminal["model"] == "demo/hello"

    run(main())
