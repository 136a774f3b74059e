"""Code mode: the other tools of an agent as functions of the code.

A tool whose name is no name in Python, or one that Python has, gets another one.
"""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..base import distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...page.code_messages import CodeFunction
    from ...providers.base import ToolSpec

MAX_DESCRIBED: Final = 24_000  # characters of all signatures in the description of `run_python`
_MAX_DOC: Final = 1_500  # characters of the description of one tool
_TYPES: Final = {
    **{"string": "str", "integer": "int", "number": "float", "boolean": "bool"},
    **{"array": "list", "object": "dict", "null": "None"},
}
_RESERVED: Final = frozenset({*dir(builtins), *keyword.kwlist, "display", "exit", "quit", "ToolError"})


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions by their names in Python, with the names of their tools."""

    specs: list[CodeFunction]
    tools: Mapping[str, str]
    description: str


def functions_of(tools: Sequence[ToolSpec]) -> Functions:
    """Make functions of tools, in their order."""
    names: dict[str, str] = {}
    specs: list[CodeFunction] = []
    lines: list[str] = []
    more: list[str] = []
    room = MAX_DESCRIBED
    for spec in tools:
        name = distinct(identifier(spec.name), names)
        names[name] = spec.name
        properties = _properties(spec.parameters)
        doc = _doc(spec, properties)
        specs.append({"name": name, "args": [each for each in properties if each.isidentifier()], "doc": doc})
        text = f'async def {name}({_signature(spec.parameters, properties)}):\n    """{doc}"""'
        if len(text) <= room:
            room -= len(text)
            lines.append(text)
        else:
            more.append(name)
    if more:
        lines.append(f"# Further functions, described by help(NAME): {', '.join(more)[:4000]}")
    return Functions(specs, names, "\n\n".join(lines))


def identifier(name: str) -> str:
    """A name that Python takes, and does not have yet."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII) or "tool"
    found = f"_{found}" if found[0].isdigit() else found
    return f"{found}_tool" if found in _RESERVED else found


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments: those that are required come first."""
    properties = schema.get("properties")
    found = dict(properties) if isinstance(properties, dict) else {}
    required = _required(schema)
    return {name: found[name] for name in sorted(found, key=lambda name: name not in required)}


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []


def _signature(schema: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    required = _required(schema)
    parts = []
    for name, each in properties.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            continue
        default = "" if name in required else f" = {each['default']!r}" if _has_default(each) else " = None"
        parts.append(f"{name}: {_type(each)}{default[:100]}")
    return ", ".join(parts)


def _has_default(schema: Any) -> bool:
    return isinstance(schema, dict) and "default" in schema


def _type(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "Any"
    options = schema.get("enum")
    if isinstance(options, list) and 0 < len(options) <= 12:
        return f"Literal[{', '.join(map(repr, options))[:300]}]"
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    names = [_TYPES.get(each, "Any") if isinstance(each, str) else "Any" for each in kinds]
    if names == ["list"] and isinstance(schema.get("items"), dict):
        return f"list[{_type(schema['items'])}]"[:100]
    if names == ["Any"] and isinstance(union := schema.get("anyOf"), list):
        names = list(dict.fromkeys(_type(each) for each in union[:6]))
    return " | ".join(names) or "Any"


def _doc(spec: ToolSpec, properties: Mapping[str, Any]) -> str:
    text = " ".join(spec.description.split())
    lines = [text if len(text) <= _MAX_DOC else f"{text[:_MAX_DOC]}…"]
    for name, each in properties.items():
        about = each.get("description") if isinstance(each, dict) else None
        shown = name if name.isidentifier() and not keyword.iskeyword(name) else f"**{{{name!r}: …}}"
        if isinstance(about, str) and about:
            lines.append(f"    {shown}: {' '.join(about.split())[:300]}")
        elif shown != name:
            lines.append(f"    {shown}")
    return "\n".join(lines).replace('"""', "'''").replace("\\", "\\\\")
