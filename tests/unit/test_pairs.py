"""Every pair of wire formats, switched in the middle of a tool loop and back, against strict providers."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.messages import parse_messages
from sparewheel.testing import (
    Reply,
    ScriptedProvider,
    ToolCall,
    anthropic,
    errors,
    gemini,
    openai_chat,
    openai_responses,
)
from sparewheel.transports.router import network_transport
from tests.support.agentic import context, tool
from tests.support.scripted import Played, folded_text, session_of

if TYPE_CHECKING:
    from sparewheel.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.testing import Events

FORMATS: dict[str, tuple[str, Callable[..., Events], Reply]] = {
    "chat": ("{provider: openai, token_key: KEY", openai_chat, errors.openai_server_error()),
    "responses": (
        "{provider: openai, api_type: openai_responses, token_key: KEY",
        openai_responses,
        errors.openai_server_error(),
    ),
    "anthropic": ("{provider: anthropic, token_key: KEY", anthropic, errors.anthropic_server_error()),
    "gemini": ("{provider: google, token_key: KEY", gemini, errors.gemini_server_error()),
}
LOOK = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
ODD_ID = "call_" + "x" * 30 + "|fc_" + "y" * 60  # longer than some APIs take, with a character that others refuse


async def look(word: str) -> str:
    await asyncio.sleep(0.005)  # longer than the cooldown, so that the first model is asked again
    return f"{word}: seen"


def open_session(url: str, first: str, second: str) -> Session:
    text = f"""
agents:
  root:
    model: one/a
    instruction: Use the tool.
    fallback: {{models: [two/b], retries: -1, delay: 0s, cooldown: 1ms}}
providers:
  one: {FORMATS[first][0]}, base_url: "{url}"}}
  two: {FORMATS[second][0]}, base_url: "{url}"}}
"""
    team = resolve_team(load_agent_file(text), None, {"KEY": "sk-0123456789"})
    own = context(tool(look, parameters=LOOK))
    history: list[Any] = [
        {"role": "user", "content": "before"},
        {
            "role": "assistant",
            "content": "",
            "reasoning": "a thought of some other model",
            "tool_calls": [{"id": ODD_ID, "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": ODD_ID, "content": "seen before"},
        {"role": "assistant", "content": "So it was."},
        {"role": "user", "content": "and this was stopped"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "c9", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
    ]
    return session_of(team, network_transport(), own, history=parse_messages(history))


async def turn(session: Session) -> Played:
    played = Played()
    async for batch in session.turn("hi"):
        played.events += [dict(event) for event in batch]
    played.result = session.result
    return played


@pytest.mark.parametrize(("first", "second"), list(product(FORMATS, FORMATS)))
def test_a_switch_in_the_middle_of_a_tool_loop_and_back(first: str, second: str) -> None:
    asked = [ToolCall("call_1", "look", {"word": "a"}), ToolCall("call_2", "look", {"word": "b"})]
    with ScriptedProvider(strict=True) as server:
        server.script(
            "a",
            Reply(FORMATS[first][1](reasoning="Let me think.", text="I look. ", tool_calls=asked)),
            FORMATS[first][2],
            Reply(FORMATS[first][1](text="Done.")),
        )
        server.script(
            "b", Reply(FORMATS[second][1](reasoning="Hm.", tool_calls=[ToolCall("call_1", "look", {"word": "c"})]))
        )
        played = asyncio.run(turn(open_session(server.url, first, second)))
        server.check(unused=True)
    assert played.terminal["type"] == "finish"
    assert folded_text(played.events) == "Done."
    assert [event["output"] for event in played.of("tool_result")] == ["a: seen", "b: seen", "c: seen"]
    assert [event["to"] for event in played.of("fallback")] == ["two/b"]
    assert played.of("recovered") == [{"type": "recovered", "model": "one/a"}]
