"""The toolsets that reach the session and its user: `user_prompt`, `session_context`, `model_picker`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.messages import Message, Text, ToolCall, assistant, user
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.builtin.session_context import MAX_CHARS
from sparewheel.tools.builtin.user_prompt import MAX_SCHEMA
from tests.support.builtintools import Context, Facts, call, flags, opened, services

FREE = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
CHOICE = {"type": "string", "enum": ["red", "blue"]}
FORM = {"type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        ({}, FREE),
        ({"title": "Name"}, {"title": "Name", **FREE}),
        ({"schema": CHOICE}, {"type": "object", "properties": {"answer": CHOICE}, "required": ["answer"]}),
        ({"schema": FORM}, FORM),
        ({"schema": {"properties": {"a": {}}}}, {"properties": {"a": {}}}),
    ],
)
async def test_a_question_becomes_a_form(arguments: dict[str, Any], schema: dict[str, Any]) -> None:
    context = Context(answer={"action": "accept", "content": {"answer": "Ada"}})
    result = await call(opened("user_prompt"), "user_prompt", context, message="Who?", **arguments)
    assert result == ToolResult('{"action":"accept","content":{"answer":"Ada"}}')
    assert context.asked == [("Who?", schema)]


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_no_answer_is_an_error(action: str) -> None:
    context = Context(answer={"action": action})
    result = await call(opened("user_prompt"), "user_prompt", context, message="Who?")
    assert result == ToolResult(f'{{"action":"{action}"}}', is_error=True)


async def test_a_question_without_bounds_is_not_asked() -> None:
    context = Context()
    wide = {"type": "string", "description": "x" * MAX_SCHEMA}
    result = await call(opened("user_prompt"), "user_prompt", context, message="Who?", schema=wide)
    assert result.is_error
    assert result.output.endswith(f"{MAX_SCHEMA} are allowed: ask for less at a time.")
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"items": deep}
    [tool] = await opened("user_prompt").tools()
    with pytest.raises(ToolError, match="The arguments are nested too deeply"):
        await tool.call({"message": "Who?", "schema": deep}, context)
    assert context.asked == []


async def test_the_time_for_an_answer_can_be_set() -> None:
    [default] = await opened("user_prompt").tools()
    [short] = await opened("user_prompt", timeout=60).tools()
    assert (default.timeout, short.timeout) == (3600.0, 60.0)
    assert await flags(opened("user_prompt")) == {"user_prompt": "read"}


TALK = [
    user("What is in the fridge?"),
    Message("assistant", (Text("I look."), ToolCall("c1", "look", '{"in":"fridge"}'))),
    Message("tool", (Text("milk"),), tool_call_id="c1"),
    assistant("Milk."),
]


async def test_the_conversation_is_read_back() -> None:
    context = opened("session_context", services(facts=Facts(conversation=TALK)))
    assert json.loads((await call(context, "list_sessions")).output) == [
        {"id": "current", "title": "What is in the fridge?", "agent": "root", "num_messages": 4}
    ]
    whole = """Messages 1 to 4 of 4.

## 1. user
What is in the fridge?

## 2. assistant
I look.
called look with {"in":"fridge"}

## 3. tool result
milk

## 4. assistant
Milk."""
    assert await call(context, "read_session", session_id="current") == ToolResult(whole)
    assert await call(context, "read_session", session_id="-1") == ToolResult(whole)
    assert await flags(context) == {"list_sessions": "read", "read_session": "read"}


async def test_a_long_conversation_is_read_from_its_end() -> None:
    talk = [user(f"{number} " + "x" * 9_990) for number in range(5)]
    context = opened("session_context", services(facts=Facts(conversation=talk)))
    latest = (await call(context, "read_session", session_id="-1")).output
    assert latest.startswith("Messages 3 to 5 of 5. For earlier ones, read before 3.\n\n## 3. user\n2 xxx")
    assert len(latest) < MAX_CHARS + 200
    earlier = (await call(context, "read_session", session_id="-1", before=3)).output
    assert earlier.startswith("Messages 1 to 2 of 5.\n\n## 1. user\n0 xxx")
    nothing = await call(context, "read_session", session_id="-1", before=1)
    assert nothing == ToolResult("There are no such messages.")


async def test_there_is_no_other_session() -> None:
    result = await call(opened("session_context"), "read_session", session_id="-2")
    assert result == ToolResult("There is no session '-2'; the only one is 'current'.", is_error=True)


async def test_a_model_is_picked_and_given_back() -> None:
    facts = Facts()
    picker = opened("model_picker", services(facts=facts), models=["openai/small", "openai/large"])
    changed = await call(picker, "change_model", model="openai/large")
    assert changed == ToolResult("From the next step on, openai/large answers.")
    assert await call(picker, "revert_model") == ToolResult("From the next step on, the original model answers.")
    assert facts.chosen == ["openai/large", None]
    assert "openai/small, openai/large" in picker.instruction
    assert await flags(picker) == {"change_model": "read alone", "revert_model": "read alone"}


async def test_only_what_is_offered_is_picked() -> None:
    facts = Facts()
    picker = opened("model_picker", services(facts=facts), models=["openai/small", "openai/broken"])
    refused = await call(picker, "change_model", model="openai/large")
    assert refused == ToolResult("'openai/large' is not offered. Choose one of: openai/small, openai/broken.", True)
    broken = await call(picker, "change_model", model="openai/broken")
    assert broken == ToolResult("openai/broken cannot be used: it has no key", is_error=True)
    assert facts.chosen == []
