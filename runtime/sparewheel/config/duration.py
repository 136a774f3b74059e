"""Durations in agent files: Go's notation (`1m30s`, `500ms`), or a number of seconds."""

from __future__ import annotations

import math
import re
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_PATTERN: Final = r"^(0|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$"
_SCHEMA: Final = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": _PATTERN},
    ],
    "examples": ["500ms", "60s", "1m30s"],
}

_WHOLE: Final = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _PATTERN}],
    "examples": [10, "10s", "2m"],
}


def parse_duration(value: object) -> float:
    """`value` in seconds. Raises ValueError for anything but a finite duration of at least zero."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
        if not 0 <= seconds < float("inf"):
            raise ValueError("must not be negative")
        return seconds
    if not isinstance(value, str):
        raise ValueError("must be a duration such as 500ms, 60s or 1m30s")
    text = value.strip()
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{value!r} is not a duration such as 500ms, 60s or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


Duration = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(_SCHEMA)]
"""A pydantic field in seconds."""


def whole_seconds(value: object) -> object:
    """A duration in words (`10s`) in seconds, rounded up; other values as they are."""
    return math.ceil(parse_duration(value)) if isinstance(value, str) else value


Seconds = Annotated[int, BeforeValidator(whole_seconds), WithJsonSchema(_WHOLE)]
"""A pydantic field in whole seconds."""
