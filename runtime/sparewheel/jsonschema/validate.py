"""Checks values against a JSON schema: the arguments of tool calls, and answers that must have a shape.

Schemas come from outside too: one that cannot be used is an error of the value's owner, and none of them causes a
request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastjsonschema

from ..jsontext import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Mismatch(ValueError):
    """A value does not fit its schema, or the schema cannot be used; the text says what is wrong."""


class Validator:
    """Checks values against one JSON schema (drafts 4, 6 and 7). Compiled at the first use."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._check: Callable[[Any], Any] | None = None

    def check(self, value: object, name: str) -> Any:
        """The value, with the schema's defaults filled in. Raises `Mismatch` that names what is wrong."""
        if self._check is None:
            self._check = _compile(self._schema)
        try:
            return self._check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise Mismatch(f"{name}{error.message.removeprefix('data')[:500]}") from None
        except RecursionError:
            raise Mismatch(f"{name} is nested too deeply") from None
        except Exception as error:  # what the schema makes of a value that nobody thought of, as x % 0
            raise Mismatch(f"{name} cannot be checked: {type(error).__name__}: {error}"[:500]) from None

    def check_text(self, text: str, name: str) -> Any:
        """The same for JSON text."""
        try:
            value = read(text)
        except ValueError as error:
            raise Mismatch(f"{name} is not JSON: {error}") from None
        return self.check(value, name)


def _compile(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    refused = dict.fromkeys(("http", "https", "file", "ftp"), _no_fetching)
    try:
        check: Callable[[Any], Any] = fastjsonschema.compile(dict(schema), handlers=refused)
    except Exception as error:  # the compiler meets whatever somebody called a schema
        raise Mismatch(f"The tool's schema cannot be used: {type(error).__name__}: {error}"[:500]) from None
    return check


def _no_fetching(uri: str) -> None:
    raise Mismatch(f"a schema must not refer to {uri}")
