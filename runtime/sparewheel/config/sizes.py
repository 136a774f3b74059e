"""Sizes of memory in agent files: `256MB`, `1GB`, or a number of megabytes."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

_SIZE: Final = re.compile(r"(\d{1,9})\s*(MB|GB)?", re.IGNORECASE)
_SCHEMA: Final = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d{1,9}\s*([mMgG][bB])?$"}],
    "examples": ["256MB", "1GB"],
}


def parse_megabytes(value: object) -> int:
    """`value` in megabytes. Raises ValueError for anything but a whole number of mega- or gigabytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a size such as 256MB or 1GB")
    return int(found[1]) * (1024 if (found[2] or "").upper() == "GB" else 1)


Megabytes = Annotated[int, BeforeValidator(parse_megabytes), WithJsonSchema(_SCHEMA)]
"""A pydantic field in megabytes."""
