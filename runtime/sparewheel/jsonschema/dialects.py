"""Writes JSON schemas in the form that each API accepts.

Kept by hand: what each API accepts is documented by its vendor only, and changes with it.

The schemas of tools come from pages, MCP servers and pydantic, and may use all of JSON Schema. APIs accept less, and an
unknown keyword fails the whole request. So a schema is read into a plain tree and written in the *dialect* of the API:

    openai          JSON Schema with an object at the top and no combinations of schemas there
    openai_strict   structured outputs: all objects closed, all properties required, a short list of keywords
    anthropic       as openai, with a restricted alphabet for property names
    gemini          `Schema`, a subset of OpenAPI 3.0 in which unknown keywords are refused

Gemini also has `parametersJsonSchema`. Its `Schema` is used because every model and gateway supports it, and because it
can express everything that models observe; the rest goes into the description.

The result may be more permissive than the schema, because arguments are validated against the schema itself. Written by
hand, because no library knows what each API accepts.
Sources: OpenAI "Structured outputs: supported schemas"; Anthropic "Self-hosted sandboxes" (schemas of custom tools);
Gemini API reference "Schema", "FunctionDeclaration".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pydantic_core import to_json

from ..bounded import BoundedDict
from .reader import Budget, Reader
from .tree import (
    NUMBER,
    OPTIONS,
    Node,
    allow_null,
    both,
    items_of,
    kinds_of,
    merged,
    options_of,
    rewrite,
    values_of,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect: TypeAlias = Literal["openai", "openai_strict", "anthropic", "gemini"]

_NOT_AT_THE_TOP: Final = ("enum", "const", "not", "if", "then", "else", "default")
_ANTHROPIC_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_STRICT: Final = ("type", "title", "description", "enum", "const", "pattern", "format", "minItems", "maxItems", *NUMBER)

# The keywords of Gemini's `Schema` by type. Enums are for strings only; strings have one format.
_GEMINI: Final[dict[str, tuple[str, ...]]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_GEMINI_FORMATS: Final = {"string": ("date-time",), "number": ("float", "double"), "integer": ("int32", "int64")}
_SCALARS: Final = ("string", "number", "boolean")


# A tool's schema is the same object in every request, and there may be hundreds of them, so each is read once. The
# schema is kept beside its result so that no other object can get its id. Sessions of a page mostly have the same
# tools, in other objects: their text finds what was written before.
_CACHE: Final[BoundedDict[tuple[int, Dialect], tuple[Mapping[str, Any], dict[str, Any]]]] = BoundedDict(2000)
_BY_TEXT: Final[BoundedDict[tuple[bytes, Dialect], dict[str, Any]]] = BoundedDict(2000)


def normalise(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """`write`, cached. Neither the schema nor the result may be changed afterwards."""
    cached = _CACHE.get((id(schema), dialect))
    if cached is None:
        cached = _CACHE[id(schema), dialect] = (schema, _of_text(schema, dialect))
    return cached[1]


def _of_text(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    try:
        text = to_json(schema)
    except ValueError:  # it has something that JSON lacks, which `write` leaves out or refuses
        return write(schema, dialect)
    written = _BY_TEXT.get((text, dialect))
    if written is None:
        written = _BY_TEXT[text, dialect] = write(schema, dialect)
    return written


def write(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The schema in the form that `dialect` accepts: of an object, without references, bounded in size.

    Idempotent; the input is not modified. A recursive reference becomes an object without properties. In
    `openai_strict` an optional property becomes required and nullable, as that API demands.

    Raises:
        ValueError: the schema is not that of an object, has an invalid reference or is too large; or, in
            `openai_strict`, an object has open keys. The message is for people.
    """
    budget = Budget()
    root = _as_object(Reader(schema, budget).read(schema))
    if dialect == "gemini":
        return {"properties": {}, **_gemini(root, budget)}
    if dialect == "openai_strict":
        return _strict({"additionalProperties": False, **root}, budget)
    return _plain(root, budget, dialect)


def _as_object(node: Node) -> Node:
    """The top level. APIs refuse alternatives there, so they are merged to one object with all their properties."""
    node = merged(node)
    for word in OPTIONS:
        if word in node:
            objects = [_as_object(option) for option in node[word] if _may_be_object(option)]
            if not objects:
                raise ValueError("The schema allows no object.")
            node = both(without(node, word), _union(objects))
    if not _may_be_object(node):
        raise ValueError(f"The schema is of type {kinds_of(node)[0]}, not object.")
    return {"properties": {}, **without(node, *_NOT_AT_THE_TOP), "type": "object"}


def _may_be_object(node: Node) -> bool:
    kinds = kinds_of(merged(node))
    return not kinds or "object" in kinds


def _union(objects: list[Node]) -> Node:
    """One object for several: a property has the forms of all, and is required only if all require it."""
    forms: dict[str, dict[str, Node]] = {}
    for each in objects:
        for name, form in each["properties"].items():
            forms.setdefault(name, {}).setdefault(_identity(form), form)
    union: Node = {
        "properties": {
            name: next(iter(each.values())) if len(each) == 1 else {"anyOf": list(each.values())}
            for name, each in forms.items()
        }
    }
    in_all = set.intersection(*(set(each.get("required", ())) for each in objects))
    required = [name for name in objects[0].get("required", ()) if name in in_all]
    if required:
        union["required"] = required
    if all(each.get("additionalProperties") is False for each in objects):
        union["additionalProperties"] = False
    return union


