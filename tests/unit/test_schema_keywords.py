"""JSON schemas as each API takes them: keywords, and the strict form."""

from __future__ import annotations

import pytest

from sparewheel.jsonschema.dialects import Dialect, normalise
from tests.support.schemas import STRING, Json, prop

# Keywords


@pytest.mark.parametrize("dialect", ["openai", "openai_strict", "gemini"])
def test_properties_may_have_the_names_of_keywords(dialect: Dialect) -> None:
    names = ["additionalProperties", "$ref", "title", "type", "properties", "$defs", "anyOf", "required", "const"]
    written = normalise({"properties": dict.fromkeys(names, STRING), "required": names}, dialect)
    assert written["properties"] == dict.fromkeys(names, STRING)
    assert written["required"] == names


@pytest.mark.parametrize("name", ["$ref", "ä", "x" * 65, "a b", ""])
def test_anthropic_has_an_alphabet_for_property_names(name: str) -> None:
    for schema in ({"properties": {name: STRING}}, {"properties": {"a": {"items": {"properties": {name: STRING}}}}}):
        assert normalise(schema, "openai")
        with pytest.raises(ValueError, match="The property name"):
            normalise(schema, "anthropic")


FREE = {"type": "object", "additionalProperties": STRING}
ANY = {
    "anyOf": [
        *({"type": kind} for kind in ("string", "number", "boolean", "object")),
        {"type": "array", "items": {"anyOf": [{"type": k} for k in ("string", "number", "boolean", "object")]}},
    ]
}


@pytest.mark.parametrize(
    ("schema", "openai", "gemini"),
    [
        (STRING, STRING, STRING),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, {"type": "null"}, {"type": "null"}),
        (
            {"type": ["string", "integer"], "minLength": 2, "minimum": 3},
            {"type": ["string", "integer"], "minLength": 2, "minimum": 3},
            {"anyOf": [{"type": "string", "minLength": 2}, {"type": "integer", "minimum": 3}]},
        ),
        (
            {"anyOf": [STRING, {"type": "null"}], "description": "d", "default": None, "title": "T"},
            {"anyOf": [STRING, {"type": "null"}], "description": "d", "default": None, "title": "T"},
            {"type": "string", "nullable": True, "description": "d"},
        ),
        (
            {"oneOf": [STRING, {"type": "number"}, {"type": "null"}]},
            {"oneOf": [STRING, {"type": "number"}, {"type": "null"}]},
            {"anyOf": [STRING, {"type": "number"}], "nullable": True},
        ),
        (
            {"type": "string", "anyOf": [{"format": "date"}, {"format": "time"}]},
            {"type": "string", "anyOf": [{"format": "date"}, {"format": "time"}]},
            STRING,
        ),
        (
            {"type": "object", "properties": {"a": STRING}, "anyOf": [{"properties": {"b": STRING}}]},
            {
                **{"type": "object", "properties": {"a": STRING}},
                "anyOf": [{"type": "object", "properties": {"b": STRING}}],
            },
            {"type": "object", "properties": {"a": STRING, "b": STRING}},
        ),
        (
            {"enum": ["a", "b", "a"]},
            {"type": "string", "enum": ["a", "b", "a"]},
            {"type": "string", "enum": ["a", "b"]},
        ),
        (
            {"enum": ["a", None]},
            {"type": ["string", "null"], "enum": ["a", None]},
            {"type": "string", "enum": ["a"], "nullable": True},
        ),
        ({"const": "a"}, {"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        (
            {"const": 3, "description": "d."},
            {"type": "integer", "const": 3, "description": "d."},
            {"type": "integer", "description": "d. One of: 3."},
        ),
        (
            {"type": "string", "enum": ["", "a"]},
            {"type": "string", "enum": ["", "a"]},
            {"type": "string", "description": 'One of: "", "a".'},
        ),
        (
            {"type": "string", "format": "email", "pattern": "@"},
            {"type": "string", "format": "email", "pattern": "@"},
            {"type": "string", "pattern": "@", "description": "Format: email."},
        ),
        ({"type": "string", "format": "date-time"},) * 3,
        ({"type": "integer", "format": "int64"},) * 3,
        (
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9, "multipleOf": 2},
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9, "multipleOf": 2},
            {"type": "integer", "minimum": 1, "maximum": 8},
        ),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "number", "minimum": 0},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}, {"type": "array", "items": ANY}),
        (
            {"type": "array", "items": [STRING, {"type": "integer"}], "uniqueItems": True, "minItems": 2},
            {"type": "array", "items": {"anyOf": [STRING, {"type": "integer"}]}, "minItems": 2},
            {"type": "array", "items": {"anyOf": [STRING, {"type": "integer"}]}, "minItems": 2},
        ),
        ({}, {}, ANY),
        (True, {}, ANY),
        (FREE, FREE, {"type": "object"}),
        (
            {"properties": {"a": STRING, "b": False}, "required": ["a", "z"], "x-mine": 1, "examples": [1]},
            {"type": "object", "properties": {"a": STRING}, "required": ["a", "z"]},
            {"type": "object", "properties": {"a": STRING}, "required": ["a"]},
        ),
        ({"minLength": -1, "minItems": 1.5, "format": 7, "type": 7, "enum": [], "required": "a"}, {}, ANY),
    ],
)
def test_keywords(schema: object, openai: Json, gemini: Json) -> None:
    assert prop(schema, "openai") == openai
    assert prop(schema, "gemini") == gemini


def test_anthropic_takes_tuples() -> None:
    assert prop({"items": [STRING, True]}, "anthropic") == {"type": "array", "prefixItems": [STRING, {}]}


# Strict


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (
            {"type": "string", "minLength": 1, "default": "", "pattern": "a"},
            {"type": ["string", "null"], "pattern": "a"},
        ),
        ({"const": "a"}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"oneOf": [STRING, {"type": "integer"}]}, {"anyOf": [STRING, {"type": "integer"}, {"type": "null"}]}),
        ({"allOf": [STRING, {"description": "d"}]}, {"type": ["string", "null"], "description": "d"}),
        ({}, {"type": ["string", "number", "boolean", "null"]}),
        (
            {"type": "array", "items": {"properties": {"a": STRING}, "required": ["a"]}, "minItems": 1},
            {
                "type": ["array", "null"],
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {"a": STRING},
                    "required": ["a"],
                    "additionalProperties": False,
                },
            },
        ),
    ],
)
def test_strict_makes_what_is_optional_nullable(schema: Json, strict: Json) -> None:
    written = normalise({"properties": {"must": STRING, "may": schema}, "required": ["must"]}, "openai_strict")
    assert written == {
        "type": "object",
        "properties": {"must": STRING, "may": strict},
        "required": ["must", "may"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema", [FREE, {"properties": {"a": {"type": "object"}}}, {"properties": {"a": {"$ref": "#"}}}]
)
def test_strict_refuses_open_keys(schema: Json) -> None:
    with pytest.raises(ValueError, match="an object with open keys"):
        normalise(schema, "openai_strict")


def test_gemini_reads_back_what_may_be_null() -> None:
    options = [{"type": "null"}, {"enum": [1, None]}, {"const": True}]
    written = normalise({"type": "object", "properties": {"a": {"anyOf": options}}}, "gemini")
    assert written["properties"]["a"]["nullable"] is True
    assert normalise(written, "gemini") == written
