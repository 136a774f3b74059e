"""The arguments of a tool call: a JSON object that matches the tool's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors.validation import problems
from ..jsonschema.validate import Mismatch
from ..jsontext import read
from .base import ToolError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from ..jsonschema.validate import Validator


def wrong_arguments(error: ValidationError, arguments: object, model: type[BaseModel]) -> str:
    """The error text that tells the model what to correct in the arguments of a call."""
    return f"The arguments do not match the schema. {problems(error, arguments, model, whole='the arguments')}"


def parse_arguments(text: str, validator: Validator) -> dict[str, Any]:
    """Parse the arguments of a call. Raises `ToolError`."""
    try:
        value = read(text, strict=True)
    except ValueError as error:
        raise ToolError(f"The arguments are not JSON: {error}") from None
    return check_arguments(value, validator)


def check_arguments(value: object, validator: Validator) -> dict[str, Any]:
    """Check a call's arguments against the schema. Returns them in the form to run with. Raises `ToolError`."""
    if not isinstance(value, dict):
        raise ToolError("The arguments must be a JSON object.")
    try:
        checked: dict[str, Any] = validator.check(value, "arguments")
    except Mismatch as error:
        raise ToolError(str(error)) from None
    return checked
