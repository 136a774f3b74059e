"""A turn that is stopped among its calls: each announced call gets one result, and the history stays valid."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.messages import Message, Text, ToolCall, parse_messages, user
from sparewheel.providers.base import ModelRequest, ToolSpec
from sparewheel.providers.history import NOT_RUN, STOPPED
from sparewheel.providers.registry import wire_format
from sparewheel.testing import Reply, anthropic, gemini, openai_chat, openai_responses
from sparewheel.testing import ToolCall as Asked
from sparewheel.testing.record import Request
from sparewheel.testing.strict import violation
from sparewheel.transcript import fold
from tests.support.agentic import context, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, check_rules, collect, session

KINDS: dict[str, Any] = {
    "openai": openai_chat,
    "openai, api_type: openai_responses": openai_responses,
    "anthropic": anthropic,
    "google": gemini,
}
TEXT = """
agents:
  root: {{model: p/a, sub_agents: [helper], fallback: {{retries: -1}}}}
  helper: {{model: p/b, description: Helps., fallback: {{retries: -1}}}}
providers:
  p: {{provider: {kind}, base_url: "https://p.example.test", token_key: OTHER_KEY}}
"""
LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {}})


async def ask(context: Any) -> str:
    return str(await context.ask_user("Sure?", {"type": "object", "properties": {}}))


async def slow() -> str:
    await asyncio.sleep(50)
    return "slow"


def quick(context: Any) -> str:
    context.progress("on it")
    return "quick"


async def delete() -> str:
    return "deleted"


def replies(kind: str) -> dict[str, list[Any]]:
    """Two steps with calls of every sort, all with the same ids, one of them a task of a sub-agent."""
    build = KINDS[kind]
    parallel = [Asked("x", "quick"), Asked("x", "slow"), Asked("x", "delete"), Asked("x", "ask"), Asked("", "missing")]
    task = Asked("y", "transfer_task", '{"agent": "helper", "task": "Help."}')
    root = [
        Reply(build(text="One. ", tool_calls=[*parallel, task])),
        Reply(build(tool_calls=[Asked("x", "quick")])),
        *[Reply(build(text="Done."))] * 3,
    ]
    helper = [Reply(build(text="Two. ", tool_calls=[Asked("x", "slow"), Asked("z", "delete")])), Reply(build(text="."))]
    return {"a": root, "b": helper}


async def stop_at(number: int, kind: str) -> tuple[Played, list[Message]]:
    """Stop a turn when event `number` has come, or let it end; the turn, and the conversation that follows it."""
    transport = ScriptedTransport(replies(kind))
    own = context(tool(quick), tool(slow), tool(ask), tool(delete, read_only=False), interactive=True)
    own.approvals.timeout = 20  # then a question is answered with no
    conversation = session(transport, [], text=TEXT.format(kind=kind), context=own)
    played = Played()
    count = asyncio.Semaphore(0)

    async def consume() -> None:
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                for _ in batch:
                    count.release()

    task = asyncio.ensure_future(consume())
    for _ in range(number):
        waiting = asyncio.ensure_future(count.acquire())
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    check_rules(played.events)
    history = list(conversation.history)
    assert (await collect(conversation, "go on")).terminal["type"] in (
        "finish",
        "error",
    )  # a scripted reply may be gone
    return played, history


def check_calls(played: Played) -> None:
    """Each announced call has one result, and the message of the end names the calls as its events do."""
    called = [(event.get("task"), event["id"]) for event in played.events if event["type"] == "tool_call"]
    results = [(event.get("task"), event["id"]) for event in played.events if event["type"] == "tool_result"]
    assert sorted(called, key=str) == sorted(results, key=str)
    assert len(set(called)) == len(called)
    message = played.terminal["message"]
    announced: list[str] = []
    for event in played.events:
        if event["type"] == "step":
            announced = []
        elif event["type"] == "tool_call" and "task" not in event:
            announced.append(event["id"])
    if announced:
        assert [call["id"] for call in message["tool_calls"]] == announced
    assert message is None or fold(played.events)["message"] == message  # type: ignore[arg-type]


def request(messages: list[Message], kind: str) -> Request:
    """The request with these messages to a vendor."""
    team = resolve_team(load_agent_file(TEXT.format(kind=kind)), None, {"OTHER_KEY": "k"})
    spec = team.agents["root"].chain[0]
    sent = wire_format(spec.api).request(ModelRequest(spec, messages, [LOOK]))
    url = urlsplit(sent.url)
    return Request(
        sent.method, url.path, url.query, {name.lower(): v for name, v in sent.headers.items()}, sent.body or b""
    )


def check_history(history: list[Message], kind: str) -> None:
    """It is complete, survives a round trip as JSON, and every vendor takes it."""
    plain = [message.to_dict() for message in history]
    for number, message in enumerate(plain):
        asked = [call["id"] for call in message.get("tool_calls", ())]
        following = plain[number + 1 : number + 1 + len(asked)]
        assert [each.get("tool_call_id") for each in following] == asked
    again = parse_messages(json.loads(json.dumps(plain)))
    for other in KINDS:
        for messages in (history, again):
            assert violation(request([*messages, user("go on")], other)) is None, (kind, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_at_any_event_leaves_each_announced_call_with_a_result(kind: str) -> None:
    whole, _ = run(stop_at(10_000, kind))
    assert whole.terminal["type"] == "finish"
    check_calls(whole)
    for number in range(1 + list(KINDS).index(kind), len(whole.events), len(KINDS) - 1):
        played, history = run(stop_at(number, kind))
        check_calls(played)
        check_history(history, kind)


def test_the_result_tells_whether_the_call_had_begun() -> None:
    async def main() -> dict[str, str]:
        transport = ScriptedTransport({"a": replies("openai")["a"], "b": []})
        own = context(tool(quick), tool(slow), tool(ask), tool(delete, read_only=False), interactive=True)
        conversation = session(transport, [], text=TEXT.format(kind="openai"), context=own)
        outputs: dict[str, str] = {}

        async def consume() -> None:
            async for batch in conversation.turn("hi"):
                outputs.update({each["name"]: each["output"] for each in batch if each["type"] == "tool_result"})

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return outputs

    outputs = run(main())
    assert (outputs["quick"], outputs["slow"], outputs["ask"]) == ("quick", STOPPED, STOPPED)
    assert outputs["delete"] == NOT_RUN  # it waited for an approval


def test_a_turn_that_fails_before_its_calls_leaves_a_valid_history() -> None:
    asked = Reply(openai_chat(tool_calls=[Asked(f"c{n}", "quick") for n in range(5)]))
    conversation = session(ScriptedTransport({"a": [asked]}), [], text=TEXT.format(kind="openai"))
    played = run(collect(conversation))
    assert (played.terminal["type"], played.terminal["kind"]) == ("error", "loop")
    assert len(conversation.history) == 7
    check_history(list(conversation.history), "openai")


@pytest.mark.parametrize("role", ["user", "system", "tool"])
def test_calls_of_a_message_that_is_not_an_assistants_are_refused(role: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = {"role": role, "content": "hi", "tool_calls": [call], "tool_call_id": "c1"}
    with pytest.raises(ConfigError, match=rf"history\[1\].tool_calls: only a message .* assistant .*, not {role}"):
        parse_messages([{"role": "user", "content": "a"}, message], "history")
    assert parse_messages([{**message, "tool_calls": []}, {**message, "tool_calls": None}])


def test_such_calls_are_not_sent() -> None:
    wrong = Message("user", (Text("hi"), ToolCall("c1", "look", "{}")))
    for kind in KINDS:
        sent = request([user("hi"), wrong, Message("system", (ToolCall("c2", "look", "{}"),))], kind)
        assert violation(sent) is None
        assert b"c1" not in sent.body
