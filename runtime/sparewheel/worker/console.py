"""The console of a worker: what Python prints, without the secrets of any session."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE: Final = 64 * 1024  # characters; a longer line is written in parts


class CleanOutput(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`, written to `target` in whole lines: a secret may be printed in pieces."""

    def __init__(self, target: TextIO, clean: Callable[[str], str]) -> None:
        self._target = target
        self._clean = clean
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._line += text
        end = len(self._line) if len(self._line) > MAX_LINE else self._line.rfind("\n") + 1
        if end:
            self._target.write(self._clean(self._line[:end]))
            self._line = self._line[end:]
        return len(text)

    def flush(self) -> None:
        """Flush what has been written. A line without an end waits for it, as on the browser's console."""
        self._target.flush()
