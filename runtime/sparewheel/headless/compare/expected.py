"""Whether an answer is the expected one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from ...errors import ConfigError
from ...jsontext import read
from ...patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...batch.files import Id

Check: TypeAlias = Literal["exact", "contains", "json", "pattern"]
CHECKS: Final[tuple[Check, ...]] = get_args(Check)


class Expected:
    """The expected values of rows, by id, and how an answer is compared with one.

    `exact`: the same text, but for space around it. `contains`: the value is in the answer, in upper or lower case.
    `json`: the answer is JSON text of an equal value. `pattern`: a regular expression that is found in the answer.
    """

    def __init__(self, values: Mapping[Id, Any], check: Check = "exact") -> None:
        """Raises `ConfigError` for a `pattern` that cannot be used."""
        if check not in CHECKS:
            raise ConfigError(f"check: {check!r} is unknown"[:200], f"There are: {', '.join(CHECKS)}.")
        self._check = check
        self._values = values
        for name, value in values.items() if check == "pattern" else ():
            try:
                compiled(_text(value))
            except ValueError as error:
                raise ConfigError(f"row {name}: the pattern cannot be used: {error}"[:500]) from None

    def of(self, name: Id) -> Any:
        """The expected value of a row; None: it has none."""
        return self._values.get(name)

    def meets(self, name: Id, answer: str | None) -> bool | None:
        """Whether the answer is as expected, which none is not; None: nothing is expected of this row."""
        if (value := self.of(name)) is None:
            return None
        if answer is None:
            return False
        match self._check:
            case "contains":
                return _text(value).strip().casefold() in answer.casefold()
            case "json":
                return _is_json(answer, value)
            case "pattern":
                return _found(_text(value), answer)
        return answer.strip() == _text(value).strip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _is_json(answer: str, value: object) -> bool:
    try:
        return bool(read(answer) == (read(value) if isinstance(value, str) else value))
    except ValueError:
        return False


def _found(pattern: str, answer: str) -> bool:
    try:
        return compiled(pattern).search(answer)
    except ValueError:  # it takes too long for this answer
        return False
