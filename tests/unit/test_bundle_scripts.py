"""The scripts of a page: bundled, and still what they were to those who import them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bundle.preload import imports
from bundle.scripts import bundled_scripts, is_inside_a_bundle
from bundle.shell import WEB

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("app/turn-view.js", True),
        ("compat/translate.js", True),
        ("app/main.js", False),
        ("app/start.js", False),
        ("app/base.css", True),
        ("app/style.css", False),
        ("compat/docker-agent.d.ts", False),
        ("sparewheel.js", False),
        ("client/errors.js", False),
    ],
)
def test_only_parts_of_bundles_are_left_out(name: str, inside: bool) -> None:
    assert (WEB / name).exists()
    assert is_inside_a_bundle(name) is inside


def test_every_import_is_there_and_errors_are_of_one_class() -> None:
    bundled = bundled_scripts()
    files = bundled | {"app/start.js": WEB / "app/start.js"}
    assert set(imports("app/main.js", files)) == {"app/start.js", "sparewheel.js", *shared(bundled)}
    assert set(imports("compat/docker-agent.js", files)) == shared(bundled)
    assert imports("worker.js", files) == []
    assert b"@import" not in files["app/style.css"].read_bytes()
    declaring = {
        name for name, path in bundled.items() if "SparewheelError = class" in path.read_text(encoding="utf-8")
    }
    assert declaring == shared(bundled)


def shared(bundled: dict[str, Path]) -> set[str]:
    return {name for name in bundled if name.startswith("sparewheel-")}
