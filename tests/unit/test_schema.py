"""JSON schemas as each API takes them: what becomes of every keyword, and what must hold for any schema at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.jsonschema.dialects import Dialect, normalise
from tests.support.schemas import STRING, Json, prop

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def nodes(schema: Json) -> Iterator[Json]:
    """A schema and all schemas in it."""
    yield schema
    for word in ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"):
        if isinstance(schema.get(word), dict):
            yield from nodes(schema[word])
    for word in ("properties", "patternProperties", "dependentSchemas"):
        for each in schema.get(word, {}).values():
            yield from nodes(each)
    for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for each in schema.get(word, ()):
            yield from nodes(each)


# The top


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": ["object", "null"]}, {"$schema": "x", "title": 7}])
def test_the_top_is_an_object(schema: Json, dialect: Dialect) -> None:
    closed = {"required": [], "additionalProperties": False} if dialect == "openai_strict" else {}
    assert normalise(schema, dialect) == {"type": "object", "properties": {}, **closed}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "array"}, "The schema is of type array, not object."),
        ({"anyOf": [STRING, {"type": "null"}]}, "The schema allows no object."),
        ({"$ref": "#/$defs/Gone"}, "The schema refers to '#/$defs/Gone', which does not exist."),
        ({"$ref": "https://x.test/s"}, "The schema refers to 'https://x.test/s', which is not part of it."),
        ({"properties": {"a": {"$ref": "#/properties/a/0"}}}, "refers to '#/properties/a/0'"),
        ({"default": {1, 2}}, "The schema has a value that is not JSON (set)."),
        ({"default": float("nan")}, "The schema has a value that is not JSON (float)."),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(schema: Json, sentence: str, dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="The schema") as refusal:
        normalise(schema, dialect)
    assert sentence in str(refusal.value)


def test_what_is_no_schema_is_refused() -> None:
    values: list[Any] = [None, [], "object", True, 7]
    for value in values:
        with pytest.raises(ValueError, match=r"The schema is not a JSON object\."):
            normalise(value, "openai")


def test_alternatives_at_the_top_become_one_object() -> None:
    schema = {
        "description": "d",
        "oneOf": [
            {"properties": {"kind": {"const": "a"}, "x": STRING}, "required": ["kind", "x"]},
            {"properties": {"kind": {"const": "b"}, "y": STRING}, "required": ["kind"]},
            {"type": "null"},
        ],
    }
    assert normalise(schema, "anthropic") == {
        "type": "object",
        "description": "d",
        "properties": {
            "kind": {"anyOf": [{"type": "string", "const": "a"}, {"type": "string", "const": "b"}]},
            "x": STRING,
            "y": STRING,
        },
        "required": ["kind"],
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_conditions_at_the_top_go_and_the_properties_stay(dialect: Dialect) -> None:
    conditions = {"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "not": {"required": ["a", "b"]}, "enum": [{}]}
    plain = {"type": "object", "properties": {"a": STRING, "b": STRING}}
    assert normalise({**plain, **conditions}, dialect) == normalise(plain, dialect)


def test_all_of_is_merged() -> None:
    schema = {
        "allOf": [
            {"properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]},
            {"properties": {"a": {"type": "number", "minimum": 0, "maximum": 9}, "b": STRING}, "required": ["b"]},
            {"additionalProperties": False},
        ]
    }
    assert normalise(schema, "openai") == {
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 9}, "b": STRING},
        "required": ["a", "b"],
        "additionalProperties": False,
    }


def test_conditions_are_not_mixed_when_merged() -> None:
    first = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
    second = {"if": {"required": ["c"]}, "else": {"required": ["d"]}}
    assert prop({"allOf": [first, second]}, "openai") == first


# References


def test_references_are_written_out() -> None:
    definitions = {"A/b": {"type": "array", "items": {"$ref": "#/definitions/C%20c"}}, "C c": {"enum": ["x"]}}
    schema = {"$ref": "#/definitions/A~1b", "description": "mine"}
    assert prop(schema, "anthropic", definitions=definitions) == {
        "type": "array",
        "items": {"type": "string", "enum": ["x"]},
        "description": "mine",
    }


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini"])
def test_a_reference_into_itself_is_cut(dialect: Dialect) -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}, "all": {"$ref": "#"}}}
    assert prop({"$ref": "#/$defs/Tree"}, dialect, **{"$defs": {"Tree": tree}}) == {
        "type": "object",
        "properties": {
            "left": {"type": "object", "description": "The same form as Tree."},
            "all": {"type": "object", "description": "The same form as the whole."},
        },
    }


def test_references_that_multiply_are_bounded() -> None:
    definitions: Json = {f"L{n}": {"properties": {k: {"$ref": f"#/$defs/L{n + 1}"} for k in "abcd"}} for n in range(9)}
    with pytest.raises(ValueError, match=r"too large: more than 10000 parts"):
        normalise({"$ref": "#/$defs/L0", "$defs": {**definitions, "L9": {}}}, "gemini")


def test_lists_of_names_are_bounded_too() -> None:
    with pytest.raises(ValueError, match="too large"):
        normalise({"anyOf": [{"required": [f"p{n}" for n in range(200)]}] * 100}, "openai")


def test_depth_is_bounded() -> None:
    deep: Json = {}
    for _ in range(10_000):
        deep = {"items": deep}
    with pytest.raises(ValueError, match="nested too deeply"):
        normalise({"properties": {"a": deep}}, "openai")
    value: Any = 0
    for _ in range(10_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        normalise({"properties": {"a": {"default": value}}}, "openai")


# What holds for any schema

WORDS = st.sampled_from(
    "a b $ref type properties additionalProperties items anyOf enum title default nullable $defs x".split()
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null", "STRING", "odd"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1e308]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, max_size=3)
    named = st.dictionaries(WORDS, inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, max_size=3),
            "properties": named,
            "patternProperties": named,
            "required": st.lists(WORDS, max_size=3),
            "items": inner | some,
            "prefixItems": some,
            "additionalProperties": inner,
            **dict.fromkeys(("allOf", "anyOf", "oneOf"), some),
            **dict.fromkeys(("not", "if", "then", "else"), inner),
            "enum": st.lists(VALUES, max_size=3),
            "const": VALUES,
            "default": VALUES,
            "nullable": st.booleans(),
            "description": st.text(max_size=3),
            "format": st.sampled_from(["email", "date-time", "int32"]),
            **{word: st.integers(-3, 3) for word in ("minimum", "exclusiveMinimum", "maximum", "minLength")},
            "$ref": st.sampled_from(["#", "#/$defs/A", "#/$defs/B", "#/$defs/A", "#/properties/a"]),
            "$schema": VALUES,
            "$comment": VALUES,
        },
    )


SCHEMAS = st.recursive(st.booleans() | VALUES | st.just({}), grown, max_leaves=8)
DOCUMENTS = st.builds(lambda root, a, b: {**root, "$defs": {"A": a, "B": b}}, grown(SCHEMAS), SCHEMAS, SCHEMAS)

ALLOWED = {
    "gemini": set(
        "type format description nullable enum items minItems maxItems properties required minProperties maxProperties "
        "minLength maxLength pattern anyOf minimum maximum".split()
    ),
    "openai_strict": set(
        "type title description enum const pattern format minItems maxItems minimum maximum exclusiveMinimum "
        "exclusiveMaximum multipleOf items properties required additionalProperties anyOf".split()
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=60)
@given(document=DOCUMENTS)
def test_any_schema(dialect: Dialect, document: Json) -> None:
    before = copy.deepcopy(document)
    try:
        written = normalise(document, dialect)
    except ValueError as refusal:
        assert str(refusal).startswith("The ")
        return
    finally:
        assert document == before
    assert normalise(written, dialect) == written
    json.dumps(written, allow_nan=False)
    assert written["type"] == "object"
    assert not {"anyOf", "oneOf", "allOf", "enum", "const", "not"} & written.keys()
    for node in nodes(written):
        assert not {"$ref", "$defs", "$schema", "$comment", "definitions", "allOf"} & node.keys()
        assert node.keys() <= ALLOWED.get(dialect, node.keys())
        if dialect == "gemini":
            assert isinstance(node.get("type", ""), str)
            assert "type" in node or "anyOf" in node
            assert "items" in node or node.get("type") != "array"
            assert all(isinstance(value, str) and value for value in node.get("enum", ()))
            assert set(node.get("required", ())) <= node.get("properties", {}).keys()
        if dialect == "openai_strict" and "properties" in node:
            assert node["required"] == list(node["properties"])
            assert node["additionalProperties"] is False


def test_equal_schemas_are_written_once_and_others_are_told_apart() -> None:
    def schema(least: float) -> Json:
        return {"type": "object", "properties": {"n": {"type": "number", "minimum": least}}}

    first = normalise(schema(1), "openai")
    assert normalise(schema(1), "openai") is first
    for other in (normalise(schema(2), "openai"), normalise(schema(1.0), "openai"), normalise(schema(1), "anthropic")):
        assert other is not first
    odd = {**schema(1), "title": "\ud800"}
    assert normalise(odd, "openai")["title"] == "\ud800"
