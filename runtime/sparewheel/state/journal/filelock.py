"""A lock on a file, which the operating system releases when the process ends, however it ends."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """An exclusive lock. The file is made when it is taken, and removed when it is released."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """Take the lock. Raises `OSError` if another one has it."""
        file = self._path.open("ab")
        try:
            _lock(file)
        except OSError:
            file.close()
            raise
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def is_taken(self) -> bool:
        """Whether anyone has the lock. A file that a dead process has left is removed."""
        try:
            with self._path.open("rb+") as file:
                _lock(file)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        self._path.unlink(missing_ok=True)
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
