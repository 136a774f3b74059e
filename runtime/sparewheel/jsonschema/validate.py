"""Validates values against a JSON schema: arguments of tool calls, and answers that must have a shape.

Schemas come from outside. One that cannot be used is an error like an invalid value, and no schema causes a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import fastjsonschema

from ..jsontext import read
from ..patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# Formats of the library that need look-around or syntax that Rust lacks; they have no nested repetition.
_SAFE: Final = frozenset({"duration_re_pattern", "idn-hostname_re_pattern", "ipv6_re_pattern"})


class Mismatch(ValueError):
    """A value does not fit its schema, or the schema cannot be used."""


class Validator:
    """Validates values against one JSON schema (drafts 4, 6 and 7). Compiled at its first use."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._check: Callable[[Any], Any] | None = None

    def check(self, value: object, name: str) -> Any:
        """The value with the schema's defaults added. Raises `Mismatch`, which calls the value `name`."""
        if self._check is None:
            self._check = _compile(self._schema)
        try:
            return self._check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise Mismatch(f"{name}{error.message.removeprefix('data')[:500]}") from None
        except RecursionError:
            raise Mismatch(f"{name} is nested too deeply") from None
        except Exception as error:  # of the generated code, such as x % 0
            raise Mismatch(f"{name} cannot be checked: {type(error).__name__}: {error}"[:500]) from None

    def check_text(self, text: str, name: str) -> Any:
        """`check` for JSON text."""
        try:
            value = read(text)
        except ValueError as error:
            raise Mismatch(f"{name} is not JSON: {error}") from None
        return self.check(value, name)


def _compile(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    refused = dict.fromkeys(("http", "https", "file", "ftp"), _no_fetching)
    try:
        check: Callable[[Any], Any] = fastjsonschema.compile(dict(schema), handlers=refused, formats=_FORMATS)
        _use_linear_patterns(check)
    except Exception as error:  # of the compiler, for a malformed schema
        raise Mismatch(f"The tool's schema cannot be used: {type(error).__name__}: {error}"[:500]) from None
    return check


class _Linear:
    """Replaces a compiled expression in generated code. An expression that `Pattern` refuses accepts everything."""

    def __init__(self, expression: str) -> None:
        self._search: Callable[[str], bool] = _accept
        try:
            self._search = Pattern(expression.replace(r"\Z", r"\z")).search
        except ValueError:
            pass

    def search(self, text: str) -> bool:
        return self._search(text)

    match = search  # of formats, whose expressions are anchored


def _use_linear_patterns(check: Any) -> None:
    """Replace the regular expressions of a generated function by ones that match in linear time.

    An expression with look-around, or a very large one, is not checked.
    """
    patterns = check.func.__globals__["REGEX_PATTERNS"]
    patterns.update({name: _Linear(found.pattern) for name, found in patterns.items() if name not in _SAFE})


def _accept(_: str) -> bool:
    return True


def _is_email(text: str) -> bool:
    """Replaces the library's expression, which takes quadratic time."""
    name, _, host = text.rpartition("@")
    dotted = name.startswith(".") or name.endswith(".") or ".." in name
    return bool(name) and not dotted and "@" not in name and "." in host[1:-1]


def _no_fetching(uri: str) -> None:
    raise Mismatch(f"a schema must not refer to {uri}")


_FORMATS: Final[dict[str, Callable[[str], bool]]] = {"email": _is_email, "regex": _accept}
