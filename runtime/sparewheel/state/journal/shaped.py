"""Takes from stored objects, which are not trusted, the fields of the right type, with a limited length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT: Final = 500  # characters
_MAX_NUMBER: Final = 1e12


def number(value: object, least: float = 0, most: float = _MAX_NUMBER) -> bool:
    """Whether it is a number of this range, which True and NaN are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def taken(stored: object, fields: Mapping[str, type], longest: int = MAX_TEXT) -> dict[str, Any]:
    """The fields that have these types. A number is at least 0; a longer text is cut."""
    found: dict[str, Any] = {}
    for name, wanted in fields.items():
        value = stored.get(name) if isinstance(stored, dict) else None
        if wanted is str and isinstance(value, str):
            found[name] = value[:longest]
        elif (wanted is int and isinstance(value, int) and number(value)) or (wanted is float and number(value)):
            found[name] = value
        elif wanted is bool and isinstance(value, bool):
            found[name] = value
    return found
