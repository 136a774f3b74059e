"""Validates values against a JSON schema: arguments of tool calls, and answers that must have a shape.

Schemas come from outside. One that cannot be used is an error like an invalid value, and no schema causes a request.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import fastjsonschema

from ..bounded import BoundedDict
from ..jsontext import read
from ..patterns import MAX_MATCHERS, TooSlow, compiled, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_PARTS: Final = 1_500  # values of a schema; compiling takes a worker about 0.13 ms for each
MAX_SECONDS: Final = 0.15  # of one check that takes more than `_FEW` steps
_FEW: Final = 500  # steps: a check of fewer is long only where the machine stood still
_STEPS: Final = 63  # between two looks at the clock, less one
_CHARACTERS: Final = 100  # of a text that count as one more part

# Formats of the library that need look-around or syntax that Rust lacks; they have no nested repetition.
_SAFE: Final = frozenset({"duration_re_pattern", "idn-hostname_re_pattern", "ipv6_re_pattern"})


class Mismatch(ValueError):
    """A value does not fit its schema, or the schema cannot be used."""


class Validator:
    """Validates values against one JSON schema (drafts 4, 6 and 7). Compiled at its first use."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._check: Callable[[Any], Any] | None = None
        self._work = _Work()

    def check(self, value: object, name: str) -> Any:
        """The value with the schema's defaults added. Raises `Mismatch`, which calls the value `name`."""
        if self._check is None:
            self._check = _compile(self._schema, self._work)
        self._work.begin()
        try:
            return self._check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise Mismatch(f"{name}{error.message.removeprefix('data')[:500]}") from None
        except RecursionError:
            raise Mismatch(f"{name} is nested too deeply") from None
        except TooSlow as error:
            raise Mismatch(f"{name} cannot be checked: {error}"[:500]) from None
        except Exception as error:  # of the generated code, such as x % 0
            raise Mismatch(f"{name} cannot be checked: {type(error).__name__}: {error}"[:500]) from None

    def check_text(self, text: str, name: str) -> Any:
        """`check` for JSON text."""
        try:
            value = read(text)
        except ValueError as error:
            raise Mismatch(f"{name} is not JSON: {error}") from None
        return self.check(value, name)


# A tool's schema is the same object for every call. It is kept beside its validator so that no other gets its id.
_validators: Final[BoundedDict[int, tuple[Mapping[str, Any], Validator]]] = BoundedDict(200)


def validator(schema: Mapping[str, Any]) -> Validator:
    """`Validator`, kept for a while. The schema must not be changed afterwards."""
    found = _validators.get(id(schema))
    if found is None:
        found = _validators[id(schema)] = (schema, Validator(schema))
    return found[1]


def _compile(schema: Mapping[str, Any], work: _Work) -> Callable[[Any], Any]:
    if _parts(schema) > MAX_PARTS:
        raise Mismatch(f"The tool's schema cannot be used: it has more than {MAX_PARTS} parts")
    refused = dict.fromkeys(("http", "https", "file", "ftp"), _no_fetching)
    try:
        check: Callable[[Any], Any] = fastjsonschema.compile(dict(schema), handlers=refused, formats=_FORMATS)
        _bound(check, work)
    except Exception as error:  # of the compiler, for a malformed schema
        raise Mismatch(f"The tool's schema cannot be used: {type(error).__name__}: {error}"[:500]) from None
    return check


def _parts(schema: object) -> int:
    """The values in a schema, up to about `MAX_PARTS`. What is written into the code more than once counts so."""
    count, left = 0, [schema]
    while left and count <= MAX_PARTS:
        value = left.pop()
        count += 1
        if isinstance(value, dict):
            count += sum(len(str(name)) for name in value) // _CHARACTERS
            if isinstance(entries := value.get("dependencies"), dict):  # each with the whole object in its error
                count += len(entries) * len(str(value)) // (10 * _CHARACTERS)
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
        elif isinstance(value, str):
            count += len(value) // _CHARACTERS
    return count


class _Work:
    """How much work one check has been. Its methods replace built-in functions in generated code."""

    def begin(self) -> None:
        self._begun = perf_counter()
        self._steps = 0

    def step(self) -> None:
        """Called for everything that a schema can multiply. Raises `TooSlow` where it would block a worker."""
        self._steps += 1
        if self._steps & _STEPS == 0:
            self.look()

    def look(self) -> None:
        if self._steps > _FEW and perf_counter() - self._begun > MAX_SECONDS:
            raise TooSlow("the schema takes too long to check: simplify it, or pass less")

    def search(self, length: int) -> None:
        """Called before a text of this length is searched. Raises `TooSlow`."""
        self._steps += 50 + length // 20
        self.look()

    def isinstance(self, value: object, kinds: Any) -> bool:
        self.step()
        return isinstance(value, kinds)

    def enumerate(self, values: Iterable[Any], start: int = 0) -> Iterator[tuple[int, Any]]:
        for pair in enumerate(values, start):
            self.step()
            yield pair


class _Linear:
    """Replaces a compiled expression in generated code. An expression that `Pattern` refuses accepts everything.

    `room`: whether it is one of those that may be compiled; the others accept everything as well.
    """

    def __init__(self, expression: str, work: _Work, *, room: bool) -> None:
        self._expression = expression
        self._work = work
        self._search = self._first if room else _accept

    def search(self, text: str) -> bool:
        self._work.search(len(text))
        return self._search(text)

    match = search  # of formats, whose expressions are anchored

    def _first(self, text: str) -> bool:
        try:
            self._search = compiled(self._expression).search
        except ValueError:
            self._search = _accept
        return self._search(text)


def _bound(check: Any, work: _Work) -> None:
    """Bound the time of a generated function, and match its expressions in linear time.

    An expression with look-around, or a very large one, is not checked.
    """
    names = check.func.__globals__
    patterns, room = names["REGEX_PATTERNS"], MAX_MATCHERS
    for name, found in patterns.items():
        if name not in _SAFE:
            expression = found.pattern.replace(r"\Z", r"\z")
            room -= _size(expression)
            patterns[name] = _Linear(expression, work, room=room >= 0)
    names |= {"isinstance": work.isinstance, "enumerate": work.enumerate}


def _size(expression: str) -> int:
    try:
        return size(expression)
    except ValueError:  # it accepts everything
        return 0


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
