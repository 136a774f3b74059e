"""The import order of the package, module by module: every import goes down, and there are no circles.

Imports inside functions and under `if TYPE_CHECKING` count like any other. A layer names modules, and folders for all
that is in them; the longest name that fits decides. Modules of one layer may import each other without a circle.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "sparewheel"
SOURCE = Path(__file__).resolve().parents[2] / "runtime" / PACKAGE

# Lowest first.
LAYERS: list[set[str]] = [
    {"errors.types", "errors.kinds", "errors"},
    {
        "redaction.redact",
        "redaction",
        "annotations",
        "bounded",
        "documents",
        "drawings",
        "files",
        "jsontext",
        "slices",
        "media",
        "usage",
        "visible",
    },
    {
        "errors.body",
        "errors.classify",
        "errors.hints",
        "errors.retry_after",
        "errors.phrases",
        "errors.rules",
        "errors.shapes",
        "errors.validation",
    },
    {"classify", "events", "messages", "titles", "patterns", "sse", "yamltext", "transcript"},
    {"redaction.stream", "batch", "sandboxed"},
    {"jsonschema"},
    {
        "page",
        "page.protocol",
        "page.call_messages",
        "page.code_messages",
        "page.commands",
        "page.options",
        "page.results",
        "page.calls",
    },
    {"config"},
    {"transports.base", "transports"},
    {"page.model", "page.fetch"},
    {"transports.router"},
    {"recordings"},
    {"traces"},
    {"providers"},
    {"chain"},
    {"tools.base"},
    {"hooks"},
    {"state"},
    {"tools", "page.tools", "page.hooks", "page.code"},
    {"agent"},
    {"session"},
    {"page.writer"},
    {"worker"},
    {"native"},
    {"evals", "headless", "testing"},
    {"__main__"},
]
HOST_ONLY = {"evals", "headless", "testing"}  # above everything, beside each other, and held to what is public
JAVASCRIPT = {"js", "pyodide", "pyodide_js"}
BRIDGES = ("transports.fetch", "transports.probes", "state.indexeddb", "worker.event_loop")
DOOR = PACKAGE  # `__init__.py` at the root may import anything; nothing below `headless` imports it
ROOT_NAMES = {"__version__"}


def rank(module: str) -> int | None:
    """The height of a module (a dotted name below the package), None when no layer names it."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        for height, layer in enumerate(LAYERS):
            if name in layer:
                return height
    return None


def module_of(path: str) -> str:
    """The dotted name below the package of a file: `tools/base.py` is `tools.base`, the root's `__init__.py` is ''."""
    parts = list(Path(path).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: str, source: str, modules: set[str]) -> list[tuple[int, str]]:
    """What a file imports, with the lines: modules below the package by their names there, others as `/name`."""
    package = [PACKAGE, *Path(path).parts[:-1]]
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{prefix}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [(node.lineno, target(name, modules)) for name in names]
    return found


def target(name: str, modules: set[str]) -> str:
    """The module that an absolute dotted name is of: itself, or the one that holds it."""
    top, _, below = name.partition(".")
    if top != PACKAGE:
        return f"/{top}"
    while below and below not in modules:
        below = below.rpartition(".")[0]
    return below


def objection(module: str, other: str) -> str | None:
    """What is wrong with an import of `other` by `module`, None when nothing is."""
    if other.startswith("/"):
        name = other[1:]
        return f"only {', '.join(BRIDGES)} may import {name}" if name in JAVASCRIPT and module not in BRIDGES else None
    if not module or (not other and module.split(".")[0] in HOST_ONLY):
        return None
    if not other:
        return "only evals, headless and testing import the package's door"
    own, below = rank(module), rank(other)
    if own is None:
        return None  # reported once, for the module
    if below is None:
        return f"{other} is in no layer"
    return None if below <= own else f"{other} does not stand below {module}"


