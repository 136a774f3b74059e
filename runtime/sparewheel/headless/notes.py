"""Messages for the user, on stderr: stdout is for the events."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..errors import SparewheelError


def note(line: str) -> None:
    """Print one line, unbuffered. A closed stderr (`2>&1 | head`) is not an error."""
    with suppress(BrokenPipeError):
        sys.stderr.write(f"sparewheel: {line}\n")
        sys.stderr.flush()


def sentence(error: SparewheelError) -> str:
    """What an error tells a user, in one line."""
    return sentences(error.info.message, error.info.hint)


def sentences(*parts: str) -> str:
    """Parts that are not empty, each with a full stop."""
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


class SlowBoot:
    """Reports the progress of a boot on stderr, once it takes more than a second."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._said = ""

    def __call__(self, progress: dict[str, Any]) -> None:
        line = f"{progress.get('message')} ..."
        if line != self._said and asyncio.get_running_loop().time() - self._began > 1:
            self._said = line
            note(line)
