"""The definitions of a server's tools: read with limits, named for models, and compared with what was approved."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import write
from ..base import distinct

if TYPE_CHECKING:
    from collections.abc import Container

    from .rpc import Message

MAX_NAME: Final = 64  # characters, of names that every provider takes
MAX_DESCRIPTION: Final = 10_000  # characters that a model is shown
MAX_SCHEMA: Final = 100_000  # characters of JSON
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Definition:
    """One tool of a server. `digest` changes with anything in its definition."""

    name: str
    description: str
    parameters: dict[str, Any]
    read_only: bool
    digest: str


def definition_of(found: Message) -> Definition | str:
    """The definition in an entry of `tools/list`, or why it cannot be used."""
    name = found.get("name")
    if not isinstance(name, str) or not name:
        return "a tool without a name"
    schema = found.get("inputSchema", {})
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return f"the tool {name[:MAX_NAME]!a} has no schema of an object"
    whole = write(found)
    if len(write(schema)) > MAX_SCHEMA:
        return f"the tool {name[:MAX_NAME]!a} has a schema of more than {MAX_SCHEMA} characters"
    return Definition(
        name,
        _description(found),
        {"type": "object", "properties": {}, **schema},
        _read_only(found.get("annotations")),
        hashlib.sha256(whole.encode()).hexdigest(),
    )


def usable_name(name: str, taken: Container[str]) -> str:
    """A name that models can call, made of a server's: of letters, digits, `_` and `-`, short, and not yet taken."""
    usable = _ODD.sub("_", name)
    if len(usable) > MAX_NAME or not usable.strip("_"):
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
        usable = f"{usable[: MAX_NAME - 9]}_{digest}"
    return distinct(usable, taken)


def _description(found: Message) -> str:
    for text in (found.get("description"), found.get("title")):
        if isinstance(text, str) and text.strip():
            return text if len(text) <= MAX_DESCRIPTION else f"{text[:MAX_DESCRIPTION]} …"
    return ""


def _read_only(annotations: object) -> bool:
    """What the server tells about its tool. Like all of its texts it may be wrong; the agent file decides on trust."""
    return isinstance(annotations, dict) and annotations.get("readOnlyHint") is True
