"""Reading values from a response: JSON of unknown shape, in which any field can be missing, null or of another type."""

from __future__ import annotations

import json
from typing import Any

from ..jsontext import read


class ErrorObject(Exception):
    """An error inside a stream, as the server sent it; `Frames` classifies it."""

    def __init__(self, body: object) -> None:
        super().__init__()
        self.body = body


def parse_own(text: str) -> object:
    """The JSON value of a signature that the same wire format wrote; None for a signature of another kind."""
    try:
        value: object = read(text) if text else None
        return value
    except ValueError:
        return None


def string(value: object) -> str:
    """`value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def count(value: object) -> int | None:
    """`value` if it is a number of tokens, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def arguments_text(value: object) -> str:
    """The arguments of a call as JSON text; some servers send the value itself."""
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False)
