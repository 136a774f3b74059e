"""The ring inside Pyodide: pytest-pyodide under Node, on a copy of the built `dist/pyodide`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_pyodide.config import get_global_config
from pytest_pyodide.runner import NodeRunner

from bundle.assemble import synchronize
from bundle.core import CORE_FILES
from bundle.fetch import PYODIDE
from bundle.shell import CACHE, alone
from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer

DIST = CACHE / "pyodide-test"
FOR_NODE = ("pyodide.js", "package.json")  # what pytest-pyodide's driver requires beside what browsers load


def pytest_configure(config: pytest.Config) -> None:
    """Point pytest-pyodide at our files, so that plain `pytest tests` works. Its own hook has run by now."""
    config.option.dist_dir = DIST
    config.option.runtime = "node"
    pytest.pyodide_dist_dir = DIST  # type: ignore[attr-defined]
    get_global_config().add_node_extra_globals(
        ["URL", "queueMicrotask"]
    )  # the driver gives Pyodide a few of Node's globals only
    NodeRunner.script_timeout = 90  # seconds a call may take, that which loads Pyodide included; unless told, 20


@pytest.fixture(scope="session")
def web_server_main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Path]]:
    """Makes the folder and serves it, in place of pytest-pyodide's own server, which forks a process with threads."""
    built = find_dist() / "pyodide"
    plan: dict[str, Path | bytes] = {path.name: path for path in [*built.glob("*.whl"), built / "pyodide-lock.json"]}
    plan |= {name: PYODIDE / name for name in (*CORE_FILES, *FOR_NODE)}
    with alone("pyodide-test"):  # other processes of pytest-xdist have the same folder
        synchronize(DIST, plan)
    with StaticServer(DIST) as server:
        yield "127.0.0.1", int(server.url.rstrip("/").rpartition(":")[2]), tmp_path_factory.mktemp("log") / "none"


@pytest.fixture(scope="module")
def selenium_python(selenium_module_scope: Any) -> Iterator[Any]:
    """A Pyodide with the runtime in it and `inside.py` importable; the same for a whole module.

    Not pytest-pyodide's `selenium`, which unloads every module after a test: pydantic's core cannot load twice.
    """
    python = selenium_module_scope
    python.load_package(["sparewheel"])
    folder = str(Path(__file__).parent)
    python.run_js(f"""
        pyodide.mountNodeFS("/tests", {folder!r});
        pyodide.runPython("import sys; sys.path.append('/tests'); sys.dont_write_bytecode = True");
    """)
    yield python
