"""The arguments of a tool call: a JSON object that matches the tool's schema.

They are kept as JSON text. Every hook and the tool get a copy of their own, so what runs is what was shown.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors.validation import problems
from ..jsonschema.validate import Mismatch
from ..jsontext import read
from ..visible import visible_json
from .base import ToolError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from ..jsonschema.validate import Validator


_MANY_CHARACTERS: Final = 2000  # different ones


@dataclass(frozen=True, slots=True)
class Frozen:
    """Checked arguments. `text` is JSON, with the defaults of the schema."""

    text: str

    def copy(self) -> dict[str, Any]:
        """The arguments, in an object that the caller may change."""
        found: dict[str, Any] = read(self.text)
        return found

    @property
    def shown(self) -> str:
        """The JSON text for the user, in which nothing is invisible."""
        if len(set(self.text)) > _MANY_CHARACTERS:
            return visible_json(json.dumps(self.copy()))  # escapes all but ASCII, much faster
        return visible_json(self.text)


def wrong_arguments(error: ValidationError, arguments: object, model: type[BaseModel]) -> str:
    """The error text that tells the model what to correct in the arguments of a call."""
    return f"The arguments do not match the schema. {problems(error, arguments, model, whole='the arguments')}"


def parse_arguments(text: str, validator: Validator) -> Frozen:
    """Parse the arguments of a call and check them. Raises `ToolError`, also for a number that would be rounded.

    An optional argument that may not be null and is null counts as left out: models write null for "none".
    """
    try:
        value = read(text, strict=True, exact=True)
    except ValueError as error:
        raise ToolError(f"The arguments are not JSON that can be used: {error}") from None
    if not isinstance(value, dict):
        raise ToolError("The arguments must be a JSON object.")
    try:
        return Frozen(_written(validator.check(value, "arguments")))
    except Mismatch as error:
        fewer = {name: each for name, each in value.items() if each is not None}
        with suppress(Mismatch):
            if len(fewer) < len(value):
                return Frozen(_written(validator.check(fewer, "arguments")))
        raise ToolError(str(error)) from None


def changed_arguments(value: object, validator: Validator) -> Frozen:
    """The arguments that a hook returned, checked like those of a model. Raises `ToolError`."""
    return parse_arguments(_written(value), validator)


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolError(f"The arguments cannot be written as JSON: {error}"[:500]) from None
