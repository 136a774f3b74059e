"""Recordings in files of this machine."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..jsontext import MAX_CHARS
from .form import HEADER, read_recording
from .recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .form import Recording


def load(path: str | os.PathLike[str]) -> Recording:
    """Read the recording in a file. Raises `ConfigError`."""
    try:
        with Path(path).open("rb") as file:
            return read_recording(iter(lambda: file.readline(4 * MAX_CHARS), b""), str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", "Make it with --record.") from None


@contextmanager
def lines_to(path: str | os.PathLike[str]) -> Iterator[Callable[[str], None]]:
    """A function that writes a line of a recording into a file, which replaces an earlier recording.

    Raises:
        ConfigError: the file cannot be written, or holds something else. A disk that is full is told at the end.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    try:
        begin = os.read(file, len(HEADER) - 3)  # without its version
        if begin and begin != HEADER[:-3].encode():
            raise ConfigError(f"{path} is not a recording, and is not replaced.", "Name another file.")
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)

        failure: list[OSError] = []

        def write_line(line: str) -> None:
            data = memoryview(line.encode("utf-8", "backslashreplace") + b"\n")
            try:
                while data and not failure:
                    data = data[os.write(file, data) :]
            except OSError as error:
                failure.append(error)

        yield write_line
        if failure:
            raise ConfigError(f"{path} is not complete: {failure[0].strerror}", "Record again, where there is room.")
    finally:
        os.close(file)


@contextmanager
def recorder_to(path: str | os.PathLike[str]) -> Iterator[Recorder]:
    """A recorder that writes into a file, as `lines_to`."""
    with lines_to(path) as write_line:
        yield Recorder(write_line)
