"""The files of a batch: prompts as JSON lines in, outcomes as JSON lines out. What is out is not asked again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import ConfigError
from ..jsontext import read, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO, Self

    from .outcome import Outcome

Id: TypeAlias = str | int
DEFAULT_MAP: Final = {"prompt": "prompt", "id": "id"}
MAX_LINE: Final = 16 * 1024 * 1024  # bytes of one row


class Prompts:
    """The rows of a file, one JSON object a line, or objects that a program has. `columns` maps `prompt` and `id`.

    A row without an id has the number of its line. Blank lines are skipped.
    """

    def __init__(self, rows: Path | Sequence[Mapping[str, Any]], columns: Mapping[str, str] | None = None) -> None:
        self._rows = rows
        self._columns = {**DEFAULT_MAP, **(columns or {})}
        self._name = "the rows" if isinstance(rows, Sequence) else str(rows)

    def __iter__(self) -> Iterator[tuple[Id, Any]]:
        """The id and the prompt of each row; a `ConfigError` in place of the prompt of a row that cannot be read."""
        yield from (self._item(number, row) for number, row in self._numbered())

    def column(self, name: str) -> dict[Id, Any]:
        """The values of another column, by id: of the rows that have one."""
        rows = ((self._item(number, row)[0], row) for number, row in self._numbered() if isinstance(row, Mapping))
        return {key: value for key, row in rows if (value := row.get(name)) is not None}

    def ids(self) -> list[Id]:
        """The ids of all rows. Raises `ConfigError` if one is there twice, or the file cannot be read."""
        found: dict[Id, None] = {}
        for name, _ in self:
            if name in found:
                hint = "Give every row an id of its own, or name another column: --map id=COLUMN."
                raise ConfigError(f"{self._name}: the id {name!r} is there twice"[:300], hint)
            found[name] = None
        return list(found)

    def _numbered(self) -> Iterator[tuple[int, object]]:
        """The rows with their numbers."""
        if isinstance(self._rows, Sequence):
            yield from enumerate(self._rows, 1)
            return
        try:
            with self._rows.open("rb") as file:
                for number, line in _lines(file):
                    if line.strip():
                        yield number, _parsed(number, line)
        except OSError as error:
            raise ConfigError(f"{self._name} cannot be read: {error.strerror}") from None

    def _item(self, number: int, row: object) -> tuple[Id, Any]:
        if not isinstance(row, Mapping):
            return number, ConfigError(f"line {number} is not a JSON object of at most {MAX_LINE} bytes")
        name = row.get(self._columns["id"], number)
        if isinstance(name, bool) or not isinstance(name, str | int):
            return number, ConfigError(f"line {number}: the id is neither a text nor a whole number")
        prompt = row.get(self._columns["prompt"])
        if not isinstance(prompt, str | list) or not prompt:
            columns = ", ".join(map(str, list(row)[:20]))
            hint = "Name the column of the prompt: --map prompt=COLUMN."
            return name, ConfigError(f"line {number} has no {self._columns['prompt']!r}; it has: {columns}"[:500], hint)
        return name, prompt


class Results:
    """The file of the outcomes, which is appended to: what `add` was given is on the disk when it returns.

        with Results(path) as results:
            results.done      # {id: status} of what is there already
            results.add([(id, outcome)])

    A last row that was cut off is removed. Of several rows with one id the last one counts; `tidy` removes the others.

    Attributes:
        done: the status of each id.
        cost: US dollars of all rows of the file; `dearest`: of the most expensive one, None if no price is known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: dict[Id, str] = {}
        self.cost = 0.0
        self.dearest: float | None = None
        self._repeated = False

    def __enter__(self) -> Self:
        """Raises `ConfigError` if it is no such file, cannot be written, or another program writes it."""
        self._file = self._open(self._path)
        try:
            _lock(self._file, self._path)
            os.ftruncate(self._file, self._read())
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def add(self, rows: Iterable[tuple[Id, Outcome]]) -> None:
        """Write rows. Raises `ConfigError` if the disk is full, or gone."""
        rows = list(rows)
        self._write(self._file, b"".join(_encoded({"id": name, **outcome}) for name, outcome in rows))
        for name, outcome in rows:
            self._note(name, outcome["status"], outcome["cost"])

    def tidy(self) -> None:
        """Keep one row for each id. The file is replaced by a complete one, or is as it was. Raises `ConfigError`."""
        if not self._repeated or os.name == "nt":  # Windows replaces no file that is open
            return
        last: dict[Id, int] = {name: start for start, _, name, _, _ in self._whole()}
        target = self._path.resolve()
        path = target.with_name(f"{target.name}.tidy")
        file = self._open(path)
        try:
            _lock(file, path)
            os.ftruncate(file, 0)
            for start, line, name, _, _ in self._whole():
                if last[name] == start:
                    self._write(file, line, sync=False)
            os.fsync(file)
            os.chmod(path, os.fstat(self._file).st_mode & 0o777)
            os.replace(path, target)
        except BaseException as error:
            os.close(file)
            if isinstance(error, OSError):
                raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
            raise
        os.close(self._file)
        self._file = file
        self._repeated = False

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from None

    def _write(self, file: int, data: bytes, *, sync: bool = True) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(file, left) :]
            if sync:
                os.fsync(file)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None

    def _read(self) -> int:
        """Read what is done; returns the length of the whole rows, in bytes."""
        length = 0
        for start, line, name, status, cost in self._whole():
            self._note(name, status, cost)
            length = start + len(line)
        return length

    def _note(self, name: Id, status: str, cost: float | None) -> None:
        self._repeated = self._repeated or name in self.done
        self.done[name] = status
        if cost is not None:
            self.cost += cost
            self.dearest = max(self.dearest or 0.0, cost)

    def _whole(self) -> Iterator[tuple[int, bytes, Id, str, float | None]]:
        """The whole rows: where each starts, its line, id, status and cost."""
        start = 0
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # it was cut off
                yield start, line, *self._known(number, line)
                start += len(line)

    def _known(self, number: int, line: bytes) -> tuple[Id, str, float | None]:
        try:
            row = read(line.decode("utf-8"))
            name, status, cost = row["id"], row["status"], row.get("cost")
            if isinstance(name, str | int) and status in ("ok", "error") and isinstance(cost, float | int | None):
                return name, status, cost
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        raise ConfigError(f"{self._path}: line {number} is not the row of a batch", "Name another file with --out.")


def outcomes(path: Path) -> Iterator[tuple[Id, Outcome]]:
    """The rows of a file that `Results` has written: of several with one id the last one. Raises `ConfigError`."""
    last: dict[Id, int] = {}
    for number, row in _outcomes(path):
        last[row["id"]] = number
    yield from ((row["id"], row) for number, row in _outcomes(path) if last[row["id"]] == number)


def _outcomes(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                if line.endswith(b"\n"):
                    yield number, read(line.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}"[:500]) from None


def _encoded(row: dict[str, Any]) -> bytes:
    return write(row).encode("utf-8", "backslashreplace") + b"\n"


def _parsed(number: int, line: bytes) -> object:
    try:
        return read(line.decode("utf-8-sig" if number == 1 else "utf-8")) if len(line) <= MAX_LINE else None
    except ValueError:
        return None


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
