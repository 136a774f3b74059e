"""Wheels that were passed in: unpacked, so that they can be imported."""

from __future__ import annotations

import importlib
import os
import sys
import zipfile
from pathlib import Path
from typing import Final

_DATA: Final = ".data/"  # what a wheel has beside its modules


def install(wheels: list[str], target: str) -> None:
    """Unpack wheels into the folder `target`, and make it importable.

    Raises:
        ImportError: a file is no wheel.
    """
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    path = _place(name)
                    if path and not name.endswith("/"):
                        where = Path(target, path)
                        where.parent.mkdir(parents=True, exist_ok=True)
                        where.write_bytes(archive.read(name))
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise ImportError(f"the package {os.path.basename(wheel)} cannot be unpacked: {error}") from None
    if wheels and target not in sys.path:
        sys.path.append(target)
    importlib.invalidate_caches()


def _place(name: str) -> str:
    """Where a file of a wheel belongs, below site-packages; "" if it is not needed."""
    head, found, rest = name.partition(_DATA)
    if found and "/" not in head:
        kind, _, rest = rest.partition("/")
        name = rest if kind in ("purelib", "platlib") else ""
    return "" if ".." in name.split("/") or name.startswith("/") else name
