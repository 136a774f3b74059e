"""The files of a batch: prompts as JSON lines in, outcomes as JSON lines out. What is out is not asked again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import ConfigError
from ..jsontext import read, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO, Self

    from .outcome import Outcome

Id: TypeAlias = str | int
DEFAULT_MAP: Final = {"prompt": "prompt", "id": "id"}
MAX_LINE: Final = 16 * 1024 * 1024  # bytes of one row


class Prompts:
    """The rows of a file: one JSON object a line. `columns` names the columns of `prompt` and `id`.

    A row without an id has the number of its line. Blank lines are skipped.
    """

    def __init__(self, path: Path, columns: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._columns = {**DEFAULT_MAP, **(columns or {})}

    def __iter__(self) -> Iterator[tuple[Id, Any]]:
        """The id and the prompt of each row; a `ConfigError` in place of the prompt of a row that cannot be read."""
        try:
            with self._path.open("rb") as file:
                for number, line in _lines(file):
                    if line.strip():
                        yield self._row(number, line)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {error.strerror}") from None

    def ids(self) -> list[Id]:
        """The ids of all rows. Raises `ConfigError` if one is there twice, or the file cannot be read."""
        found: dict[Id, None] = {}
        for name, _ in self:
            if name in found:
                hint = "Give every row an id of its own, or name another column: --map id=COLUMN."
                raise ConfigError(f"{self._path}: the id {name!r} is there twice"[:300], hint)
            found[name] = None
        return list(found)

    def _row(self, number: int, line: bytes) -> tuple[Id, Any]:
        try:
            row = read(line.decode("utf-8-sig" if number == 1 else "utf-8")) if len(line) <= MAX_LINE else None
        except ValueError:
            row = None
        if not isinstance(row, dict):
            return number, ConfigError(f"line {number} is not a JSON object of at most {MAX_LINE} bytes")
        name = row.get(self._columns["id"], number)
        if isinstance(name, bool) or not isinstance(name, str | int):
            return number, ConfigError(f"line {number}: the id is neither a text nor a whole number")
        prompt = row.get(self._columns["prompt"])
        if not isinstance(prompt, str | list) or not prompt:
            columns = ", ".join(list(row)[:20])
            hint = "Name the column of the prompt: --map prompt=COLUMN."
            return name, ConfigError(f"line {number} has no {self._columns['prompt']!r}; it has: {columns}"[:500], hint)
        return name, prompt


class Results:
    """The file of the outcomes, which is appended to: each row is on the disk before the next one is written.

        with Results(path) as results:
            results.done      # {id: status} of what is there already
            results.add(id, outcome)

    A last row that was cut off is removed. Of several rows with one id, the last one counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: dict[Id, str] = {}

    def __enter__(self) -> Self:
        """Raises `ConfigError` if it is no such file, cannot be written, or another program writes it."""
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None
        try:
            _lock(self._file, self._path)
            os.ftruncate(self._file, self._read())
            os.lseek(self._file, 0, os.SEEK_END)
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def add(self, name: Id, outcome: Outcome) -> None:
        """Write a row. Raises `ConfigError` if the disk is full, or gone."""
        row = memoryview(write({"id": name, **outcome}).encode("utf-8", "backslashreplace") + b"\n")
        try:
            while row:
                row = row[os.write(self._file, row) :]
            os.fsync(self._file)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None
        self.done[name] = outcome["status"]

    def _read(self) -> int:
        """Read what is done; returns the length of the whole rows, in bytes."""
        length = 0
        with os.fdopen(os.dup(self._file), "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # it was cut off
                name, status = self._known(number, line)
                self.done.pop(name, None)
                self.done[name] = status
                length += len(line)
        return length

    def _known(self, number: int, line: bytes) -> tuple[Id, str]:
        try:
            row = read(line.decode("utf-8"))
            name, status = row["id"], row["status"]
            if isinstance(name, str | int) and status in ("ok", "error"):
                return name, status
        except (ValueError, KeyError, TypeError):
            pass
        raise ConfigError(f"{self._path}: line {number} is not the row of a batch", "Name another file with --out.")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers, from 1. One that is longer than `MAX_LINE` is read to its end but not kept."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while (more := file.readline(MAX_LINE)) and not more.endswith(b"\n"):
                pass
        yield number, line


def _lock(file: int, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigError(f"another program writes {path}", "Wait for its end, or name another file.") from None
