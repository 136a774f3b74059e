"""Messages for the user, on stderr: stdout is for the events."""

from __future__ import annotations

import sys
from contextlib import suppress


def note(line: str) -> None:
    """Print one line, unbuffered. A closed stderr (`2>&1 | head`) is not an error."""
    with suppress(BrokenPipeError):
        sys.stderr.write(f"sparewheel: {line}\n")
        sys.stderr.flush()
