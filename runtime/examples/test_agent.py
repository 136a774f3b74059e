"""Tests of an agent against a scripted provider: `.venv/bin/python -m pytest runtime/examples/test_agent.py`.

`sparewheel.testing` serves what real providers send, errors and broken streams included, on a socket of this machine.
So the test runs the agent that ships, with nothing replaced but the address of its models.
"""

from __future__ import annotations

import asyncio

import sparewheel
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, errors, openai_chat

AGENT = """
agents:
  root:
    model: big
    instruction: You answer questions about the weather.
    fallback: {models: [small], retries: -1}
models:
  big: {provider: openai, model: big, base_url: "URL", token_key: KEY}
  small: {provider: openai, model: small, base_url: "URL", token_key: KEY}
"""


@sparewheel.tool(read_only=True)
def weather(city: str) -> str:
    """Look up the weather of a city."""
    return f"Sunny in {city}."


async def ask(server: ScriptedProvider, prompt: str) -> list[sparewheel.Event]:
    """The events of one turn."""
    agent = AGENT.replace("URL", server.url)
    async with sparewheel.open_agent(agent, env={"KEY": "any"}, tools=[weather]) as session:
        return [event async for event in session.stream(prompt)]


def answer(events: list[sparewheel.Event]) -> str:
    transcript = sparewheel.Transcript()
    for event in events:
        transcript.push(event)
    return str(transcript.message["content"])


def test_the_small_model_answers_when_the_big_one_is_overloaded() -> None:
    with ScriptedProvider() as server:
        server.script("big", errors.openai_server_error())
        server.script("small", Reply(openai_chat(text=["Sun", "ny."])))
        events = asyncio.run(ask(server, "How is the weather?"))
    assert [event["type"] for event in events if sparewheel.is_fallback(event)] == ["fallback"]
    assert answer(events) == "Sunny."


def test_the_tool_is_called_with_the_city() -> None:
    with ScriptedProvider() as server:
        call = ToolCall("c1", "weather", {"city": "Rome"})
        server.script("big", Reply(openai_chat(tool_calls=[call])), Reply(openai_chat(text="It is sunny.")))
        events = asyncio.run(ask(server, "How is the weather in Rome?"))
        second = server.requests[1].json["messages"]
    assert [event["output"] for event in events if event["type"] == "tool_result"] == ["Sunny in Rome."]
    assert second[-1]["role"] == "tool" and second[-1]["content"] == "Sunny in Rome."
