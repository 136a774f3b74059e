"""What the tests of health have in common."""

from __future__ import annotations

from sparewheel.testing import errors, openai_chat
from tests.support.scripted import Played

ANSWER = openai_chat(text="Answer")
FAIL = errors.openai_server_error()


def told(played: Played) -> list[tuple[str, ...]]:
    """The switches of a turn, short."""
    lines: list[tuple[str, ...]] = []
    for event in played.events:
        match event:
            case {"type": "fallback" | "hedge" as kind, "from": a, "to": b}:
                lines.append((kind, a.rpartition("/")[2], b.rpartition("/")[2]))
            case {"type": "skipped" | "retry" | "recovered" | "finish" as kind, "model": model}:
                lines.append((kind, model.rpartition("/")[2]))
            case {"type": "error", "kind": kind}:
                lines.append(("error", kind))
    return lines
