"""Loads the Python packages that the user's Python imports, by platform."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING, Protocol

from ..errors import ConfigError
from .wheels import distribution_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from .wheels import LockedWheel


class LoadPackages(Protocol):
    """Makes packages importable. `index` is the URL of a PEP 503 index; None: there is none."""

    async def __call__(self, names: Sequence[str], index: str | None = None) -> None:
        """`names` are requirements in pip's syntax, or wheels with hashes. Raises `ConfigError` for those that fail."""


def package_loader() -> LoadPackages:
    """The loader of this platform: micropip in Pyodide, elsewhere a check of what is installed."""
    if sys.platform == "emscripten":
        from .fetch import load_packages

        return load_packages
    return only_installed


def bundled_packages() -> Container[str] | None:
    """The names of the packages that come with the runtime; None where nothing is ever downloaded."""
    if sys.platform == "emscripten":
        from .fetch import locked_packages

        return locked_packages()
    return None


def bundled_wheels() -> Mapping[str, LockedWheel]:
    """The wheels that come with the runtime, by the names of their packages; none where nothing is ever downloaded."""
    if sys.platform == "emscripten":
        from .fetch import locked_wheels

        return locked_wheels()
    return {}


def from_assets(url: str) -> str:
    """The absolute URL of one that may be relative to the folder of the assets; elsewhere there is no such folder."""
    if sys.platform == "emscripten":
        from . import fetch

        return fetch.from_assets(url)
    return url


async def only_installed(names: Sequence[str], index: str | None = None) -> None:
    """`LoadPackages` outside the browser: installs nothing, and names what is missing."""
    missing = [name for name in names if not _is_installed(name)]
    if missing:
        listed = " ".join(missing)
        raise ConfigError(f"These Python packages are not installed: {listed}.", f"pip install {listed}")


def _is_installed(requirement: str) -> bool:
    try:
        importlib.metadata.distribution(distribution_of(requirement) or requirement)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return True
