"""The loop: tools between steps, limits that end a turn visibly, and what the next request then contains."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.testing import ToolCall, Usage, openai_chat
from tests.support.agentic import agent_file, call, calls, play_agent, say, tool
from tests.support.lookup import look, sent
from tests.support.scripted import (
    bare,
    finish,
    folded_text,
    play,
)

LOOK = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


def test_a_call_is_run_and_its_result_is_what_the_model_goes_on_from() -> None:
    (played,), transport = play_agent([call("look", '{"word": "spare"}'), say("A wheel.")], tool(look, parameters=LOOK))
    assert [
        bare(event) for event in played.events if event["type"] in ("tool_call", "tool_result", "step", "finish")
    ] == [
        {"type": "tool_call", "id": "c1", "name": "look", "args": '{"word": "spare"}'},
        {"type": "tool_result", "id": "c1", "name": "look", "output": "spare is a wheel", "is_error": False},
        {"type": "step", "step": 2, "model": "openai/a"},
        finish("A wheel.", "openai/a"),
    ]
    assert all(event["agent"] == "root" for event in played.events)
    asked = json.loads(transport.requests[0].body)
    assert asked["tools"][0]["function"]["name"] == "look"
    shape = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"word": "spare"}'}}
    assert sent(transport) == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [shape]},
        {"role": "tool", "content": "spare is a wheel", "tool_call_id": "c1"},
    ]
    assert played.result is not None
    assert played.result["message"] == {"role": "assistant", "content": "A wheel."}
    assert [record["attempt"] for record in played.result["attempts"]] == [1, 2]


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('{"word": "spare", "times": null}', "spare is a wheel"),
        ('{"word": null}', "arguments.word must be string"),
        ('{"word": "spare", "times": null, "other": 1}', "arguments.times must be integer"),
    ],
)
def test_null_for_an_optional_argument_counts_as_left_out(text: str, output: str) -> None:
    schema = {**LOOK, "properties": {"word": {"type": "string"}, "times": {"type": "integer"}}}
    (played,), _ = play_agent([call("look", text), say("")], tool(look, parameters=schema))
    (result,) = played.of("tool_result")
    assert output in result["output"]


def test_what_a_turn_cost_is_summed_over_its_steps() -> None:
    first = openai_chat(tool_calls=[ToolCall("c", "look", '{"word": "x"}')], usage=Usage(10, 5))
    (played,), _ = play_agent([first, openai_chat(text="y", usage=Usage(20, 7))], tool(look, parameters=LOOK))
    assert played.result is not None
    assert (played.result["usage"]["input_tokens"], played.result["usage"]["output_tokens"]) == (30, 12)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("nothing", "{}", "There is no tool named 'nothing'. There are: look."),
        ("look", "{}", "arguments must contain ['word'] properties"),
        ("look", '{"word": 7}', "arguments.word must be string"),
        ("look", '{"word": "x", "other": 1}', "arguments must not contain {'other'} properties"),
    ],
)
def test_a_call_that_cannot_be_run_tells_the_model_why(name: str, arguments: str, told: str) -> None:
    (played,), transport = play_agent([call(name, arguments), say("Sorry.")], tool(look, parameters=LOOK))
    (result,) = played.of("tool_result")
    assert result["is_error"] is True
    assert result["output"] == told
    assert sent(transport)[-1]["content"] == told
    assert played.terminal["type"] == "finish"


def test_a_tool_that_fails_or_takes_too_long_fails_alone() -> None:
    def bad() -> str:
        raise ValueError("no luck")

    async def slow() -> str:
        await asyncio.sleep(99)
        return "late"

    (played,), _ = play_agent(
        [calls(("1", "bad", "{}"), ("2", "slow", "{}")), say("Well.")], tool(bad), tool(slow, timeout=5)
    )
    assert [(event["id"], event["output"], event["is_error"]) for event in played.of("tool_result")] == [
        ("1", "ValueError: no luck", True),
        ("2", "Stopped: the tool took longer than 5 s.", True),
    ]
    assert played.seconds == 5


def test_calls_run_side_by_side_and_are_answered_in_their_order() -> None:
    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return str(seconds)

    asked = calls(("1", "wait", '{"seconds": 3}'), ("2", "wait", '{"seconds": 1}'), ("3", "wait", '{"seconds": 2}'))
    (played,), transport = play_agent([asked, say("Done.")], tool(wait))
    assert played.seconds == 3
    assert [event["id"] for event in played.of("tool_result")] == ["2", "3", "1"]
    assert [message["tool_call_id"] for message in sent(transport)[-3:]] == ["1", "2", "3"]


def test_an_exclusive_tool_has_the_step_to_itself() -> None:
    running = []

    async def write(name: str) -> str:
        running.append(name)
        await asyncio.sleep(1)
        assert running[-1] == name
        return name

    asked = calls(("1", "write", '{"name": "a"}'), ("2", "write", '{"name": "b"}'))
    (played,), _ = play_agent([asked, say("Done.")], tool(write, exclusive=True))
    assert played.seconds == 2
    assert [event["is_error"] for event in played.of("tool_result")] == [False, False]


def test_progress_is_shown_while_a_tool_runs() -> None:
    async def work(context: Any) -> str:
        context.progress("half")
        await asyncio.sleep(1)
        return "all"

    (played,), _ = play_agent([call("work"), say("Done.")], tool(work))
    assert played.of("tool_output") == [{"type": "tool_output", "id": "c1", "name": "work", "output": "half"}]


def test_a_thousand_calls_in_one_step_are_contained() -> None:
    ran = []

    def count(n: int) -> str:
        ran.append(n)
        return "ok"

    asked = calls(*((f"c{n}", "count", f'{{"n": {n}}}') for n in range(1000)))
    (played,), transport = play_agent([asked, say("Done.")], tool(count))
    assert len(ran) == 128
    assert played.terminal["type"] == "finish"
    assert len([message for message in sent(transport) if message["role"] == "tool"]) == 1000
    assert len(played.of("warning")) == 1


def test_an_answer_that_is_too_large_goes_to_the_next_model() -> None:
    huge = openai_chat(tool_calls=[ToolCall("c", "look", ['{"word": "', *["x" * 500_000] * 10, '"}'])])
    (played,), _ = play_agent([huge], tool(look))
    assert (played.terminal["kind"], played.terminal["code"]) == ("response_too_large", "model_error")
    assert "max_response_bytes" in played.terminal["hint"]
    chain = {"a": [huge], "other/b": [openai_chat(text="Short.")]}
    played, transport = play(chain)
    assert transport.asked == ["a", "b"]
    assert [event["kind"] for event in played.of("fallback")] == ["response_too_large"]
    assert len(played.of("discard")) == 1
    assert folded_text(played.events) == "Short."


def test_a_long_result_is_cut_for_the_model_and_can_be_read_on() -> None:
    def long() -> str:
        return "0123456789" * 10

    replies = [call("long"), call("read_tool_result", '{"id": "c1", "offset": 40}', "c2"), say("Done.")]
    (played,), transport = play_agent(replies, tool(long), text=agent_file("max_tool_result_tokens: 10"))
    assert played.of("tool_result")[0]["output"] == "0123456789" * 10
    assert sent(transport, 1)[-1]["content"].startswith(
        "0123456789" * 4 + "\n[60 more characters: call read_tool_result"
    )
    assert sent(transport)[-1]["content"] == "0123456789" * 4 + "\n[20 more characters, from offset 80.]"
    assert "read_tool_result" not in str(json.loads(transport.requests[0].body)["tools"])


def test_the_limit_of_steps_ends_the_turn_visibly() -> None:
    replies = [call("look", json.dumps({"word": str(n)})) for n in range(2)]
    (played,), _ = play_agent(replies, tool(look), text=agent_file("max_iterations: 2"))
    assert played.terminal["type"] == "finish"
    assert played.terminal["reason"] == "max_steps"
    assert played.terminal["empty"] is True


def test_the_limit_of_calls_ends_the_turn_visibly_and_answers_the_rest_unrun() -> None:
    three = [ToolCall(f"c{n}", "look", json.dumps({"word": str(n)})) for n in range(3)]
    replies = [call("look", '{"word": "first"}'), openai_chat(tool_calls=three), say("Good.")]
    (played, second), transport = play_agent(
        replies, tool(look), text=agent_file("max_tool_calls: 3"), prompts=("hi", "again")
    )
    assert len(played.of("tool_result")) == 3
    assert played.of("warning")[0]["message"].startswith("1 of 3 tool calls: Not executed")
    assert (played.terminal["type"], played.terminal["reason"]) == ("finish", "tool_limit")
    assert second.terminal["reason"] == "stop"  # the limit is a turn's
    assert [m["content"] for m in sent(transport) if m["role"] == "tool"][-1].endswith("(max_tool_calls).")


def test_a_budget_ends_the_turn_and_holds_for_the_session() -> None:
    first = openai_chat(tool_calls=[ToolCall("c", "look", '{"word": "x"}')], usage=Usage(60, 50))
    (first_turn, second), transport = play_agent(
        [first], tool(look), text=agent_file("limits: {tokens: 100}"), prompts=("hi", "again")
    )
    assert first_turn.terminal["reason"] == "budget"
    assert second.terminal["kind"] == "guardrail"
    assert len(transport.requests) == 1


def test_old_results_are_forgotten_and_only_the_last_messages_sent() -> None:
    def long() -> str:
        return "x" * 400

    replies = [call("long", call_id="c1"), say("one"), call("long", call_id="c2"), say("two")]
    _, transport = play_agent(
        replies, tool(long), text=agent_file("max_old_tool_call_tokens: 50"), prompts=("first", "second")
    )
    results = [message["content"] for message in sent(transport) if message["role"] == "tool"]
    assert results == ["[The result of this old call was left out to save room.]", "x" * 400]
    _, transport = play_agent([say(str(n)) for n in range(4)], text=agent_file("num_history_items: 2"), prompts="abcd")
    assert [message["content"] for message in sent(transport)] == ["d"]


def test_an_answer_without_its_shape_is_corrected_and_then_given_up() -> None:
    shape = "structured_output: {name: fact, schema: {type: object, required: [x], properties: {x: {type: integer}}}}"
    (played,), transport = play_agent([say("not json"), say('{"x": 1}')], text=agent_file(shape))
    assert played.terminal["type"] == "finish"
    assert "does not have the required shape: answer is not JSON" in sent(transport)[-1]["content"]
    assert json.loads(transport.requests[0].body)["response_format"]["json_schema"]["name"] == "fact"
    (played,), _ = play_agent([say("no"), say("no"), say('{"x": "1"}')], text=agent_file(shape))
    assert played.terminal["kind"] == "guardrail"
    assert "answer.x must be integer" in played.terminal["message"]


def test_one_bad_tool_schema_costs_that_tool_and_a_warning() -> None:
    broken = tool(look, parameters={"type": "array"})
    (played,), transport = play_agent([say("ok")], broken, tool(lambda: "x", parameters={"type": "object"}))
    assert "The tool look is left out" in played.of("warning")[0]["message"]
    assert [t["function"]["name"] for t in json.loads(transport.requests[0].body)["tools"]] == ["<lambda>"]


def test_the_model_can_be_asked_to_say_why_it_calls() -> None:
    replies = [call("look", '{"description": "to know", "word": "x"}'), say("ok")]
    (played,), transport = play_agent(
        replies, tool(look, parameters=LOOK), text=agent_file("add_description_parameter: true")
    )
    asked = json.loads(transport.requests[0].body)["tools"][0]["function"]["parameters"]
    assert list(asked["properties"]) == ["description", "word"]
    assert played.of("tool_result")[0]["output"] == "x is a wheel"


@pytest.mark.parametrize("arguments", ["", '{"word"', '{"word": "x"}'])
def test_a_call_before_the_token_limit_is_not_run_whatever_it_looks_like(arguments: str) -> None:
    ran = []

    def note(word: str = "") -> str:
        ran.append(word)
        return "ok"

    cut = openai_chat(text="I ", tool_calls=[ToolCall("c", "note", arguments)], finish="length")
    (played,), _ = play_agent([cut], tool(note))
    assert ran == []
    assert played.terminal["reason"] == "length"
