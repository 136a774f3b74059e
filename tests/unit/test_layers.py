"""The import order of the package: a module imports only what stands below it, and only the bridge knows JavaScript."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = "sparewheel"
SOURCE = Path(__file__).resolve().parents[2] / "runtime" / PACKAGE

# Lowest first. Modules and folders of one line are equals that do not import each other; values are one body.
VALUES = {
    "_error_body",
    "_error_hints",
    "_error_rules",
    "_retry_after",
    "classify",
    "errors",
    "events",
    "messages",
    "page_line",
    "page_text",
    "redact",
    "split_secrets",
    "sse",
    "usage",
}
LAYERS: list[set[str]] = [
    VALUES,
    {"config"},
    {"transports", "timers"},
    {"providers"},
    {"resilience"},
    {"tools", "hooks", "guardrails"},
    {"agent"},
    {"store"},
    {"session"},
    {"setup"},
    {"worker"},
    {"snapshot"},
]
HOST_ONLY = {"headless", "testing"}  # above everything, beside each other, and held to what is public
JAVASCRIPT = {"js", "pyodide", "pyodide_js"}
BRIDGES = ("timers.py", "transports/fetch.py")
ROOT_FILE = "__init__.py"
ROOT_NAMES = {"__version__"}  # what __init__.py itself defines


def rank(part: str) -> int | None:
    """The height of a module or folder of the package, None when no layer names it."""
    if part in HOST_ONLY:
        return len(LAYERS)
    return next((height for height, layer in enumerate(LAYERS) if part in layer), None)


def imported(path: str, source: str) -> list[tuple[int, str]]:
    """The absolute dotted names that a file imports, inside functions and `if TYPE_CHECKING` too, with their lines."""
    package = [PACKAGE, *Path(path).parts[:-1]]
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            found += [(node.lineno, f"{prefix}.{alias.name}") for alias in node.names]
    return found


def part_of(path: str) -> str:
    """The module or folder directly below the package that a file belongs to."""
    return Path(path).parts[0].removesuffix(".py")


def objection(path: str, name: str) -> str | None:
    """Say what is wrong with a file's import of a dotted name, None when nothing is."""
    top, *rest = name.split(".")
    if top in JAVASCRIPT:
        return None if path in BRIDGES else f"only {' and '.join(BRIDGES)} may import {top}"
    if top != PACKAGE or not rest or rest[0] in ROOT_NAMES:
        return None
    if path == ROOT_FILE:
        return "the root imports nothing of the package"
    own, target = part_of(path), rest[0]
    own_rank, target_rank = rank(own), rank(target)
    if own == target or own_rank is None:  # a file that is in no layer is reported once, as a whole
        return None
    if target_rank is None:
        return f"{target} is in no layer"
    if own in HOST_ONLY and any(part.startswith("_") for part in rest):
        return f"{name} is private"
    if target_rank < own_rank or {own, target} <= VALUES:
        return None
    return f"{target} does not stand below {own}"


def violations(files: dict[str, str]) -> list[str]:
    """Everything that breaks the order in these sources, by their paths below the package."""
    found = []
    for path, source in sorted(files.items()):
        if path != ROOT_FILE and rank(part_of(path)) is None:
            found.append(f"{path}: {part_of(path)} is in no layer: give it a place in LAYERS")
        reasons = [(line, objection(path, name)) for line, name in imported(path, source)]
        found += [f"{path}:{line}: {reason}" for line, reason in reasons if reason]
    return found


def test_the_package_holds_the_order() -> None:
    files = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    assert "errors.py" in files
    assert violations(files) == []


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        pytest.param(
            "providers/openai.py",
            "from ..resilience.chain import Chain",
            "providers/openai.py:1: resilience does not stand below providers",
            id="upward",
        ),
        pytest.param(
            "errors.py",
            "import sparewheel.worker",
            "errors.py:1: worker does not stand below errors",
            id="upward-absolute",
        ),
        pytest.param(
            "transports/base.py",
            "from .. import session",
            "transports/base.py:1: session does not stand below transports",
            id="upward-by-the-root",
        ),
        pytest.param(
            "resilience/chain.py",
            "def run():\n    from sparewheel.agent import Agent",
            "resilience/chain.py:2: agent does not stand below resilience",
            id="upward-inside-a-function",
        ),
        pytest.param(
            "providers/base.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..session import Session",
            "providers/base.py:3: session does not stand below providers",
            id="upward-for-types-only",
        ),
        pytest.param(
            "tools/base.py",
            "from ..hooks import Hook",
            "tools/base.py:1: hooks does not stand below tools",
            id="sideways",
        ),
        pytest.param(
            "session.py",
            "from .headless import open",
            "session.py:1: headless does not stand below session",
            id="host-only",
        ),
        pytest.param(
            "headless/cli.py",
            "from ..errors import _secret",
            "headless/cli.py:1: sparewheel.errors._secret is private",
            id="private",
        ),
        pytest.param(
            "worker.py",
            "from js import fetch",
            "worker.py:1: only timers.py and transports/fetch.py may import js",
            id="javascript",
        ),
        pytest.param(
            "providers/page.py",
            "import pyodide.ffi",
            "providers/page.py:1: only timers.py and transports/fetch.py may import pyodide",
            id="pyodide",
        ),
        pytest.param(
            "surprise.py",
            "",
            "surprise.py: surprise is in no layer: give it a place in LAYERS",
            id="unknown-module",
        ),
        pytest.param(
            "worker.py",
            "from . import surprise",
            "worker.py:1: surprise is in no layer",
            id="unknown-target",
        ),
        pytest.param(
            "__init__.py",
            "from .worker import start",
            "__init__.py:1: the root imports nothing of the package",
            id="root",
        ),
    ],
)
def test_a_breach_is_found(path: str, source: str, expected: str) -> None:
    assert violations({path: source}) == [expected]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("resilience/chain.py", "from ..providers.base import Provider"),
        ("providers/openai.py", "from . import base\nfrom .base import _helper\nfrom ..errors import Kind"),
        ("events.py", "from .errors import Code"),
        ("transports/fetch.py", "import json\nfrom js import fetch\nfrom pyodide.ffi import to_js"),
        ("headless/cli.py", "from .. import __version__\nfrom ..errors import KINDS\nfrom . import _own"),
    ],
)
def test_what_holds_the_order_is_left_alone(path: str, source: str) -> None:
    assert violations({path: source}) == []
