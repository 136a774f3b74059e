"""A tool for tests of the loop, and what was sent."""

from __future__ import annotations

import json
from typing import Any

from tests.support.scripted import (
    ScriptedTransport,
)


def look(word: str) -> str:
    """Looks a word up."""
    return f"{word} is a wheel"


def sent(transport: ScriptedTransport, number: int = -1) -> list[dict[str, Any]]:
    return list(json.loads(transport.requests[number].body)["messages"])
