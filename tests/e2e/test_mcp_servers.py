"""MCP servers that others wrote: an agent in a browser calls all of their tools, answers questions and stops a call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs, within
from tests.support.mcpothers import everything, python_sdk

pytestmark = pytest.mark.asyncio(loop_scope="session")

DONE = Reply(openai_chat(text="Done."))
# The turn "stop" is aborted as soon as its call reports progress.
TAKE_TURNS = """async ({options, answers, turns}) => {
    const heard = [];
    let now = "";
    const session = await theirs.runtime().createSession(options, (event) => {
        heard.push({ ...event, turn: now });
        if (event.type === "elicitation") {
            const content = answers[event.message.split(" asks: ")[1] ?? "sampling"];
            void session.respondToElicitation({ id: event.id, action: content !== undefined, content });
        }
        if (event.type === "tool_output" && now === "stop") session.abort();
    });
    for (now of turns) await session.send(now).catch(() => {});
    await session.close();
    return heard;
}"""
UNCLEAR = 'The research query "wheels" could have multiple interpretations. Please clarify what you\'re looking for:'
Wanted = dict[str, tuple[dict[str, Any], str]]

# What is called, with the beginning of the result. The last four are tools of the client, for resources and prompts.
LISTS: Wanted = {"list_resources": ({}, '[{"uri":'), "list_prompts": ({}, '[{"name":')}
EVERYTHING: Wanted = {
    "echo": ({"message": "hi"}, "Echo: hi"),
    "get-annotated-message": ({"messageType": "success", "includeImage": True}, "Operation completed successfully"),
    "get-env": ({}, "{"),
    "get-resource-links": ({"count": 2}, "Here are 2 resource links"),
    "get-resource-reference": ({"resourceType": "Text", "resourceId": 1}, "Returning resource reference"),
    "get-structured-content": ({"location": "Chicago"}, "{"),
    "get-sum": ({"a": 2, "b": 3}, "The sum of 2 and 3 is 5."),
    "get-tiny-image": ({}, "Here's the image you requested"),
    "gzip-file-as-resource": ({"name": "a.gz", "data": "data:text/plain,abc"}, "["),
    "simulate-research-query": (
        {"topic": "wheels", "ambiguous": True},
        "# Research Report: wheels (technical)",
    ),  # a task
    "toggle-simulated-logging": ({}, "Started simulated"),
    "toggle-subscriber-updates": ({}, "Started simulated"),
    "trigger-elicitation-request": ({}, "✅ User provided the requested information!"),
    "trigger-long-running-operation": ({"duration": 0.2, "steps": 2}, "Long running operation completed."),
    "trigger-sampling-request": ({"prompt": "What rolls?", "maxTokens": 20}, "LLM sampling result"),
    "trigger-url-elicitation": ({"url": "https://example.test/", "message": "Open it"}, "✅ User"),
    **LISTS,
    "read_resource": ({"uri": "demo://resource/dynamic/text/1"}, "[demo://resource/dynamic/text/1]"),
    "get_prompt": ({"name": "simple-prompt"}, "user: "),
}
PYTHON_SDK: Wanted = {
    "add": ({"a": 2, "b": 3}, "5"),
    "book": ({}, "2 for unknown"),
    "count": ({"to": 3}, "counted"),
    "fail": ({}, "Error executing tool fail"),
    "picture": ({}, "[image: image/png"),
    **LISTS,
    "read_resource": ({"uri": "text://about"}, "[text://about]\nA server of the tests."),
    "get_prompt": ({"name": "greet", "arguments": {"name": "Ada"}}, "user: Greet Ada."),
}


@pytest.fixture(scope="module")
def everything_url() -> Iterator[str]:
    with everything() as url:
        yield url


@pytest.fixture(scope="module")
def python_url() -> Iterator[str]:
    with python_sdk() as url:
        yield url


async def take_turns(
    theirs: Theirs,
    provider: ScriptedProvider,
    url: str,
    answers: Mapping[str, Any],
    *sampled: Reply,
    **turns: list[ToolCall],
) -> list[dict[str, Any]]:
    """Turns of one session, each of which makes its calls in one step: the events, whose `turn` is the name.

    The server may ask the model in the first of them, which then answers with `sampled`.
    """
    for calls in turns.values():
        own = [*(sampled if calls is turns["all"] else ()), *(() if calls is turns["stop"] else (DONE,))]
        provider.script("a", Reply(openai_chat(tool_calls=calls)), *own)
    options: dict[str, Any] = {"allow_private_ips": True, "timeout": 60, "sampling": "allow" if sampled else "refuse"}
    toolset = json.dumps({"type": "mcp", "remote": {"url": url}, **options})
    yaml = agent_file({"a": provider.url}).replace("instruction:", f"toolsets: [{toolset}]\n    instruction:")
    options = {"yaml": yaml, "env": ENV, "autoApprove": True}
    given = {"options": options, "answers": answers, "turns": list(turns)}
    events: list[dict[str, Any]] = await within(theirs.page.evaluate(TAKE_TURNS, given))
    return events


def calls_of(wanted: Wanted) -> list[ToolCall]:
    return [ToolCall(f"call_{number}", name, arguments) for number, (name, (arguments, _)) in enumerate(wanted.items())]


def offered(provider: ScriptedProvider) -> set[str]:
    return {tool["function"]["name"] for tool in provider.requests[0].json["tools"]}


def check(events: list[dict[str, Any]], wanted: Wanted) -> None:
    """All calls have the results that are wanted, one call was stopped, and the session went on after that."""
    results = {
        event["name"]: event["output"] for event in events if (event["type"], event["turn"]) == ("tool_result", "all")
    }
    assert {name: results[name][: len(start)] for name, (_, start) in wanted.items()} == {
        name: start for name, (_, start) in wanted.items()
    }
    ends = [(event["turn"], event["type"]) for event in events if event["type"] in ("finish", "error", "aborted")]
    assert ends == [("all", "finish"), ("stop", "aborted"), ("after", "finish")]
    assert [event["message"] for event in events if event["type"] == "warning"] == []


def result_of(events: list[dict[str, Any]], name: str) -> str:
    [found] = [event["output"] for event in events if event["type"] == "tool_result" and event["name"] == name]
    return str(found)


def media(events: list[dict[str, Any]]) -> dict[str, str]:
    """The types of the media that were shown, by the tool whose result has them."""
    names = {event["id"]: event["name"] for event in events if event["type"] == "tool_result"}
    return {names[event["call_id"]]: event["mime_type"] for event in events if event["type"] == "media"}


def progress(events: list[dict[str, Any]], name: str) -> list[str]:
    return [event["output"] for event in events if event["type"] == "tool_output" and event["name"] == name]


async def test_server_everything(embedded: Theirs, provider: ScriptedProvider, everything_url: str) -> None:
    slow = ToolCall("call_y", "trigger-long-running-operation", {"duration": 600, "steps": 6000})
    echo = ToolCall("call_z", "echo", {"message": "still here"})
    form = "Please provide inputs for the following fields:"
    answers = {
        form: {"name": "Ada", "check": True},
        UNCLEAR: {"interpretation": "technical"},
        "Open it": {},
        "sampling": {},
    }
    sampled, calls = Reply(openai_chat(text="A wheel.")), calls_of(EVERYTHING)
    events = await take_turns(
        embedded, provider, everything_url, answers, sampled, all=calls, stop=[slow], after=[echo]
    )
    check(events, EVERYTHING)
    assert offered(provider) == set(EVERYTHING)
    assert {event["mode"] for event in events if event["type"] == "elicitation"} == {"form", "url"}
    assert media(events).items() >= {"get-tiny-image": "image/png", "get-annotated-message": "image/png"}.items()
    assert "A wheel." in result_of(events, "trigger-sampling-request")
    assert "What rolls?" in json.dumps(provider.requests[1].json["messages"])
    assert progress(events, slow.name)[:2] == ["1 of 2", "2 of 2"]
    assert events[-1]["message"]["content"] == "Done."


async def test_a_server_of_the_python_sdk(embedded: Theirs, provider: ScriptedProvider, python_url: str) -> None:
    wait, was_stopped = ToolCall("call_y", "wait"), ToolCall("call_z", "was_stopped")
    answers = {"How many seats?": {"seats": 2}}
    events = await take_turns(
        embedded, provider, python_url, answers, all=calls_of(PYTHON_SDK), stop=[wait], after=[was_stopped]
    )
    check(events, PYTHON_SDK)
    assert offered(provider) == {*PYTHON_SDK, "wait", "was_stopped"}
    assert media(events) == {"picture": "image/png"}
    assert progress(events, "count") == ["at 1 (1 of 3)", "at 2 (2 of 3)", "at 3 (3 of 3)"]
    (seen,) = [event for event in events if event["type"] == "tool_result" and event["turn"] == "after"]
    assert seen["output"].startswith("stopped")
