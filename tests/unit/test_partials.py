"""What becomes of text that was shown, and of a conversation that does not fit."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.chain.compaction import LONG_RESULT, NOTE, compact, dropped
from sparewheel.chain.log import AttemptLog
from sparewheel.chain.question import GO_ON, Question
from sparewheel.chain.step import Step
from sparewheel.errors import TurnFailed
from sparewheel.messages import Message, Text, assistant, system, user
from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, folded_message, folded_text, play, session

CUT = Reply(openai_chat(text=["Once upon ", "a ti"], finish=None), cut_at=9999)
REST = openai_chat(text=["me, the ", "end."])
ANSWER = openai_chat(text="Answer")
OVERFLOW = errors.openai_context_length()


def sent(transport: ScriptedTransport, number: int) -> list[tuple[str, Any]]:
    body = json.loads(transport.requests[number].body)
    return [(message["role"], message["content"]) for message in body["messages"]]


def test_continue_asks_the_next_model_to_go_on_and_the_whole_is_the_answer() -> None:
    played, transport = play({"a": [CUT], "b": [REST]}, fallback="retries: -1, on_partial: continue")
    assert played.of("discard") == []
    assert played.of("fallback")[0]["continues"] is True
    assert folded_text(played.events) == "Once upon a time, the end."
    assert played.result is not None
    assert played.result["message"] == {"role": "assistant", "content": "Once upon a time, the end."}
    assert sent(transport, 1)[-2:] == [("assistant", "Once upon a ti"), ("user", GO_ON)]
    assert [event["discarded"] for event in played.of("usage")] == [False, False]


def test_continue_keeps_the_reasoning_that_was_shown() -> None:
    thought = Reply(openai_chat(reasoning="It was ", text="Once upon a ti", finish=None), cut_at=9999)
    rest = openai_chat(reasoning="long ago.", text="me.")
    played, transport = play({"a": [thought], "b": [rest]}, fallback="retries: -1, on_partial: continue")
    assert played.result is not None
    assert played.result["message"] == {
        "role": "assistant",
        "content": "Once upon a time.",
        "reasoning": "It was long ago.",
    }
    assert folded_message(played.events) == played.result["message"]
    assert sent(transport, 1)[-2:] == [("assistant", "Once upon a ti"), ("user", GO_ON)]


def test_continue_over_several_breaks() -> None:
    middle = Reply(openai_chat(text=["me, "], finish=None), cut_at=9999)
    played, transport = play(
        {"a": [CUT, middle], "b": [openai_chat(text="the end.")]}, fallback="retries: 1, on_partial: continue"
    )
    assert [event["type"] for event in played.events if "continues" in event] == ["retry", "fallback"]
    assert folded_text(played.events) == "Once upon a time, the end."
    assert sent(transport, 2)[-2:] == [("assistant", "Once upon a time, "), ("user", GO_ON)]


def test_continue_starts_over_where_a_tool_call_was_cut() -> None:
    call = openai_chat(text="Let me look. ", tool_calls=[ToolCall("c", "look", ['{"a"', ": 1}"])], finish=None)
    played, _ = play({"a": [Reply(call, cut_at=9999)], "b": [ANSWER]}, fallback="retries: -1, on_partial: continue")
    assert len(played.of("discard")) == 1
    assert folded_text(played.events) == "Answer"


def test_a_stop_while_going_on_keeps_both_parts() -> None:
    played, _ = play({"a": [CUT], "b": [errors.openai_server_error()]}, fallback="retries: -1, on_partial: continue")
    assert played.terminal["type"] == "error"
    assert folded_text(played.events) == "Once upon a ti"


def test_nobody_goes_on_from_a_refusal() -> None:
    refusal = openai_chat(refusal="I will not.")
    played, transport = play({"a": [refusal], "b": [ANSWER]}, fallback="retries: -1, on_partial: continue")
    assert len(played.of("discard")) == 1
    assert folded_text(played.events) == "Answer"
    assert sent(transport, 1) == sent(transport, 0)


def step_alone(transport: ScriptedTransport, fallback: str, log: AttemptLog | None = None) -> Step:
    """A step without an agent's loop around it."""
    runner = session(transport, ["a", "b"], fallback=fallback).runner
    return Step(runner.chain(runner.team.agents["root"]), Question([user("hi")]), log or AttemptLog())


