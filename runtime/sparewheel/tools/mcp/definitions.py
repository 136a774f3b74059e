"""The definitions of a server's tools: read with limits, named for models, and compared with what was approved."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...jsonschema.readable import readable_schema
from ...jsonschema.reader import Reader
from ...jsontext import write
from ...visible import readable
from ..base import distinct
from .headers import places

if TYPE_CHECKING:
    from collections.abc import Container

    from ...jsonschema.reader import Budget
    from .headers import Places
    from .rpc import Message

MAX_NAMED: Final = 1_000  # characters of a server's own names
MAX_NAME: Final = 64  # characters, of names that every provider takes
MAX_DESCRIPTION: Final = 10_000  # characters that a model is shown
MAX_SCHEMA: Final = 100_000  # characters of JSON
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Definition:
    """One tool of a server, in which nothing is invisible. `digest` changes with anything in its definition.

    `headers` are made of its arguments. `is_task`: it can only be called as a task.
    `size` is the number of characters of what a model is shown.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    read_only: bool
    digest: str
    headers: Places
    size: int
    is_task: bool


def definition_of(found: Message, budget: Budget, *, with_headers: bool) -> Definition:
    """The definition in an entry of `tools/list`; with headers if the server's revision has them.

    The parts of its schema, with its references resolved, are counted in `budget`.

    Raises:
        ValueError: the tool cannot be offered; the text tells which and why.
    """
    name = found.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAMED:
        raise ValueError(f"a tool is left out that has no name, or one of more than {MAX_NAMED} characters")
    shown = ascii(name[:MAX_NAME])
    schema = found.get("inputSchema", {})
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise ValueError(f"the tool {shown} is left out: its schema is not that of an object")
    size = len(write(schema))
    if size > MAX_SCHEMA:
        raise ValueError(f"the tool {shown} is left out: its schema has {size} characters, and {MAX_SCHEMA} are read")
    try:
        Reader(schema, budget).read(schema)
        headers = places(schema) if with_headers else {}
        shown_schema = readable_schema(schema)
    except ValueError as error:
        raise ValueError(f"the tool {shown} is left out: {error}") from None
    description = _description(found)
    return Definition(
        name,
        description,
        _parameters(shown_schema),
        _is_read_only(found.get("annotations")),
        hashlib.sha256(write(found).encode()).hexdigest(),
        headers,
        len(description) + size,
        _is_task(found.get("execution")),
    )


def usable_name(name: str, taken: Container[str]) -> str:
    """A name that models can call, made of a server's: of letters, digits, `_` and `-`, short, and not yet taken."""
    usable = _ODD.sub("_", name)
    if len(usable) > MAX_NAME or not usable.strip("_"):
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
        usable = f"{usable[: MAX_NAME - 9]}_{digest}"
    found = distinct(usable, taken)
    return found if len(found) <= MAX_NAME else distinct(f"{usable[: MAX_NAME - 6]}", taken)


def _parameters(schema: Message) -> Message:
    found = {"properties": {}, **schema, "type": "object"}
    if not isinstance(found.get("$schema", ""), str):
        del found["$schema"]
    return found


def _description(found: Message) -> str:
    for text in (found.get("description"), found.get("title")):
        if isinstance(text, str) and text.strip():
            return readable(text) if len(text) <= MAX_DESCRIPTION else f"{readable(text[:MAX_DESCRIPTION])} …"
    return ""


def _is_task(execution: object) -> bool:
    return isinstance(execution, dict) and execution.get("taskSupport") == "required"


def _is_read_only(annotations: object) -> bool:
    """What the server tells about its tool. Nothing proves it: `safety` of the agent file decides what that frees."""
    hints = annotations if isinstance(annotations, dict) else {}
    return hints.get("readOnlyHint") is True and hints.get("destructiveHint") is not True
