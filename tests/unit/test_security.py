"""Every promise of SECURITY.md names modules and tests, and they exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = re.compile(r"`([a-z0-9_/.]+)`")


def exists(folder: Path, name: str) -> bool:
    return (folder / name).exists() or (folder / f"{name}.py").exists()


def test_what_the_promises_name_exists() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("## What is promised")[2]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ") and "| module |" not in line]
    assert len(rows) > 10
    for promise, modules, tests in (row for row in rows if len(row) == 3):
        assert NAME.findall(modules), promise
        assert NAME.findall(tests) or "rings" in tests, promise
        for name in NAME.findall(modules):
            above = ROOT if name.startswith("web") else ROOT / "runtime"
            assert exists(above, name) or exists(above / "sparewheel", name), name
        for name in NAME.findall(tests):
            assert exists(ROOT / "tests", name), name