async def events_of(step: Step) -> list[dict[str, Any]]:
    return [dict(event) async for batch in step.events() for event in batch]


def test_what_is_retracted_is_void_for_every_attempt_that_the_page_has() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [CUT], "b": [REST]})
        step = step_alone(transport, "retries: -1, on_partial: continue")
        events = await events_of(step)
        assert step.answer().text == folded_text(events) == "Once upon a time, the end."
        voids = step.retract()
        assert voids == [
            {"type": "discard", "attempt": 1, "chars": len("Once upon a ti")},
            {"type": "discard", "attempt": 2, "chars": len("me, the end.")},
        ]
        assert step.answer().text == folded_text([*events, *voids]) == ""
        assert step.retract() == []

    run(main())


def test_what_is_kept_is_still_the_answer_after_the_error() -> None:
    async def main() -> None:
        step = step_alone(ScriptedTransport({"a": [CUT], "b": []}), "retries: -1, on_partial: keep")
        with pytest.raises(TurnFailed):
            await events_of(step)
        assert step.answer().text == "Once upon a ti"

    run(main())


def test_a_number_that_was_announced_is_not_taken_by_an_attempt_beside_it() -> None:
    async def main() -> None:
        log = AttemptLog()
        failing = ScriptedTransport({"a": [errors.openai_server_error()] * 2, "b": [REST] * 2})
        steps = [step_alone(failing, "retries: -1, delay: 1s", log.fork()) for _ in range(2)]
        played = await asyncio.gather(*(events_of(step) for step in steps))
        announced = [event["attempt"] for events in played for event in events if event["type"] == "fallback"]
        used = [event["attempt"] for events in played for event in events if event["type"] == "usage"]
        assert announced == used == [2, 4]
        assert [(record["attempt"], record["model"], record["outcome"]) for record in log.records] == [
            (1, "openai/a", "failed"),
            (2, "openai/b", "ok"),
            (3, "openai/a", "failed"),
            (4, "openai/b", "ok"),
        ]

    run(main())


def talk(turns: int) -> list[Message]:
    return [message for n in range(turns) for message in (user(f"question {n} " + "x" * 50), assistant(f"answer {n}"))]


def test_a_conversation_that_does_not_fit_is_shortened_once_and_the_same_model_asked_again() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [openai_chat(text=f"answer {n}") for n in range(6)] + [OVERFLOW, ANSWER]})
        conversation = session(transport, ["a"])
        for n in range(6):
            await collect(conversation, f"question {n}")
        played = await collect(conversation, "last question")
        assert played.types.count("compacted") == 1
        assert played.of("compacted")[0]["dropped"] > 0
        assert played.terminal["type"] == "finish"
        messages = sent(transport, -1)
        assert messages[0] == ("system", "Be brief.")
        assert messages[1] == ("user", NOTE)
        assert messages[-1] == ("user", "last question")
        assert len(messages) < len(sent(transport, -2))

    run(main())


def test_what_cannot_be_shortened_goes_to_a_larger_window_and_not_to_a_smaller_one() -> None:
    text = """
agents: {root: {model: small, fallback: {retries: 2, models: [smaller, large]}}}
models:
  small: {provider: other, model: a, context_limit: 1000}
  smaller: {provider: other, model: b, context_limit: 500}
  large: {provider: other, model: c, context_limit: 9000}
providers: {other: {base_url: "https://other.example.test"}}
"""

    async def main() -> None:
        transport = ScriptedTransport({"a": [OVERFLOW], "b": [], "c": [ANSWER]})
        played = await collect(session(transport, [], text=text), "x" * 5000)
        assert transport.asked == ["a", "c"]
        assert played.of("fallback")[0]["kind"] == "context_overflow"
        assert played.of("compacted") == []
        assert played.of("usage")[0]["context_limit"] == 9000

    run(main())


