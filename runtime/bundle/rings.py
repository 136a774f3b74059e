"""Which rings of tests a pytest command line selects, and what they need before they can run.

| ring | runs in | needs |
|---|---|---|
| `tests/unit` | CPython | npm packages |
| `tests/web` | Node | npm packages |
| `tests/pyodide` | Pyodide under Node | `dist/` |
| `tests/e2e` | browsers | `dist/`, Chromium, simulators; Firefox and WebKit where they can be installed |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from bundle.shell import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL: Final = frozenset({"unit", "web", "pyodide", "e2e"})
NEED_DIST: Final = frozenset({"pyodide", "e2e"})
NEED_BROWSER: Final = frozenset({"e2e"})
_NOT_SELECTING: Final = ("--ignore", "--deselect")  # options whose value is a path of tests that are not wanted


def selected(arguments: Sequence[str]) -> frozenset[str]:
    """The rings that pytest's arguments select by paths below `tests/`; all of them if they name no such path.

    Args:
        arguments: as on the command line; paths are relative to the repository.
    """
    rings: set[str] = set()
    for before, word in zip(["", *arguments], arguments, strict=False):
        if word.startswith("-") or before in _NOT_SELECTING:
            continue
        path = Path(ROOT, word.partition("::")[0]).resolve()
        if path == ROOT / "tests":
            return ALL
        if path.exists() and path.is_relative_to(ROOT / "tests"):
            rings.add(path.relative_to(ROOT / "tests").parts[0])
    return frozenset(rings & ALL) or ALL
