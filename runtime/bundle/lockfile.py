"""Our own `pyodide-lock.json`: which wheels there are, their SHA-256, what they bring and what they need.

The format is pyodide-lock's (https://github.com/pyodide/pyodide-lock, `PyodideLockSpec`). It is written here because
no version of that tool which runs on this host's Python reads the wheels of Pyodide 314.
"""

from __future__ import annotations

import email
import hashlib
import zipfile
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from bundle.shell import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

MODULE_SUFFIXES = (".py", ".pyc", ".so")


def lock(wheels: Iterable[Path], info: dict[str, str]) -> dict[str, Any]:
    """Describe the wheels as a Pyodide lock file.

    Args:
        wheels: every wheel that may be loaded; their dependencies must be among them.
        info: the `info` table of the lock file that came with this Pyodide.

    Raises:
        BuildError: a wheel needs a package or a version that is not there.
    """
    packages: dict[str, dict[str, Any]] = {}
    requirements: dict[str, list[Requirement]] = {}
    for path in sorted(wheels):
        name, version = parse_wheel_filename(path.name)[:2]
        metadata = read_metadata(path)
        requirements[name] = [Requirement(text) for text in metadata.get_all("Requires-Dist") or []]
        packages[name] = {
            "name": metadata["Name"],  # as installed: Pyodide adds these names to `loadedPackages` as well
            "version": str(version),
            "file_name": path.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": _imports(path),
            "depends": [],
            "unvendored_tests": False,
        }
    environment = _environment(info)
    for package, needs in requirements.items():
        packages[package]["depends"] = _resolve(package, needs, packages, environment)
    return {"info": info, "packages": packages, "tool": {}}


def closure(packages: dict[str, dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """A package of a lock file and all it depends on."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [name]
    while waiting:
        next_one = waiting.pop()
        if next_one not in found:
            found[next_one] = packages[next_one]
            waiting += packages[next_one]["depends"]
    return list(found.values())


def read_metadata(wheel: Path) -> Message:
    """Read a wheel's core metadata (https://packaging.python.org/specifications/core-metadata)."""
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(f"{dist_info(archive)}/METADATA"))


def dist_info(archive: zipfile.ZipFile) -> str:
    """Name a wheel's `.dist-info` folder."""
    return next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")).partition("/")[0]


def _resolve(
    name: str, needs: list[Requirement], packages: dict[str, dict[str, Any]], environment: dict[str, str]
) -> list[str]:
    found = set()
    for need in needs:
        if need.marker and not need.marker.evaluate(environment):
            continue
        dependency = canonicalize_name(need.name)
        if dependency not in packages:
            raise BuildError(f"{name} needs {need}: add it to runtime/wheels.txt")
        version = packages[dependency]["version"]
        if not need.specifier.contains(version, prereleases=True):
            raise BuildError(f"{name} needs {need}, but runtime/wheels.txt has {version}")
        found.add(dependency)
    return sorted(found)


def _imports(wheel: Path) -> list[str]:
    """The top-level modules of a wheel; Pyodide maps `import` statements to packages by them."""
    with zipfile.ZipFile(wheel) as archive:
        files = [name for name in archive.namelist() if name.endswith(MODULE_SUFFIXES) and ".dist-info/" not in name]
    return sorted({name.partition("/")[0].partition(".")[0] for name in files})


def _environment(info: dict[str, str]) -> dict[str, str]:
    """The values of environment markers (PEP 508) inside Pyodide, which are not the host's."""
    return {
        "implementation_name": "cpython",
        "implementation_version": info["python"],
        "os_name": "posix",
        "platform_machine": info["arch"],
        "platform_python_implementation": "CPython",
        "platform_release": info["platform"].removeprefix("emscripten_").replace("_", "."),
        "platform_system": "Emscripten",
        "platform_version": "#1",
        "python_full_version": info["python"],
        "python_version": info["python"].rpartition(".")[0],
        "sys_platform": "emscripten",
        "extra": "",
    }
