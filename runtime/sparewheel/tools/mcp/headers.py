"""Values of a message that revision 2026-07-28 repeats in HTTP headers.

Source: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http, "Request Metadata".
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Places: TypeAlias = "dict[str, tuple[str, ...]]"

_WORD: Final = "x-mcp-header"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN: Final = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_ENCODED: Final = re.compile(r"=\?base64\?.*\?=", re.DOTALL)
_DATA: Final = ("default", "const", "enum", "examples")  # keywords whose values are no schemas


def header_value(text: str) -> str:
    """`text` as the value of a header: itself, or in base64 if it has characters that a header cannot carry."""
    if _PLAIN.fullmatch(text) and not _ENCODED.fullmatch(text):
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def places(schema: Mapping[str, Any]) -> Places:
    """The headers that a tool's arguments are repeated in, each with the path of its argument.

    Raises:
        ValueError: the schema breaks the rules for them, so the tool must not be offered.
    """
    found: Places = {}
    _find(schema, (), found)
    return found


def param_headers(found: Places, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The headers for these arguments."""
    headers: dict[str, str] = {}
    for name, path in found.items():
        value: Any = arguments
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, bool):
            headers[f"Mcp-Param-{name}"] = str(value).lower()
        elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):  # infinity is not
            headers[f"Mcp-Param-{name}"] = str(int(value))
        elif isinstance(value, str):
            headers[f"Mcp-Param-{name}"] = header_value(value)
    return headers


def _find(node: object, path: tuple[str, ...] | None, found: Places) -> None:
    """Look for the annotation in a schema. `path` is that of its value in the arguments, None without a fixed one."""
    if isinstance(node, list):
        for each in node:
            _find(each, None, found)
    if not isinstance(node, dict):
        return
    if _WORD in node:
        _add(node, path, found)
    for word, value in node.items():
        if word == "properties" and isinstance(value, dict):
            for name, each in value.items():
                _find(each, None if path is None else (*path, name), found)
        elif word not in _DATA:
            _find(value, None, found)


def _add(node: dict[str, Any], path: tuple[str, ...] | None, found: Places) -> None:
    name = node[_WORD]
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise ValueError(f"{_WORD} is not the name of a header: {ascii(name)[:100]}")
    if not path:
        raise ValueError(f"{_WORD} {name[:100]} is not on a property that always has the same place")
    if node.get("type") not in ("string", "integer", "boolean"):
        raise ValueError(f"{_WORD} {name[:100]} is not on a string, an integer or a boolean")
    if name.lower() in (other.lower() for other in found):
        raise ValueError(f"{_WORD} {name[:100]} is there twice")
    found[name] = path
