"""Lines for the person at the terminal, on stderr: stdout belongs to the events."""

from __future__ import annotations

import sys
from contextlib import suppress


def note(line: str) -> None:
    """Print one line, at once. A reader who has gone away (`2>&1 | head`) is no reason to fail."""
    with suppress(BrokenPipeError):
        sys.stderr.write(f"sparewheel: {line}\n")
        sys.stderr.flush()
