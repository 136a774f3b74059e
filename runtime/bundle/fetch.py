"""The pinned downloads: Pyodide and the JavaScript tools from npm, the browser's Python wheels from PyPI, and the
simulators of model APIs and the MCP servers for the tests from both."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from bundle.shell import CACHE, ROOT, WEB, BuildError, logged, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

NODE_MODULES = WEB / "node_modules"
PYODIDE = NODE_MODULES / "pyodide"
WHEEL_LIST = ROOT / "runtime" / "wheels.txt"  # for the browser
BUILD_WHEEL_LIST = ROOT / "runtime" / "build-wheels.txt"  # for the build
SIMULATORS = ROOT / "tests" / "simulators"
SIMULATOR_PACKAGES = CACHE / "simulators"  # Python packages, for PYTHONPATH
CODE_WHEEL_LIST = ROOT / "tests" / "sandbox" / "code-wheels.txt"  # that tests have an index give to the code sandbox
MCP_TESTS = ROOT / "tests" / "mcp"
MCP_PACKAGES = CACHE / "mcp"  # Python packages, for PYTHONPATH
INSPECT_TESTS = ROOT / "tests" / "inspect"
INSPECT_PACKAGES = CACHE / "inspect"  # Python packages, for PYTHONPATH
# The interpreter, ABI and platform of Pyodide 314 for pip (PEP 783), in place of the host's.
TARGET = ["--python-version=3.14", "--implementation=cp", "--abi=cp314", "--platform=pyemscripten_2026_0_wasm32"]


def fetch_node_modules() -> None:
    """Install the packages of `web/package-lock.json`, unless this lock file is installed already.

    Raises:
        BuildError: npm failed.
    """
    _npm_ci(WEB, "Pyodide and the JavaScript tools")


def fetch_simulators() -> None:
    """Install the simulators of `tests/simulators`: aimock from npm, llmock with what its server imports from PyPI.

    Raises:
        BuildError: npm or pip failed.
    """
    _npm_ci(SIMULATORS, "aimock")
    wheel_list = SIMULATORS / "simulator-wheels.txt"

    def install() -> None:
        unpack(fetch_wheels(wheel_list), SIMULATOR_PACKAGES)

    _install(SIMULATOR_PACKAGES, _digest(wheel_list), install)


def fetch_mcp_tests() -> None:
    """Install what `tests/mcp` uses: conformance suites and a server from npm, the Python SDK from PyPI.

    Raises:
        BuildError: npm or pip failed.
    """
    _npm_ci(MCP_TESTS, "MCP servers")
    _pip_install("the MCP SDK", MCP_TESTS / "requirements.txt", MCP_PACKAGES)


def fetch_inspect_tests() -> None:
    """Install what `tests/inspect` uses: Inspect, from PyPI.

    Raises:
        BuildError: pip failed.
    """
    _pip_install("Inspect", INSPECT_TESTS / "requirements.txt", INSPECT_PACKAGES)


def _pip_install(what: str, packages: Path, folder: Path) -> None:
    """Install the pinned packages of a list into a folder of their own."""

    def install() -> None:
        say(f"fetching {what} from PyPI")
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]
        options = ["--no-compile", "--only-binary=:all:", f"--target={folder}", f"--requirement={packages}"]
        logged([*pip, *options], folder.name, f"pip could not fetch {what}: check the network and run it again")

    # Some of them are for one version of Python.
    _install(folder, f"{_digest(packages)} {sys.implementation.cache_tag}", install)


def _install(folder: Path, key: str, install: Callable[[], None]) -> None:
    """Fill a folder anew, unless it was filled for the same key."""
    stamp = folder / ".made-from"
    if not _made_from(stamp, key):
        shutil.rmtree(folder, ignore_errors=True)
        install()
        stamp.write_text(key)


def _npm_ci(folder: Path, what: str) -> None:
    stamp = folder / "node_modules" / ".made-from"
    key = _digest(folder / "package.json", folder / "package-lock.json")
    if _made_from(stamp, key):
        return
    say(f"fetching {what} from npm")
    stamp.unlink(missing_ok=True)
    npm = "npm.cmd" if sys.platform == "win32" else "npm"
    logged(
        # npm's default pauses between its three attempts add up to more than a minute.
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retry-mintimeout=1000"],
        f"npm-{folder.name}",
        f"npm could not fetch {what}: check the network and run it again",
        cwd=folder,
    )
    stamp.write_text(key)


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _made_from(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text() == key


def fetch_wheels(wheel_list: Path = WHEEL_LIST) -> list[Path]:
    """Return the wheels of a list; downloads them if one is missing or damaged.

    Raises:
        BuildError: pip failed, or it did not fetch the wheels of the list.
    """
    wanted = wheel_hashes(wheel_list)
    folder = CACHE / wheel_list.stem
    present = _present(wanted, folder)
    if len(present) < len(wanted):
        say(f"fetching {len(wanted)} wheels from PyPI")
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input"]
        what = ["--no-deps", "--require-hashes", "--only-binary=:all:", *TARGET, f"--requirement={wheel_list}"]
        logged(
            [*pip, *what, f"--dest={folder}"],
            wheel_list.stem,
            f"pip could not fetch the wheels of {wheel_list.relative_to(ROOT)}: check the network and run it again",
        )
        present = _present(wanted, folder)
    if len(present) < len(wanted):
        raise BuildError(
            f"{len(wanted) - len(present)} wheels of {wheel_list.relative_to(ROOT)} are missing from {folder}"
        )
    return present


def unpack(wheels: Iterable[Path], folder: Path) -> None:
    """Extract wheels into one folder."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)


def wheel_hashes(wheel_list: Path) -> set[str]:
    """Read the hashes of a pip requirements file with one pinned, hashed wheel a line.

    Raises:
        BuildError: a line has no exact pin or not exactly one SHA-256.
    """
    hashes = set()
    for line in wheel_list.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"[\w.-]+==\S+ --hash=sha256:([0-9a-f]{64})", line.strip())
        if not match:
            raise BuildError(f"{wheel_list.name}: not `NAME==VERSION --hash=sha256:…`: {line.strip()}")
        hashes.add(match[1])
    return hashes


def _present(hashes: set[str], folder: Path) -> list[Path]:
    """Find the downloaded wheels that have one of these hashes; delete the others."""
    found = []
    for wheel in sorted(folder.glob("*.whl")):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes:
            found.append(wheel)
        else:
            wheel.unlink()
    return found
