"""What the checks of all vendors share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..script import Reply


@dataclass(frozen=True)
class Violation:
    """What is wrong with a request, and the vendor's answer to it."""

    message: str
    reply: Reply


class Refused(Exception):
    """Raised by a check; carries the vendor's message and answer."""

    def __init__(self, message: str, reply: Reply) -> None:
        super().__init__(message)
        self.violation = Violation(message, reply)


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none for any other value (its type is checked elsewhere)."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
