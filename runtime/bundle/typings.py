"""TypeScript declarations generated from the runtime's types, by way of their JSON schema.

`python -m bundle.typings` rewrites the files of `GENERATED`; a test fails when one of them is out of date. The
generator is json-schema-to-typescript (https://github.com/bcherny/json-schema-to-typescript), run under Node.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final, get_args

from bundle.fetch import fetch_node_modules
from bundle.shell import INSIDE, WEB, BuildError, alone
from sparewheel import errors, events
from sparewheel.jsonschema.tree import rewrite, without
from sparewheel.page import protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_GENERATOR: Final = INSIDE / "typings.mjs"


def typescript(
    schema: Mapping[str, Any], name: str, head: str, literals: Mapping[str, Sequence[object]] | None = None
) -> str:
    """Generate the text of a `.d.ts` file.

    Args:
        schema: a JSON schema, as pydantic writes it. Each of its `$defs` becomes an exported type of that name, with
            its `description` as the comment; titles are ignored. `{"tsType": "X"}` stands for the TypeScript type `X`.
        name: the exported type that stands for the schema as a whole.
        head: the text above the types: a comment that names the source, imports.
        literals: names for sets of values; each becomes an exported type, used wherever the schema has exactly these.

    Raises:
        BuildError: npm could not fetch the generator, or it refused the schema.
    """
    with alone("build"):
        fetch_node_modules()
    known = {tuple(values): key for key, values in (literals or {}).items()}
    prepared = rewrite(dict(schema), lambda node: _prepare(node, known))
    prepared["$defs"] = prepared.get("$defs", {}) | {key: {"enum": list(values)} for values, key in known.items()}
    request = json.dumps({"schema": prepared, "name": name, "head": head})
    done = subprocess.run(["node", _GENERATOR], input=request, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise BuildError(f"json-schema-to-typescript failed for {name}: {done.stderr.strip()}")
    return done.stdout


def event_types() -> str:
    """Generate the text of `web/events.d.ts`."""
    schema = events.json_schema() | {"description": "What a listener receives."}
    literals = {
        "Kind": get_args(errors.Kind),
        "Code": get_args(errors.Code),
        "BlockKind": get_args(events.BlockKind),
        "FinishReason": get_args(events.FinishReason),
        "AbortReason": get_args(events.AbortReason),
    }
    return typescript(schema, "Event", _head("events"), literals)


def protocol_types() -> str:
    """Generate the text of `web/protocol.d.ts`."""
    names = (
        *("AbortReason", "AnnotationShape", "AssistantMessage", "AttemptRecord", "Code", "Event", "FinishReason"),
        *("Kind", "MediaShape", "ToolCallShape", "UsageTotals"),
    )
    imports = f'import type {{ {", ".join(names)} }} from "./events.js";\n'
    return typescript(protocol.json_schema(), "Protocol", _head("page/protocol.py") + imports)


def _head(source: str) -> str:
    return f"// Generated from runtime/sparewheel/{source} by `python -m bundle.typings`: change it there.\n"


def _prepare(node: dict[str, Any], literals: Mapping[tuple[object, ...], str]) -> dict[str, Any]:
    """Leave out the title (the generator would make a type of each) and refer to the named literals."""
    literal = literals.get(tuple(node["enum"])) if "enum" in node else None
    return {"$ref": f"#/$defs/{literal}"} if literal else without(node, "title")


GENERATED: Final[dict[str, Callable[[], str]]] = {
    "events.d.ts": event_types,
    "protocol.d.ts": protocol_types,
}  # by path below web/


if __name__ == "__main__":
    for path, make in GENERATED.items():
        (WEB / path).write_text(make(), encoding="utf-8")
