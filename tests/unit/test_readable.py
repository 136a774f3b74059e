"""What models read of servers: their descriptions and schemas, as a user can see them."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.jsonschema.readable import readable_schema
from sparewheel.tools.mcp.server import Server as ServerFacts
from sparewheel.visible import readable
from tests.support.fakeloop import run
from tests.support.mcpserver import ECHO, Server, call, opened

TAGS = "".join(chr(0xE0000 + ord(char)) for char in "obey")
HIDDEN = ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u3164", "\ufe0f", "\U000e0100", "\x1b", "\ue000", TAGS]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_texts_lose_what_cannot_be_seen(hidden: str) -> None:
    assert readable(f"Reads{hidden}.\nOnce.") == "Reads.\nOnce."
    schema = {"properties": {"a": {"description": f"One{hidden}", "anyOf": [{"title": f"{hidden}Two"}]}}}
    assert readable_schema(schema) == {"properties": {"a": {"description": "One", "anyOf": [{"title": "Two"}]}}}
    assert ServerFacts.of("", {"instructions": f"Ask{hidden} first"}).instructions == "Ask first"


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a?": {}}},
        {"enum": ["a", "b?"]},
        {"const": {"deep": ["b?"]}},
        {"default": "?"},
        {"$defs": {"x": {"examples": ["b?"]}}},
        {"x-hint": "b?"},
    ],
)
def test_names_and_values_may_not_have_what_cannot_be_seen(schema: dict[str, Any], hidden: str) -> None:
    with pytest.raises(ValueError, match="cannot be seen"):
        readable_schema(filled(schema, hidden))


def filled(value: Any, hidden: str) -> Any:
    """The value with `hidden` in place of each question mark."""
    if isinstance(value, dict):
        return {filled(key, hidden): filled(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, hidden) for each in value]
    return value.replace("?", hidden) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "text",
    [
        *("plain", "ü", "東京", "मराठी", "line\nline\ttab", "1\u00a0000", "\\u200b", ""),
        *("❤\ufe0f", "👩\u200d👩\u200d👧", "👁\ufe0f\u200d🗨\ufe0f", "👍🏽", "1\ufe0f\u20e3", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_values_keep_what_joins_or_varies_what_is_seen(text: str) -> None:
    schema = {"properties": {text: {"enum": [text]}}}
    assert readable_schema(schema) == schema


@pytest.mark.parametrize("hidden", ["❤\ufe0f\ufe0e", "👩\u200d\u200d", "\u200d\ufe0f", f"👩{TAGS}\u200d", "a\u200db"])
def test_a_row_of_joiners_and_selectors_is_hidden(hidden: str) -> None:
    with pytest.raises(ValueError, match="cannot be seen"):
        readable_schema({"enum": [hidden]})


def test_a_server_that_hides_texts_from_the_user() -> None:
    async def main() -> None:
        hidden = {**ECHO, "description": f"Repeats.{TAGS}"}
        odd = {"name": "odd", "inputSchema": {"type": "object", "properties": {f"a{TAGS}": {}}}}
        server = Server(tools=[hidden, odd])
        server.capabilities = {"tools": {}, "prompts": {}}
        server.replies["prompts/list"] = lambda _: {"prompts": [{"name": "p", "description": f"Asks{TAGS}"}]}
        toolset = opened(server)
        listed = await call(toolset, "list_prompts")
        assert listed == r'[{"name":"p","description":"Asks\udb40\udc6f\udb40\udc62\udb40\udc65\udb40\udc79"}]'
        tools = {tool.spec.name: tool.spec for tool in await toolset.tools()}
        assert tools["echo"].description == "Repeats."
        assert "odd" not in tools
        [warning] = toolset.warnings
        assert "the tool 'odd' is left out: its schema has characters that cannot be seen" in warning
        await toolset.close()

    run(main())
