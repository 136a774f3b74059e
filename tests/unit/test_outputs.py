"""`output_capabilities`: which models are asked for pictures or sounds, and what the request then has."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.testing import Reply, gemini, openai_chat, openai_responses
from tests.support.agentic import Toolset, tool
from tests.support.fakeloop import run
from tests.support.scripted import PIXEL, ScriptedTransport, State, collect, session_of

if TYPE_CHECKING:
    from sparewheel.session import Session

FILE: Final = """
agents: {{root: {{model: m, fallback: {{models: [openai/b], retries: -1}} {agent}}}}}
models: {{m: {{provider: {provider}, model: {model}, output_capabilities: {{{outputs}}} {more}}}}}
"""
ENV: Final = dict.fromkeys(
    ["OPENAI_API_KEY", "GOOGLE_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"], "k-1234567890"
)


def text(provider: str, model: str, outputs: str = "image: true", more: str = "", agent: str = "") -> str:
    return FILE.format(provider=provider, model=model, outputs=outputs, more=more, agent=agent)


def opened(transport: ScriptedTransport, file: str, state: State) -> Session:
    return session_of(resolve_team(load_agent_file(file), None, ENV), transport, state)


def asked(file: str, *replies: Any, tools: Any = ()) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The bodies of the requests of one turn, and its events."""

    async def main() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        transport = ScriptedTransport({"a": list(replies), "b": [openai_chat(text="{}")]})
        state = State()
        state.open_toolsets = lambda _: [Toolset(*tools)]
        played = await collect(opened(transport, file, state))
        return [json.loads(request.body) for request in transport.requests], played.events

    return run(main())


@pytest.mark.parametrize(
    ("outputs", "modalities"),
    [
        ("image: true", ["TEXT", "IMAGE"]),
        ("audio: true", ["AUDIO"]),
        ("image: true, audio: true", ["TEXT", "IMAGE", "AUDIO"]),
        ("image: true, text: true", ["TEXT", "IMAGE"]),
        ("image: false", None),
        ("text: true", None),
    ],
)
def test_gemini_is_asked_for_modalities(outputs: str, modalities: list[str] | None) -> None:
    [body], _ = asked(text("google", "a", outputs), gemini(text="A dot."))
    assert body.get("generationConfig", {}).get("responseModalities") == modalities


def test_what_the_file_sends_itself_wins() -> None:
    own = ", provider_opts: {generationConfig: {responseModalities: [IMAGE]}}"
    [body], _ = asked(text("google", "a", more=own), gemini(text="A dot."))
    assert body["generationConfig"]["responseModalities"] == ["IMAGE"]
    own = ", provider_opts: {tools: [{type: image_generation, size: 1024x1024}]}"
    [body], _ = asked(text("openai", "a", more=own), openai_responses(text="A dot."))
    assert body["tools"] == [{"type": "image_generation", "size": "1024x1024"}]


@pytest.mark.parametrize("with_tools", [True, False])
def test_gemini_is_not_asked_for_a_picture_with_tools_or_a_schema(with_tools: bool) -> None:
    def look() -> str:
        """Looks."""
        return "seen"

    schema = "" if with_tools else ", structured_output: {name: s, schema: {type: object, properties: {}}}"
    bodies, events = asked(text("google", "a", agent=schema), tools=[tool(look)] if with_tools else [])
    fallback = next(event for event in events if event["type"] == "fallback")
    assert fallback["kind"] == "unsupported"
    assert all(body["model"] == "b" for body in bodies)
    assert ("tools" if with_tools else "structured_output") in fallback["reason"]


def test_openai_draws_with_a_tool_of_its_own() -> None:
    def look() -> str:
        """Looks."""
        return "seen"

    [body], _ = asked(text("openai", "a"), openai_responses(text="A dot."), tools=[tool(look)])
    assert [each["type"] for each in body["tools"]] == ["function", "image_generation"]
    assert "input" in body
    [body], _ = asked(text("openai", "a", "image: false"), openai_chat(text="A dot."))
    assert "messages" in body
    assert "modalities" not in body


def test_chat_completions_has_modalities() -> None:
    [body], events = asked(text("openrouter", "a"), Reply(openai_chat(text="A dot:", images=[PIXEL])))
    assert body["modalities"] == ["text", "image"]
    assert [event["mime_type"] for event in events if event["type"] == "media"] == ["image/png"]
    [body], _ = asked(text("openai", "a", "audio: true"), openai_chat(text="A dot."))
    assert (body["modalities"], body["audio"]) == (["text", "audio"], {"voice": "alloy", "format": "pcm16"})


def test_a_provider_that_only_writes_is_a_warning_and_an_unknown_output_is_refused() -> None:
    team = resolve_team(load_agent_file(text("anthropic", "claude-x")), None, ENV)
    assert "anthropic has only models that write text" in team.warnings[0]
    with pytest.raises(ConfigError, match="video: only audio and image can be asked for"):
        resolve_team(load_agent_file(text("google", "a", "video: true")), None, ENV)


def test_a_request_for_a_title_asks_for_text_only() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [gemini(text="A dot."), gemini(text="A title")]})
        conversation = opened(transport, text("google", "a", agent=", title_model: m"), State())
        titles: list[str] = []
        conversation.titles.publish = titles.append
        await collect(conversation)
        await asyncio.sleep(1)
        assert titles == ["A title"]
        assert "responseModalities" not in json.loads(transport.requests[1].body)["generationConfig"]

    run(main())
