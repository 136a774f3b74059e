"""A JSON schema as a plain tree: references written out, old forms made new, and trees combined.

What `schema.py` writes for an API, it writes from this. Everything is bounded, because schemas come from outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

Node: TypeAlias = dict[str, Any]

MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000

_TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")
OPTIONS: Final = ("anyOf", "oneOf")

# Keywords by what their value is; any other keyword is left out.
SINGLE: Final = ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains")
MAP: Final = ("properties", "patternProperties", "dependentSchemas")
LIST: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
NUMBER: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNT: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_STRING: Final = ("title", "description", "format", "pattern")
_VALUE: Final = ("default", "const")
_STRUCTURE: Final = ("type", "properties", "items", "prefixItems", "enum", "const")


class Budget:
    """Bounds the work: references make a small schema a huge one."""

    def __init__(self) -> None:
        self._left = MAX_NODES

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"The schema is too large: more than {MAX_NODES} parts, references written out.")


# Reading


class Reader:
    """Copies a schema into a plain tree: references written out, old forms made new, what is malformed left out."""

    def __init__(self, document: object, budget: Budget) -> None:
        self._document = document
        self._budget = budget

    def read(self, schema: object, depth: int, opened: tuple[str, ...]) -> Node:
        """`opened` are the references we are inside of."""
        self._budget.spend()
        if depth > MAX_DEPTH:
            raise ValueError(f"The schema is nested too deeply: more than {MAX_DEPTH} levels.")
        if not isinstance(schema, Mapping):
            if depth == 0:
                raise ValueError("The schema is not a JSON object.")
            return {} if schema is not False else {"not": {}}
        node: Node = {}
        self._read_plain(schema, node)
        self._read_nested(schema, node, depth + 1, opened)
        infer_type(node)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            node = both(node, self._resolve(reference, depth, opened))
        if schema.get("nullable") is True:  # OpenAPI's way to say it, Gemini's too
            node = allow_null(merged(node))
        return node

    def _resolve(self, reference: str, depth: int, opened: tuple[str, ...]) -> Node:
        if reference in opened or reference == "#":
            name = reference.rpartition("/")[2].strip("#")
            return {"type": "object", "description": f"Again of the form {name}." if name else "Again of this form."}
        return self.read(self._find(reference), depth + 1, (*opened, reference))

    def _find(self, reference: str) -> object:
        if not reference.startswith("#/"):
            raise ValueError(f"The schema refers to {reference[:100]!r}, which it does not hold itself.")
        place = self._document
        for step in unquote(reference[2:]).split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(place, Mapping) and key in place:
                place = place[key]
            elif isinstance(place, list) and key.isdecimal() and len(key) < 6 and int(key) < len(place):
                place = place[int(key)]
            else:
                raise ValueError(f"The schema refers to {reference[:100]!r}, which it does not hold.")
        return place

    def _read_plain(self, schema: Mapping[str, Any], node: Node) -> None:
        if known := _known_types(schema.get("type")):
            node["type"] = known[0] if len(known) == 1 else known
        for words, fits in ((_STRING, _is_string), (NUMBER, _is_number), (_COUNT, _is_count)):
            node |= {word: schema[word] for word in words if fits(schema.get(word))}
        for bound in ("Minimum", "Maximum"):  # draft 4 wrote a flag here
            if schema.get(f"exclusive{bound}") is True and bound.lower() in node:
                node[f"exclusive{bound}"] = node.pop(bound.lower())
        for word in _VALUE:
            if word in schema:
                node[word] = self._value(schema[word], 0)
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            node["enum"] = self._value(schema["enum"], 0)
        required = schema.get("required")
        if isinstance(required, list) and (names := [each for each in self._value(required, 0) if _is_string(each)]):
            node["required"] = list(dict.fromkeys(names))

    def _read_nested(self, schema: Mapping[str, Any], node: Node, depth: int, opened: tuple[str, ...]) -> None:
        for word in SINGLE:
            value = schema.get(word)
            if word == "additionalProperties" and isinstance(value, bool):
                node[word] = value
            elif isinstance(value, (Mapping, bool)):
                node[word] = self.read(value, depth, opened)
        for word in MAP:
            if isinstance(value := schema.get(word), Mapping):
                node[word] = {
                    name: self.read(each, depth, opened)
                    for name, each in value.items()
                    if isinstance(name, str) and (each is not False or word != "properties")
                }
        for word in LIST:
            value = schema.get(word)
            if word == "prefixItems" and isinstance(schema.get("items"), list):  # draft 7 wrote tuples so
                value = schema["items"]
            if isinstance(value, list) and value:
                read = [self.read(each, depth, opened) for each in value if each is not False or word == "prefixItems"]
                if read:
                    node[word] = read

    def _value(self, value: object, depth: int) -> Any:
        self._budget.spend()
        if depth > MAX_DEPTH:
            raise ValueError("The schema holds a value that is nested too deeply.")
        if value is None or isinstance(value, (str, bool)) or _is_number(value):
            return value
        if isinstance(value, (list, tuple)):
            return [self._value(each, depth + 1) for each in value]
        if isinstance(value, Mapping):
            return {str(name): self._value(each, depth + 1) for name, each in value.items()}
        raise ValueError(f"The schema holds a value that JSON cannot say ({type(value).__name__}).")


def _known_types(types: object) -> list[str]:
    named = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    lower = (each.lower() for each in named if isinstance(each, str))  # Gemini's own are in capitals
    return list(dict.fromkeys(each for each in lower if each in _TYPES))


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() < 1024
    return isinstance(value, float) and math.isfinite(value)


def infer_type(node: Node) -> None:
    """Say the type where the rest of the node says it."""
    if any(word in node for word in ("type", "allOf", *OPTIONS)):
        return
    if "const" in node or "enum" in node:
        kinds = list(dict.fromkeys(_kind_of(value) for value in values_of(node)))
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        node["type"] = kinds[0] if len(kinds) == 1 else kinds
    elif "properties" in node:
        node["type"] = "object"
    elif "items" in node or "prefixItems" in node:
        node["type"] = "array"


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    for kind, types in (("boolean", bool), ("string", str), ("integer", int), ("number", float), ("array", list)):
        if isinstance(value, types):
            return kind
    return "object"


# Combining


def kinds_of(node: Node) -> list[str]:
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def values_of(node: Node) -> list[Any]:
    """The values that `const` or `enum` allows; empty where neither is there."""
    return [node["const"]] if "const" in node else list(node.get("enum", ()))


def allow_null(node: Node) -> Node:
    """The node with null as one more value."""
    nullable = dict(node)
    for word in OPTIONS:
        if word in node and not any("null" in kinds_of(option) for option in node[word]):
            nullable[word] = [*node[word], {"type": "null"}]
    if values_of(node):
        nullable = without(nullable, "const")
        nullable["enum"] = [*(value for value in values_of(node) if value is not None), None]
    kinds = kinds_of(node)
    if kinds and "null" not in kinds:
        nullable["type"] = [*kinds, "null"]
    return nullable


def both(first: Node, second: Node) -> Node:
    """What satisfies both, as far as one node can say it; where it cannot, and in descriptions, `first` holds."""
    if "if" in first:
        second = without(second, "if", "then", "else")  # one condition, not the halves of two
    joined = {**second, **first}
    for word in first:
        if word in second and word in _JOIN:
            joined[word] = _JOIN[word](first[word], second[word])
    return joined


def _join_maps(first: Node, second: Node) -> Node:
    joined = {**first, **second}
    for name in first:
        if name in second:
            joined[name] = both(first[name], second[name])
    return joined


def _join_types(first: Any, second: Any) -> Any:
    mine, theirs = kinds_of({"type": first}), kinds_of({"type": second})
    common = [kind for kind in mine if kind in theirs or (kind == "integer" and "number" in theirs)]
    if "integer" in theirs and "number" in mine and "integer" not in common:
        common.append("integer")
    return first if not common else common[0] if len(common) == 1 else common


def _join_enums(first: list[Any], second: list[Any]) -> list[Any]:
    return [value for value in first if value in second] or first


def _join_lists(first: list[Any], second: list[Any]) -> list[Any]:
    return list(dict.fromkeys([*first, *second]))


def _join_closed(first: Any, second: Any) -> Any:
    return False if first is False or second is False else second if first is True else first


_JOIN: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "properties": _join_maps,
    "patternProperties": _join_maps,
    "type": _join_types,
    "enum": _join_enums,
    "required": _join_lists,
    "additionalProperties": _join_closed,
    "allOf": lambda first, second: [*first, *second],
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}


def merged(node: Node) -> Node:
    """The node without `allOf`: its parts merged into it."""
    if "allOf" not in node:
        return node
    while "allOf" in node:
        parts = node["allOf"]
        node = {word: value for word, value in node.items() if word != "allOf"}
        for part in parts:
            node = both(node, part)
    infer_type(node)
    return node


def without(node: Node, *words: str) -> Node:
    return {word: value for word, value in node.items() if word not in words}


def options_of(node: Node) -> tuple[Node, list[Node]]:
    """A node without `allOf`, split into what holds anyway and the options of its `anyOf` or `oneOf`.

    Options that only add conditions to a node that has a form of its own are left out; others take that form in.
    """
    node = merged(node)
    options = [merged(option) for option in node.get("anyOf") or node.get("oneOf") or ()]
    base = without(node, *OPTIONS)
    infer_type(base)
    if not any(word in base for word in _STRUCTURE):
        return base, options
    if not all(any(word in option for word in (*_STRUCTURE, *OPTIONS)) for option in options):
        return base, []
    shared = without(base, "title", "description", "default")
    combined = [both(option, shared) for option in options]
    return (base, []) if not combined else ({word: base[word] for word in base if word not in shared}, combined)


def items_of(node: Node) -> Node:
    """The one schema for all items of an array; a tuple's items become options."""
    items: Node = node.get("items", {})
    options = list(node.get("prefixItems", ()))
    if not options:
        return items
    if items and items != {"not": {}}:
        options.append(items)
    return options[0] if len(options) == 1 else {"anyOf": options}
