"""File names with a hash of the content, so that browsers may cache such a file without a time limit."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LENGTH = 16  # hex digits; `sparewheel.headless.static` recognizes such a name by them


def digest(*contents: bytes) -> str:
    """A short hash of some contents, in order."""
    total = hashlib.sha256()
    for content in contents:
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:LENGTH]


def sha256(source: Path | bytes) -> str:
    """The whole hash of a content, or of a file's, in hex."""
    return hashlib.sha256(source if isinstance(source, bytes) else source.read_bytes()).hexdigest()


def digest_files(paths: Iterable[Path]) -> str:
    """A short hash of the names and contents of some files."""
    return digest(*(part for path in paths for part in (path.name.encode(), path.read_bytes())))


def hashed(name: str, content: bytes) -> str:
    """`snapshot.bin` -> `snapshot.0123456789abcdef.bin`."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{digest(content)}.{suffix}"


def hashed_wheel(name: str, content: bytes) -> str:
    """Put the hash in as the build tag of a wheel, which must begin with a digit: installers parse the names."""
    distribution, version, *tags = name.split("-")
    return "-".join([distribution, version, f"0_{digest(content)}", *tags])
