"""Headers of the vendors' error replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def present(headers: Mapping[str, str | None]) -> dict[str, str]:
    """Headers that have a value, with the names' underscores turned into hyphens."""
    return {name.replace("_", "-"): value for name, value in headers.items() if value is not None}


def optional(value: float | str | None) -> str | None:
    """The text of a header value; None stays None."""
    return None if value is None else str(value)