def violations(files: dict[str, str]) -> list[str]:
    """Everything that breaks the order in these sources, by their paths below the package."""
    modules = {module_of(path) for path in files} | {name for layer in LAYERS for name in layer}
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for path, source in sorted(files.items()):
        module = module_of(path)
        if module and rank(module) is None:
            found.append(f"{path}: {module} is in no layer: give it a place in LAYERS")
        imports = imported(path, source, modules)
        graph[module] = {other for _, other in imports if other != module and not other.startswith("/")}
        reasons = [(line, objection(module, other)) for line, other in imports]
        found += [f"{path}:{line}: {reason}" for line, reason in reasons if reason]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"circle: {' <- '.join(error.args[1])}")
    return found


@cache
def package() -> dict[str, str]:
    return {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}


def test_the_package_holds_the_order() -> None:
    assert "errors/types.py" in package()
    assert violations(package()) == []


def test_every_layer_is_there() -> None:
    """A name that no module bears would let a later module of that name in unseen."""
    modules = {module_of(path) for path in package()}
    planned = {"errors.kinds"}
    assert {name for layer in LAYERS for name in layer} - modules - planned == set()


@pytest.mark.parametrize("path", ["errors/__init__.py", "worker/__init__.py", "chain/__init__.py"])
def test_rooms_have_a_docstring(path: str) -> None:
    assert ast.get_docstring(ast.parse(package()[path]))


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        pytest.param(
            "providers/openai.py",
            "from ..chain.chain import Chain",
            "providers/openai.py:1: chain does not stand below providers.openai",
            id="upward",
        ),
        pytest.param(
            "errors/types.py",
            "import sparewheel.worker",
            "errors/types.py:1: worker does not stand below errors.types",
            id="upward-absolute",
        ),
        pytest.param(
            "transports/base.py",
            "from .. import session",
            "transports/base.py:1: session does not stand below transports.base",
            id="upward-by-the-root",
        ),
        pytest.param(
            "chain/chain.py",
            "def run():\n    from sparewheel.agent import Runner",
            "chain/chain.py:2: agent does not stand below chain.chain",
            id="upward-inside-a-function",
        ),
        pytest.param(
            "providers/base.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..session import Session",
            "providers/base.py:3: session does not stand below providers.base",
            id="upward-for-types-only",
        ),
        pytest.param(
            "page/fetch.py",
            "from . import writer",
            "page/fetch.py:1: page.writer does not stand below page.fetch",
            id="upward-in-one-folder",
        ),
        pytest.param(
            "session.py",
            "from .headless import open",
            "session.py:1: headless does not stand below session",
            id="host-only",
        ),
        pytest.param(
            "worker/worker.py",
            "from js import fetch",
            f"worker/worker.py:1: only {', '.join(BRIDGES)} may import js",
            id="javascript",
        ),
        pytest.param(
            "surprise.py",
            "",
            "surprise.py: surprise is in no layer: give it a place in LAYERS",
            id="unknown-module",
        ),
        pytest.param(
            "session.py",
            "from sparewheel import tool",
            "session.py:1: only evals, headless and testing import the package's door",
            id="door",
        ),
    ],
)
def test_a_breach_is_found(path: str, source: str, expected: str) -> None:
    assert violations({path: source}) == [expected]


def test_a_circle_is_found() -> None:
    files = {
        "agent/calls.py": "from .execution import execute",
        "agent/execution.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .calls import Calls",
    }
    [found] = violations(files)
    assert found.startswith("circle: agent.") and "agent.execution" in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("chain/chain.py", "from ..providers.base import Provider"),
        ("providers/openai.py", "from . import base\nfrom .base import _helper\nfrom ..errors import Kind"),
        ("events.py", "from .errors import Code"),
        ("transports/fetch.py", "import json\nfrom js import fetch\nfrom pyodide.ffi import to_js"),
        ("headless/cli.py", "from .. import __version__\nfrom ..errors import KINDS\nfrom . import _own"),
        ("__init__.py", "from .session import Session"),
    ],
)
def test_what_holds_the_order_is_left_alone(path: str, source: str) -> None:
    assert violations({path: source}) == []