def _identity(node: Node) -> str:
    return json.dumps(node, sort_keys=True)


def _plain(root: Node, budget: Budget, dialect: Dialect) -> Node:
    def change(node: Node) -> Node:
        budget.spend()
        node = merged(node)  # many servers do not know allOf and would lose what it holds
        if dialect == "anthropic":
            _check_names(node)
        elif "array" in kinds_of(node):  # an array without items, or with those of a tuple, is refused
            node = {**without(node, "prefixItems"), "items": items_of(node)}
        return node

    return rewrite(root, change)


def _check_names(node: Node) -> None:
    for name in node.get("properties", ()):
        if not _ANTHROPIC_NAME.fullmatch(name):
            raise ValueError(f"The property name {name[:80]!r} is not of 1 to 64 letters, digits, '_', '.' and '-'.")


def _strict(node: Node, budget: Budget) -> Node:
    budget.spend()
    node, options = options_of(node)
    written: Node = {word: node[word] for word in _STRICT if word in node}
    if options:
        return {**written, "anyOf": [_strict(option, budget) for option in options]}
    kinds = kinds_of(node)
    if not kinds:
        return {**written, "type": [*_SCALARS, "null"]}  # any value, as far as the dialect can express it
    if "array" in kinds:
        written["items"] = _strict(items_of(node), budget)
    if "object" in kinds:
        properties = node.get("properties", {})
        if not properties and node.get("additionalProperties") is not False:
            raise ValueError("The schema has an object with open keys, which strict output does not allow.")
        required = set(node.get("required", ()))
        written["properties"] = {
            name: _strict(each if name in required else allow_null(merged(each)), budget)
            for name, each in properties.items()
        }
        written["required"] = list(properties)
        written["additionalProperties"] = False
    return written


def _gemini(node: Node, budget: Budget) -> Node:
    budget.spend()
    node, options = options_of(node)
    if options:
        return _gemini_options(node, [_gemini(option, budget) for option in options])
    kinds, values = kinds_of(node), values_of(node)
    types = [kind for kind in kinds if kind != "null" and not (kind == "integer" and "number" in kinds)]
    notes = _gemini_notes(node, types, values)
    if kinds and not types:
        written: Node = {"type": "null"}
    elif not types:
        written = _gemini_anything()
    elif len(types) == 1:
        written = _gemini_of_type(node, types[0], budget)
        if types == ["string"] and _are_words(values):
            written["enum"] = list(dict.fromkeys(value for value in values if value is not None))
    else:
        written = {"anyOf": [_gemini_of_type(node, kind, budget) for kind in types]}
    if notes:
        written["description"] = notes
    if types and "null" in kinds and (not values or None in values):
        written["nullable"] = True
    return written


def _gemini_options(node: Node, options: list[Node]) -> Node:
    distinct = {_identity(option): option for option in options if option.get("type") != "null"}
    if not distinct:
        written: Node = {"type": "null"}
    elif len(distinct) == 1:
        written = dict(next(iter(distinct.values())))
    else:
        written = {"anyOf": list(distinct.values())}
    notes = dict.fromkeys(text for text in (node.get("description"), written.get("description")) if text)
    if notes:
        written["description"] = " ".join(notes)
    if distinct and any(option.get("type") == "null" or option.get("nullable") for option in options):
        written["nullable"] = True
    return written


def _gemini_of_type(node: Node, kind: str, budget: Budget) -> Node:
    written: Node = {"type": kind, **{word: node[word] for word in _GEMINI.get(kind, ()) if word in node}}
    if kind in ("number", "integer"):
        step = 1 if kind == "integer" else 0
        if "exclusiveMinimum" in node:
            low = node["exclusiveMinimum"] + step
            written["minimum"] = max(low, written.get("minimum", low))
        if "exclusiveMaximum" in node:
            high = node["exclusiveMaximum"] - step
            written["maximum"] = min(high, written.get("maximum", high))
    if node.get("format") in _GEMINI_FORMATS.get(kind, ()):
        written["format"] = node["format"]
    if kind == "array":
        written["items"] = _gemini(items_of(node), budget)  # required
    if kind == "object" and node.get("properties"):
        written["properties"] = {name: _gemini(each, budget) for name, each in node["properties"].items()}
        required = [name for name in node.get("required", ()) if name in node["properties"]]
        if required:
            written["required"] = required
    return written


def _gemini_anything() -> Node:
    simple = [{"type": kind} for kind in (*_SCALARS, "object")]
    return {"anyOf": [*simple, {"type": "array", "items": {"anyOf": list(simple)}}]}


def _gemini_notes(node: Node, types: list[str], values: list[Any]) -> str:
    """The description, with the constraints that `Schema` cannot express."""
    notes = [node["description"]] if node.get("description") else []
    if values and types and not (types == ["string"] and _are_words(values)):
        notes.append(f"One of: {', '.join(json.dumps(value, ensure_ascii=False) for value in values)}.")
    if types == ["string"] and "format" in node and node["format"] not in _GEMINI_FORMATS["string"]:
        notes.append(f"Format: {node['format']}.")
    return " ".join(notes)


def _are_words(values: list[Any]) -> bool:
    """Whether Gemini accepts them in an enum: strings, none of them empty."""
    words = [value for value in values if value is not None]
    return bool(words) and all(isinstance(value, str) and value for value in words)
