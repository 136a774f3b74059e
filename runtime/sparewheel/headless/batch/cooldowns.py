"""Cooldowns on their way from one worker to another: with the time of day at which they end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def dated(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a runtime's `Health`, with `until` for `seconds`: they are read later, and elsewhere."""
    now = time.time()
    return [{**entry, "until": now + entry["seconds"]} for entry in entries]


def remaining(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries for another `Health`, with the seconds that are left of each."""
    now = time.time()
    return [{**entry, "seconds": entry["until"] - now} for entry in entries if entry["until"] > now]
