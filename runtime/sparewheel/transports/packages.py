"""Loads the Python packages that the user's Python imports, by platform."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from typing import TYPE_CHECKING, Protocol

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


class LoadPackages(Protocol):
    """Makes packages importable. `index` is the URL of a PEP 503 index; None: the runtime's own."""

    async def __call__(self, names: Sequence[str], index: str | None = None) -> None:
        """`names` are requirements in pip's syntax, or URLs of wheels. Raises `ConfigError` for those that fail."""


def package_loader() -> LoadPackages:
    """The loader of this platform: micropip in Pyodide, elsewhere a check of what is installed."""
    if sys.platform == "emscripten":
        from .fetch import load_packages

        return load_packages
    return only_installed


async def only_installed(names: Sequence[str], index: str | None = None) -> None:
    """`LoadPackages` outside the browser: installs nothing, and names what is missing."""
    missing = [name for name in names if not _is_installed(name)]
    if missing:
        listed = " ".join(missing)
        raise ConfigError(f"These Python packages are not installed: {listed}.", f"pip install {listed}")


def distribution_of(requirement: str) -> str:
    """The normalised name (PEP 503) of the distribution in a requirement or in the URL of a wheel."""
    if requirement.endswith(".whl"):
        requirement = requirement.rpartition("/")[2].partition("-")[0]
    match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def _is_installed(requirement: str) -> bool:
    try:
        importlib.metadata.distribution(distribution_of(requirement) or requirement)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return True
