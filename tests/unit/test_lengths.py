"""No source file is longer than `MAX_LINES`: a longer one has more than one idea, and is split where they part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 330
SUFFIXES = {".py", ".js", ".mjs", ".css"}
FOLDERS = ["docs", "runtime", "tests", "web"]


def sources(root: Path) -> Iterator[Path]:
    """Our own source files, without what npm has installed beside them."""
    yield from root.glob("*.py")
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.suffix in SUFFIXES and "node_modules" not in path.relative_to(root).parts:
                yield path


def too_long(root: Path) -> list[str]:
    """What is wrong with the files below `root` that are longer."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(root)}
    return sorted(
        f"{path.relative_to(root).as_posix()} has {count} lines; split it: {MAX_LINES} are allowed"
        for path, count in lines.items()
        if count > MAX_LINES
    )


def test_no_file_is_too_long() -> None:
    assert Path(__file__) in set(sources(ROOT))
    assert too_long(ROOT) == []


def test_a_long_file_is_found(tmp_path: Path) -> None:
    for name, count in {
        "build.py": 331,
        "web/app/long.css": 331,
        "web/app/short.js": 330,
        "web/protocol.d.ts": 900,
        "web/node_modules/theirs/index.js": 900,
        "tests/unit/long.py": 400,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n" * count)
    assert too_long(tmp_path) == [
        "build.py has 331 lines; split it: 330 are allowed",
        "tests/unit/long.py has 400 lines; split it: 330 are allowed",
        "web/app/long.css has 331 lines; split it: 330 are allowed",
    ]
