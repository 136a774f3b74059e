"""Names that hold a hash of what they name, so that a browser may keep such a file for ever."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LENGTH = 16  # hex digits; `sparewheel.headless.static` knows such a name by them


def digest(*contents: bytes) -> str:
    """A short hash of some contents, in order."""
    total = hashlib.sha256()
    for content in contents:
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:LENGTH]


def digest_files(paths: Iterable[Path]) -> str:
    """A short hash of the names and contents of some files."""
    return digest(*(part for path in paths for part in (path.name.encode(), path.read_bytes())))


def hashed(name: str, content: bytes) -> str:
    """`snapshot.bin` -> `snapshot.0123456789abcdef.bin`."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{digest(content)}.{suffix}"


def hashed_wheel(name: str, content: bytes) -> str:
    """The hash as a wheel's build tag, which must begin with a digit: what installs wheels reads their names."""
    distribution, version, *tags = name.split("-")
    return "-".join([distribution, version, f"0_{digest(content)}", *tags])
