"""Agents opened from Python against the scripted provider: agent files for it, and the events of whole turns."""

from __future__ import annotations

import json
from typing import Any

from sparewheel import AgentSession, Event, Transcript
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.scripted import check_rules

KEY = "sk-CANARY-0123456789abcdef"
ENV = {"TEST_KEY": KEY}
ANSWER = openai_chat(text=["An", "swer"])


def agent_file(server: ScriptedProvider, *models: str, provider: str = "openai", root: str = "", more: str = "") -> str:
    """An agent file whose chain is `models` (default: `a`), without waiting between attempts.

    `provider` are fields of the provider, `root` lines of the agent, `more` lines of the file.
    """
    first, *rest = [f"mine/{name}" for name in models or ("a",)]
    fallback = f"models: {json.dumps(rest)}, retries: 1, delay: 0s, backoff: {{initial: 1ms}}"
    lines = "".join(f"    {line}\n" for line in root.strip().splitlines())
    return f"""
agents:
  root:
    model: {first}
    fallback: {{{fallback}}}
{lines}
providers:
  mine: {{provider: {provider}, base_url: "{server.url}/v1", token_key: TEST_KEY}}
{more}"""


async def collect(session: AgentSession, prompt: str = "hi") -> list[Event]:
    """The events of a turn, which keep the rules of every turn."""
    events = [event async for event in session.stream(prompt)]
    check_rules(events)
    return events


def types(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def text(events: list[Event]) -> str:
    transcript = Transcript()
    for event in events:
        transcript.push(event)
    content: str = transcript.message["content"]
    return content


def asks(*calls: tuple[str, dict[str, Any]]) -> Reply:
    """A model's answer with tool calls."""
    return Reply(openai_chat(tool_calls=[ToolCall(f"c{n}", name, args) for n, (name, args) in enumerate(calls, 1)]))
