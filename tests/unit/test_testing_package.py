"""`sparewheel.testing` stands alone: the standard library and itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import sparewheel.testing

PACKAGE = Path(sparewheel.testing.__file__).parent


def imports(file: Path) -> set[str]:
    """The modules a file imports, relative ones as absolute names."""
    package = ["sparewheel", "testing", *file.relative_to(PACKAGE).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


def test_it_imports_the_standard_library_and_itself_only() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 10
    foreign = {
        (file.name, name)
        for file in files
        for name in imports(file)
        if name.split(".")[0] not in sys.stdlib_module_names and not f"{name}.".startswith("sparewheel.testing.")
    }
    assert foreign == {("cassettes.py", "pytest")}  # loaded for those who ask for the fixture


def test_the_public_names_are_sorted_and_exist() -> None:
    names = sparewheel.testing.__all__
    assert names == sorted(names)
    assert all(getattr(sparewheel.testing, name).__doc__ for name in names if name not in ("BEFORE_HEAD", "Events"))
