"""JSON schemas as plain trees: rewriting and combining them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

Node: TypeAlias = dict[str, Any]

OPTIONS: Final = ("anyOf", "oneOf")

# Keywords by the type of their value: a schema, schemas by name, a list of schemas, a number.
SINGLE: Final = ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains")
MAP: Final = ("properties", "patternProperties", "dependentSchemas")
LIST: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
NUMBER: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_DEFINITIONS: Final = ("$defs", "definitions")
_STRUCTURE: Final = ("type", "properties", "items", "prefixItems", "enum", "const")


def rewrite(schema: Node, change: Callable[[Node], Node]) -> Node:
    """Apply `change` to a schema, then to every schema inside the result. `change` must not modify its argument."""
    node: Node = {}
    for word, value in change(schema).items():
        if word in SINGLE and isinstance(value, dict):
            node[word] = rewrite(value, change)
        elif (word in MAP or word in _DEFINITIONS) and isinstance(value, dict):
            node[word] = {
                name: rewrite(each, change) if isinstance(each, dict) else each for name, each in value.items()
            }
        elif word in LIST and isinstance(value, list):
            node[word] = [rewrite(each, change) if isinstance(each, dict) else each for each in value]
        else:
            node[word] = value
    return node


def infer_type(node: Node) -> None:
    """Add the type where the other keywords imply it."""
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


def kinds_of(node: Node) -> list[str]:
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def values_of(node: Node) -> list[Any]:
    """The values that `const` or `enum` allows; empty without either."""
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
    """A node that satisfies both, as far as one node can. `first` wins on a conflict, and its description is kept."""
    if "if" in first:
        second = without(second, "if", "then", "else")  # keep one whole condition
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
    theirs = {to_json(value) for value in second}
    return [value for value in first if to_json(value) in theirs] or first


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
    """A node without `allOf`, split into its common part and the options of its `anyOf` or `oneOf`.

    If the common part has a structure, options without one are dropped, and it is merged into the others.
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
    """One schema for all items of an array; the items of a tuple become options."""
    items: Node = node.get("items", {})
    options = list(node.get("prefixItems", ()))
    if not options:
        return items
    if items and items != {"not": {}}:
        options.append(items)
    return options[0] if len(options) == 1 else {"anyOf": options}
