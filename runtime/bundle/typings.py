"""The event contract in the page's language: JSON schema to TypeScript, from the one source `sparewheel.events`.

`python -m bundle.typings` rewrites `web/events.d.ts`; a test fails when the file is not what this makes of the source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, get_args

from sparewheel import errors, events

TARGET: Final = Path(__file__).parents[2] / "web" / "events.d.ts"
_HEAD: Final = "// Generated from runtime/sparewheel/events.py by `python -m bundle.typings`: change it there.\n"
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "Kind": get_args(errors.Kind),
    "Code": get_args(errors.Code),
    "BlockKind": get_args(events.BlockKind),
    "FinishReason": get_args(events.FinishReason),
}
_PLAIN: Final = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
    "object": "Record<string, unknown>",
}


def typescript() -> str:
    """The text of `events.d.ts`."""
    schema = events.json_schema()
    parts = [_HEAD]
    parts += [f"export type {name} = {_union(values)};\n" for name, values in _ALIASES.items()]
    parts += [_interface(name, shape) for name, shape in schema["$defs"].items()]
    members = [option["$ref"].rpartition("/")[2] for option in schema["anyOf"]]
    parts.append("/** What a listener receives. */\nexport type Event =\n  | " + "\n  | ".join(members) + ";\n")
    return "\n".join(parts)


def _interface(name: str, shape: dict[str, Any]) -> str:
    lines = [f"/** {' '.join(shape['description'].split())} */"] if "description" in shape else []
    lines.append(f"export interface {name} {{")
    required = set(shape["required"])
    for field, details in shape["properties"].items():
        lines.append(f"  {field}{'' if field in required else '?'}: {_type(details)};")
    return "\n".join([*lines, "}", ""])


def _type(details: dict[str, Any]) -> str:
    if "$ref" in details:
        return str(details["$ref"]).rpartition("/")[2]
    if "const" in details:
        return json.dumps(details["const"])
    if "enum" in details:
        values = tuple(details["enum"])
        return next((name for name, alias in _ALIASES.items() if alias == values), _union(values))
    if "anyOf" in details:
        return " | ".join(_type(option) for option in details["anyOf"])
    if details["type"] == "array":
        return f"{_type(details['items'])}[]"
    return _PLAIN[details["type"]]


def _union(values: tuple[str, ...]) -> str:
    return " | ".join(json.dumps(value) for value in values)


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")
