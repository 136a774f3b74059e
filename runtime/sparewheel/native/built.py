"""Finds the built files of the runtime (`dist/`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..errors import ConfigError

VARIABLE: Final = "SPAREWHEEL_DIST"
_BUILD: Final = "Run `python3 build.py build`."
# Where the package was installed from a wheel, which has the built files; else it runs from its repository.
_INSTALLED: Final = Path(__file__).resolve().parents[1] / "_dist"
_IN_REPOSITORY: Final = Path(__file__).resolve().parents[3] / "dist"


def find_dist(named: str | os.PathLike[str] | None = None) -> Path:
    """The built files: `named`, else SPAREWHEEL_DIST, else those of the installed package or of this repository.

    Raises:
        ConfigError: it is not there, or is not one.
    """
    chosen = named or os.environ.get(VARIABLE)
    folder = Path(chosen) if chosen else _INSTALLED if _INSTALLED.is_dir() else _IN_REPOSITORY
    if not folder.is_dir():
        elsewhere = "" if chosen else f" Or name one with --dist or {VARIABLE}."
        raise ConfigError(f"there is no built runtime at {folder}", _BUILD + elsewhere)
    if not (folder / "headless.html").is_file():
        raise ConfigError(f"{folder} holds no built runtime (headless.html is missing)", _BUILD)
    return folder.resolve()
