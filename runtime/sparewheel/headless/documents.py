"""Documents of the command line: files, and folders with all files in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILES: Final = 1000  # as many as a session takes
MAX_BYTES: Final = 8 * 1024 * 1024  # of one file


def read_documents(paths: Iterable[str]) -> dict[str, str | bytes]:
    """The contents of files by name: that of a file, or from the name of its folder on. What is no UTF-8 is bytes.

    Hidden files and folders are left out, and links to folders, which may lead back to where they are.

    Raises:
        ConfigError: a path is not there, a file cannot be read or is too large, or there are too many.
    """
    found: dict[str, str | bytes] = {}
    for text in paths:
        path = Path(text)
        try:
            for file in _files(path):
                name = file.relative_to(path.parent).as_posix()
                if file.stat().st_size > MAX_BYTES:
                    raise ConfigError(f"the document {file} is larger than {MAX_BYTES >> 20} MiB", "Split it.")
                content = file.read_bytes()
                found[name] = _decoded(content)
                if len(found) > MAX_FILES:
                    raise ConfigError(f"{path} has more than {MAX_FILES} files", "Name a folder with fewer.")
        except OSError as error:
            raise ConfigError(
                f"cannot read the documents in {path}: {error.strerror or error}", "Name a file or a folder."
            ) from None
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.iterdir()):
        if not inner.name.startswith(".") and not (inner.is_symlink() and inner.is_dir()):
            yield from _files(inner)


def _decoded(content: bytes) -> str | bytes:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content