def test_a_conversation_that_was_shortened_may_go_to_a_model_of_the_same_window() -> None:
    async def main() -> None:
        models = ["openai/gpt-4o", "openai/gpt-4o-mini"]
        transport = ScriptedTransport(
            {"gpt-4o": [ANSWER, OVERFLOW, errors.openai_server_error()], "gpt-4o-mini": [ANSWER]}
        )
        conversation = session(transport, models, fallback="retries: -1")
        await collect(conversation)
        played = await collect(conversation)
        assert transport.asked == ["gpt-4o"] * 3 + ["gpt-4o-mini"]
        assert played.of("compacted") == [{"type": "compacted", "model": "openai/gpt-4o", "attempt": 2, "dropped": 2}]
        assert played.terminal["type"] == "finish"

    run(main())


def test_what_overflows_again_when_shortened_does_not_go_to_a_model_of_the_same_window() -> None:
    async def main() -> None:
        models = ["openai/gpt-4o", "openai/gpt-4o-mini"]
        transport = ScriptedTransport({"gpt-4o": [ANSWER, OVERFLOW, OVERFLOW], "gpt-4o-mini": []})
        conversation = session(transport, models, fallback="retries: -1")
        await collect(conversation)
        assert (await collect(conversation)).terminal["kind"] == "context_overflow"

    run(main())


def test_an_overflow_everywhere_is_one_error_and_never_a_loop() -> None:
    played, transport = play({"a": [OVERFLOW], "b": [OVERFLOW]}, fallback="retries: 5")
    assert transport.asked == ["a", "b"]
    assert played.terminal["kind"] == "context_overflow"


def test_the_table_can_forbid_compaction() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [ANSWER, OVERFLOW]})
        conversation = session(transport, ["a"], fallback="actions: {context_overflow: fail}")
        await collect(conversation)
        assert (await collect(conversation)).terminal["kind"] == "context_overflow"

    run(main())


def test_about_half_goes_and_the_instruction_and_the_last_question_stay() -> None:
    shorter = compact([system("Be brief."), *talk(10), user("last")])
    assert shorter is not None
    assert shorter[0] == system("Be brief.")
    assert shorter[1] == user(NOTE)
    assert shorter[-1] == user("last")
    assert 8 <= len(shorter) <= 15
    assert shorter[2].role == "user"


def test_the_note_is_no_message_that_could_go_or_be_counted() -> None:
    before = [system("Be brief."), user(NOTE), *talk(10), user("last")]
    shorter = compact(before)
    assert shorter is not None
    assert [message.text for message in shorter].count(NOTE) == 1
    assert dropped(before, shorter) == len(before) - len(shorter)
    assert dropped(before[:1] + before[2:], shorter) == len(before) - len(shorter)
    assert compact([system("Be brief."), user(NOTE), user("last")]) is None
    again = compact([user(NOTE), user("last"), Message("tool", (Text("a" * 100_000),), tool_call_id="c")])
    assert again is not None
    assert again[0] == user(NOTE)


def test_a_single_question_cannot_be_shortened() -> None:
    assert compact([system("Be brief."), user("x" * 100_000)]) is None


def test_long_tool_results_lose_their_middle() -> None:
    long = Message("tool", (Text("a" * 50_000 + "z" * 50_000),), tool_call_id="c")
    shorter = compact([user("task"), long])
    assert shorter is not None
    assert len(shorter[1].text) < LONG_RESULT + 100
    assert shorter[1].text.startswith("aaa")
    assert shorter[1].text.endswith("zzz")
    assert shorter[0] == user("task")
