"""Arguments of a tool call: a JSON object that fits the tool's schema, or a sentence that says what does not fit.

Also used for answers that must have a shape. Schemas come from outside too: one that cannot be used is an error of the
tool, never of the turn, and none of them makes anybody fetch anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastjsonschema

from ..page_text import read
from .base import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Validator:
    """Checks values against one JSON schema (drafts 4, 6 and 7). Compiled at the first use."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._check: Callable[[Any], Any] | None = None

    def check(self, value: object, name: str) -> Any:
        """The value, with the schema's defaults filled in. Raises `ToolError` that names what is wrong."""
        if self._check is None:
            self._check = _compile(self._schema)
        try:
            return self._check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise ToolError(f"{name}{error.message.removeprefix('data')[:500]}") from None
        except RecursionError:
            raise ToolError(f"{name} is nested too deeply") from None
        except Exception as error:  # what the schema makes of a value that nobody thought of, as x % 0
            raise ToolError(f"{name} cannot be checked: {type(error).__name__}: {error}"[:500]) from None

    def check_text(self, text: str, name: str) -> Any:
        """The same for JSON text."""
        try:
            value = read(text)
        except (ValueError, RecursionError) as error:
            raise ToolError(f"{name} is not JSON: {error}") from None
        return self.check(value, name)


def parse_arguments(text: str, validator: Validator) -> dict[str, Any]:
    """The arguments of a call. Raises `ToolError`."""
    try:
        value = read(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"The arguments are not JSON: {error}") from None
    return check_arguments(value, validator)


def check_arguments(value: object, validator: Validator) -> dict[str, Any]:
    """The arguments that a call is to run with. Raises `ToolError`."""
    if not isinstance(value, dict):
        raise ToolError("The arguments must be a JSON object.")
    checked: dict[str, Any] = validator.check(value, "arguments")
    return checked


def _compile(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    refused = dict.fromkeys(("http", "https", "file", "ftp"), _no_fetching)
    try:
        check: Callable[[Any], Any] = fastjsonschema.compile(dict(schema), handlers=refused)
    except Exception as error:  # the compiler meets whatever somebody called a schema
        raise ToolError(f"The tool's schema cannot be used: {type(error).__name__}: {error}"[:500]) from None
    return check


def _no_fetching(uri: str) -> None:
    raise ToolError(f"a schema must not refer to {uri}")
