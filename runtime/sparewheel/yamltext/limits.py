"""How much one text may hold, and the error of a text that holds more or is not YAML."""

from __future__ import annotations

from typing import Any, Final

MAX_CHARS: Final = 1024 * 1024
MAX_TOKENS: Final = 200_000
MAX_TEXT: Final = 64 * 1024  # characters of one scalar, anchor, tag or directive, which is read in one step
MAX_VALUES: Final = 100_000  # after aliases are expanded
MAX_DEPTH: Final = 50
STEP: Final = 100  # events or values of one step: a few milliseconds
STEP_CHARS: Final = 2_000  # of one step: a longer text is one step
TOO_DEEP: Final = f"it is nested deeper than {MAX_DEPTH} levels"


class YamlProblem(ValueError):
    """A text is not YAML, or exceeds a limit; the text of the exception says where and why."""


def problem(mark: Any, text: str) -> YamlProblem:
    return YamlProblem(f"line {mark.line + 1}, column {mark.column + 1}: {text}")
