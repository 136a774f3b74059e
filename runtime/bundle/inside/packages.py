"""Runs inside Pyodide's Python: pyodide-build compiles archives to bytecode, pyodide-lock describes wheels.

The work folder holds `archives/` (wheels and zips, compiled in place), `wheels/` (every wheel to lock, with sources)
and `info.json` (the `info` table of Pyodide's own lock file). `result.json` is written into it: `compiled` has the new
name of each archive; `lock` is the lock file of the wheels, or `error` the reason why there is none.
"""

from __future__ import annotations

import ast
import importlib.machinery
import json
import py_compile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from packaging.markers import default_environment
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from pyodide_build import _py_compile
from pyodide_lock import InfoSpec, PyodideLockSpec, utils

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

_PLACES = {".whl": "/lib/python3.14/site-packages/", ".zip": "/lib/python314.zip/"}  # where modules are imported from
_Def = TypeVar("_Def", ast.FunctionDef, ast.AsyncFunctionDef)


class _Lean(ast.NodeTransformer):
    """Removes what only type checkers read: annotations of functions, and the fields of pydantic-core's `TypedDict`s.

    `singledispatch` reads annotations too: what is decorated with a `register` keeps them.
    """

    def __init__(self, path: str) -> None:
        self._has_types = path.endswith("/pydantic_core/core_schema.py")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._bare(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._bare(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._has_types and any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases):
            node.body = [ast.copy_location(ast.Pass(), node)]
        return self.generic_visit(node)

    def _bare(self, node: _Def) -> ast.AST:
        if any(isinstance(each, ast.Attribute) and each.attr == "register" for each in node.decorator_list):
            return node
        node.returns = None
        return self.generic_visit(node)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles for `py_compile`. What it leaves out would take 2.4 of 20 MB of the memory that a snapshot holds."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # type: ignore[override]
        # typeshed has it as static, because `InspectLoader` has; the machinery calls it on the loader
        tree = _Lean(path).visit(ast.parse(data, path))
        code: CodeType = compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)
        return code


def main(work: str) -> None:
    """Do all the work of a folder."""
    folder = Path(work)
    info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    compiled = {path.name: compile_archive(path).name for path in sorted((folder / "archives").iterdir())}
    result: dict[str, Any] = {"compiled": compiled}
    try:
        result["lock"] = lock(sorted((folder / "wheels").iterdir()), info)
    except RuntimeError as error:
        result["error"] = str(error)
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def compile_archive(path: Path) -> Path:
    """Replace a wheel or zip by one with bytecode in place of sources, and return its path.

    Raises:
        py_compile.PyCompileError: a source is not valid Python.
        ValueError: the name of the wheel is not one that pyodide-build takes.
    """
    place = _PLACES[path.suffix]

    def compile_source(source: str, *, cfile: str, dfile: str, doraise: bool) -> None:
        # pyodide-build names a source by its path in the archive; tracebacks are to show where it will be installed.
        # Without docstrings, which nothing reads there, the snapshot of the memory is 8 % smaller.
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(source, cfile, place + dfile, doraise, optimize=2, invalidation_mode=mode)

    importlib.machinery.SourceFileLoader = _Loader  # type: ignore[misc]  # what py_compile takes, in this process only
    _py_compile.py_compile = SimpleNamespace(compile=compile_source)
    compiled: Path | None = _py_compile._py_compile_archive(path, keep=False, verbose=False, compression_level=9)
    if compiled is None:
        raise ValueError(f"pyodide-build does not compile {path.name}")
    return compiled


def lock(wheels: Sequence[Path], info: dict[str, str]) -> dict[str, Any]:
    """Describe wheels as a Pyodide lock file.

    Raises:
        RuntimeError: a wheel is not for this Python, or needs a package or a version that is not among them.
    """
    utils._check_wheel_compatible = _check_tags
    spec = utils.add_wheels_to_spec(PyodideLockSpec(InfoSpec.from_dict(info), {}), wheels)
    _check_versions(spec, wheels)
    locked: dict[str, Any] = spec.to_dict()
    return locked


def _check_tags(path: Path, _info: InfoSpec) -> None:
    """Replaces the check of pyodide-lock 0.2.1, which refuses the platform tag of Pyodide 314 (PEP 783)."""
    if parse_wheel_filename(path.name)[3].isdisjoint(sys_tags()):
        raise RuntimeError(f"{path.name} is not for Pyodide's Python")


def _check_versions(spec: PyodideLockSpec, wheels: Sequence[Path]) -> None:
    """pyodide-lock checks that each dependency is there, not that its version is one that is wanted."""
    environment = default_environment()
    for wheel in wheels:
        metadata = utils._wheel_metadata(wheel)
        for need in utils._wheel_depends(metadata):
            package = spec.packages.get(canonicalize_name(need.name))
            if package is None or (need.marker and not need.marker.evaluate(environment)):
                continue
            if not need.specifier.contains(package.version, prereleases=True):
                raise RuntimeError(f"{metadata.name} needs {need}, but {package.version} is listed")
