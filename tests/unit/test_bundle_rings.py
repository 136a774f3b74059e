"""What `build.py test` prepares for the tests that are selected."""

from __future__ import annotations

import pytest

from bundle.rings import ALL, selected
from bundle.shell import ROOT


@pytest.mark.parametrize(
    ("arguments", "rings"),
    [
        ([], ALL),
        (["-x", "-k", "chain"], ALL),
        (["tests"], ALL),
        (["tests/unit", "tests"], ALL),
        (["tests/unit"], {"unit"}),
        (["-q", "tests/unit/test_sse.py::test_x[a::b]"], {"unit"}),
        ([str(ROOT / "tests" / "web"), "-x"], {"web"}),
        (["tests/web", "tests/e2e/test_boot.py"], {"web", "e2e"}),
        (["--ignore", "tests/e2e"], ALL),
        (["--ignore=tests/e2e", "tests/pyodide"], {"pyodide"}),
        (["tests/no-such-ring"], ALL),
        (["-c", "pyproject.toml"], ALL),
    ],
)
def test_paths_select_rings(arguments: list[str], rings: set[str]) -> None:
    assert selected(arguments) == rings


def test_every_folder_with_tests_is_a_ring() -> None:
    assert {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")} == ALL
