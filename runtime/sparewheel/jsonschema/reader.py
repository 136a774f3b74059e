"""Reads a JSON schema from outside into a plain tree: references resolved, old forms replaced, size bounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from .tree import LIST, MAP, NUMBER, SINGLE, allow_null, both, infer_type, merged

if TYPE_CHECKING:
    from .tree import Node

MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000
MAX_REFERENCE: Final = 1_000  # characters

_TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")
_COUNT: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_STRING: Final = ("title", "description", "format", "pattern")
_VALUE: Final = ("default", "const")
_NESTED: Final = frozenset((*SINGLE, *MAP, *LIST))
_MAPPING: Final = (dict, Mapping)  # a dict is recognized faster by its own type
_TEXT_OF_PART: Final = 100  # characters that count as one more part: a reference may repeat a long text


class Budget:
    """Bounds the work of one schema, because references can make a small schema a huge one."""

    def __init__(self, parts: int = MAX_NODES) -> None:
        self._max = parts
        self.spent = 0

    def spend(self, parts: int = 1, text: str = "") -> None:
        """Count parts, and those that `text` is worth. Raises ValueError when there are too many."""
        self.spent += parts + len(text) // _TEXT_OF_PART
        if self.spent > self._max:
            raise ValueError(f"The schema is too large: more than {self._max} parts with its references resolved.")


def find(document: object, reference: str) -> object:
    """The target of a reference within `document` (`#/a/b/0`, RFC 6901). Raises ValueError for any other reference."""
    if not reference.startswith("#/") or len(reference) > MAX_REFERENCE:
        raise ValueError(f"The schema refers to {reference[:100]!r}, which is not part of it.")
    place = document
    for step in unquote(reference[2:]).split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, _MAPPING) and key in place:
            place = place[key]
        elif isinstance(place, list) and key.isdecimal() and len(key) < 6 and int(key) < len(place):
            place = place[int(key)]
        else:
            raise ValueError(f"The schema refers to {reference[:100]!r}, which does not exist.")
    return place


class Reader:
    """Copies a schema into a plain tree; malformed keywords are left out."""

    def __init__(self, document: object, budget: Budget) -> None:
        self._document = document
        self._budget = budget

    def read(self, schema: object, depth: int = 0, opened: tuple[str, ...] = ()) -> Node:
        """The tree of `schema`. Raises ValueError if it is not an object, too large, too deep, or refers elsewhere.

        `depth` is its nesting depth, `opened` are the references followed to reach it.
        """
        self._budget.spend()
        if depth > MAX_DEPTH:
            raise ValueError(f"The schema is nested too deeply: more than {MAX_DEPTH} levels.")
        if not isinstance(schema, _MAPPING):
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
        if schema.get("nullable") is True:  # the notation of OpenAPI and Gemini
            node = allow_null(merged(node))
        return node

    def _resolve(self, reference: str, depth: int, opened: tuple[str, ...]) -> Node:
        if reference in opened or reference == "#":
            name = reference.rpartition("/")[2].strip("#") or "the whole"
            return {"type": "object", "description": f"The same form as {name}."}
        return self.read(find(self._document, reference), depth + 1, (*opened, reference))

    def _read_plain(self, schema: Mapping[str, Any], node: Node) -> None:
        if known := _known_types(schema.get("type")):
            node["type"] = known[0] if len(known) == 1 else known
        for word, value in schema.items():
            fits = _FITS.get(word)
            if fits is not None and fits(value):
                node[word] = value
                if word in _STRING:
                    self._budget.spend(0, value)
        for bound in ("Minimum", "Maximum"):  # a flag in draft 4
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
        for given, value in schema.items():
            word = given
            if word not in _NESTED:
                continue
            if isinstance(schema.get("items"), list):  # the tuples of draft 7
                word = {"prefixItems": "", "items": "prefixItems"}.get(word, word)
            if word in SINGLE:
                if word == "additionalProperties" and isinstance(value, bool):
                    node[word] = value
                elif isinstance(value, (bool, *_MAPPING)):
                    node[word] = self.read(value, depth, opened)
            elif word in MAP and isinstance(value, _MAPPING):
                node[word] = {
                    self._name(name): self.read(each, depth, opened)
                    for name, each in value.items()
                    if isinstance(name, str) and (each is not False or word != "properties")
                }
            elif word in LIST and isinstance(value, list):
                read = [self.read(each, depth, opened) for each in value if each is not False or word == "prefixItems"]
                if read:
                    node[word] = read

    def _name(self, name: str) -> str:
        self._budget.spend(0, name)
        return name

    def _value(self, value: object, depth: int) -> Any:
        self._budget.spend(1, value if isinstance(value, str) else "")
        if depth > MAX_DEPTH:
            raise ValueError("The schema has a value that is nested too deeply.")
        if value is None or isinstance(value, (str, bool)) or _is_number(value):
            return value
        if isinstance(value, (list, tuple)):
            return [self._value(each, depth + 1) for each in value]
        if isinstance(value, _MAPPING):
            return {self._name(str(name)): self._value(each, depth + 1) for name, each in value.items()}
        raise ValueError(f"The schema has a value that is not JSON ({type(value).__name__}).")


def _known_types(types: object) -> list[str]:
    named = [types] if isinstance(types, str) else types[: len(_TYPES)] if isinstance(types, list) else []
    lower = (each.lower() for each in named if isinstance(each, str))  # Gemini writes them in capitals
    return list(dict.fromkeys(each for each in lower if each in _TYPES))


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() < 1024
    return isinstance(value, float) and math.isfinite(value)


_FITS: Final[dict[str, Callable[[object], bool]]] = {
    **dict.fromkeys(_STRING, _is_string),
    **dict.fromkeys(NUMBER, _is_number),
    **dict.fromkeys(_COUNT, _is_count),
}
