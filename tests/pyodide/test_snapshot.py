"""A restored Python behaves as one that was started plainly, and lacks nothing: what it needs later comes then."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sparewheel.headless import find_dist

HERE = Path(__file__).parent
DIST = find_dist()
NEEDED = {"annotated-types", "pydantic", "pydantic-core", "ruamel-yaml", "sparewheel", "typing-extensions"}


def run(mode: str, script: str) -> Any:
    argv: list[str | Path] = ["node", HERE / "restored.mjs", DIST, mode, HERE / script]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{mode} {script}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return json.loads(json.loads(done.stdout))


@cache
def late(mode: str) -> dict[str, Any]:
    found: dict[str, Any] = run(mode, "late.py")
    return found


def test_it_behaves_as_a_plain_one() -> None:
    plain, restored = run("plain", "behaviour.py"), run("restored", "behaviour.py")
    assert len(plain) > 40
    assert restored == plain


@pytest.mark.parametrize("mode", ["plain", "restored"])
def test_what_is_imported_later_is_there(mode: str) -> None:
    found = late(mode)
    assert found["before"] == []
    assert (found["csv"], found["pydantic.networks"]) == ("module", "module")
    assert found["lines"][0].startswith("return _default_decoder.decode(")
    assert found["version"] == "2.14.3"


def test_packages_can_be_loaded_by_name() -> None:
    """Those of the snapshot count as loaded, so that none of them is fetched again."""
    found = late("restored")
    loaded = {name.replace("_", "-").replace(".", "-") for name in found["loaded"]}
    assert NEEDED <= loaded
    assert found["micropip"] == ["module", "module"]
    assert {"micropip", "pyodide-http"} <= set(found["loaded since"]) - set(found["loaded"])


def test_nothing_random_is_in_the_snapshot() -> None:
    first, second = late("restored"), run("restored", "late.py")
    assert [a for a, b in zip(first["random"], second["random"], strict=True) if a == b] == []
