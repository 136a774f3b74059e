"""The event contract: what is sent fits the schema, and the page's types are what the schema makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from bundle.shell import WEB
from bundle.typings import GENERATED, typescript
from sparewheel.events import TERMINAL, Event, is_error, is_exhausted, is_fallback, is_terminal, json_schema
from sparewheel.testing import Reply, ToolCall, Usage, errors, openai_chat
from tests.support.scripted import Script, play

STRICT: TypeAdapter[Any] = TypeAdapter(Event)


@pytest.mark.parametrize("path", GENERATED)
def test_the_types_of_the_page_are_generated_from_ours(path: str) -> None:
    assert (WEB / path).read_text(encoding="utf-8") == GENERATED[path](), "run: python -m bundle.typings"


def test_types_are_named_after_definitions_and_keep_their_comments() -> None:
    schema = {
        "title": "Ignored",
        "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}],
        "$defs": {
            "A": {
                "description": "An A.",
                "type": "object",
                "properties": {"title": {"title": "Ignored", "type": "string"}, "kind": {"enum": ["x", "y"]}},
                "required": ["title"],
            },
        },
    }
    assert typescript(schema, "Root", "// head", {"XY": ("x", "y")}) == (
        "// head\n\n"
        "export type Root = A | null;\n"
        'export type XY = "x" | "y";\n\n'
        "/**\n * An A.\n */\n"
        "export interface A {\n  title: string;\n  kind?: XY;\n}\n"
    )


def test_every_event_has_its_stamp_and_a_literal_type() -> None:
    names = set()
    for option in json_schema()["anyOf"]:
        shape = json_schema()["$defs"][option["$ref"].rpartition("/")[2]]
        assert {"type", "turn", "seq"} <= set(shape["required"])
        names.add(shape["properties"]["type"]["const"])
    assert names > TERMINAL


RICH = openai_chat(reasoning="hm", text="x", tool_calls=[ToolCall("c", "look", {"a": 1})], usage=Usage(1, 2, 3, 4))


@pytest.mark.parametrize(
    "script",
    [
        {"a": [RICH]},
        {"a": [Reply(RICH, cut_at=1500)], "b": [errors.anthropic_overloaded()], "c": [openai_chat(text="x")]},
        {"a": [errors.openai_invalid_key()], "b": [errors.openai_rate_limit()]},
        {"a": [openai_chat(refusal="no")]},
    ],
)
def test_what_a_turn_says_fits_the_schema(script: dict[str, list[Script]]) -> None:
    played, _ = play(script)
    for event in played.events:
        validated = STRICT.validate_python(event, strict=True)
        assert validated == event, "the schema knows every field"


def test_predicates_hold_for_their_events_and_for_no_others() -> None:
    types = {shape["properties"]["type"]["const"] for shape in json_schema()["$defs"].values() if "seq" in str(shape)}
    assert {name for name in types if is_terminal({"type": name})} == TERMINAL
    assert {name for name in types if is_error({"type": name})} == {"error"}
    assert {name for name in types if is_fallback({"type": name})} == {"fallback"}
    assert {name for name in types if is_exhausted({"type": name})} == {"exhausted"}


def test_a_chain_that_fails_has_one_event_of_each_predicate() -> None:
    played, _ = play({"a": [errors.openai_server_error()], "b": [errors.openai_server_error()]}, fallback="retries: -1")
    told = [
        [predicate.__name__ for predicate in (is_fallback, is_exhausted, is_error, is_terminal) if predicate(event)]
        for event in played.events
    ]
    assert [names for names in told if names] == [["is_fallback"], ["is_exhausted"], ["is_error", "is_terminal"]]
