"""Keeping `dist/` equal to its plan, and knowing when there is nothing to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bundle import assemble
from bundle.assemble import fingerprint, is_current, record, synchronize
from bundle.shell import files_below


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, dotfiles too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_exactly_the_plan(tmp_path: Path) -> None:
    source = tmp_path / "source.wasm"
    source.write_bytes(b"wasm")
    dist = tmp_path / "dist"
    assert synchronize(dist, {"index.html": b"page", "pyodide/core.wasm": source}) == 2
    assert tree(dist) == {"index.html": b"page", "pyodide/core.wasm": b"wasm"}
    assert synchronize(dist, {"index.html": b"new page", "app/page.js": b"js"}) == 3
    assert tree(dist) == {"index.html": b"new page", "app/page.js": b"js"}
    assert not (dist / "pyodide").exists()


def test_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    synchronize(tmp_path / "dist", {"a": b"1", "b": b"1"})
    before = {name: (tmp_path / "dist" / name).stat().st_mtime_ns for name in "ab"}
    assert synchronize(tmp_path / "dist", {"a": b"1", "b": b"2"}) == 1
    assert (tmp_path / "dist/a").stat().st_mtime_ns == before["a"]
    assert (tmp_path / "dist/b").read_bytes() == b"2"


def test_a_file_may_become_a_folder_and_a_folder_a_file(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    synchronize(dist, {"app": b"file", "lib/deep/x.js": b"1"})
    synchronize(dist, {"app/page.js": b"1", "lib": b"file"})
    assert tree(dist) == {"app/page.js": b"1", "lib": b"file"}


def test_remains_of_an_interrupted_build_go(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "core.wasm.partial").write_bytes(b"ha")
    (dist / ".DS_Store").write_bytes(b"")
    synchronize(dist, {"a": b"1"})
    assert tree(dist) == {"a": b"1"}


def test_a_recorded_build_is_current_until_something_changes(tmp_path: Path) -> None:
    dist, file = tmp_path / "dist", tmp_path / "build.json"
    synchronize(dist, {"a": b"1", "b/c": b"2"})
    assert not is_current(file, "sources", dist)
    record(file, "sources", dist)
    assert is_current(file, "sources", dist)
    assert not is_current(file, "other sources", dist)
    (dist / "b/c").write_bytes(b"edited")
    assert not is_current(file, "sources", dist)
    record(file, "sources", dist)
    (dist / "a").unlink()
    assert not is_current(file, "sources", dist)


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    file = tmp_path / "build.json"
    file.write_text("{")
    assert not is_current(file, "sources", tmp_path)


def test_an_interrupted_build_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "build.json"
    file.write_text("{}")

    def interrupted(_: str | None) -> dict[str, Path | bytes]:
        raise KeyboardInterrupt

    monkeypatch.setattr("bundle.shell.CACHE", tmp_path)
    monkeypatch.setattr(assemble, "RECORD", file)
    monkeypatch.setattr(assemble, "contents", interrupted)
    with pytest.raises(KeyboardInterrupt):
        assemble.build()
    assert not file.exists()


def test_the_fingerprint_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("1")
    first = fingerprint(tmp_path, ["src"])
    assert fingerprint(tmp_path, ["src"]) == first
    (tmp_path / "src/__pycache__").mkdir()
    (tmp_path / "src/__pycache__/a.pyc").write_text("x")
    assert fingerprint(tmp_path, ["src"]) == first
    (tmp_path / "src/a.py").write_text("2")
    second = fingerprint(tmp_path, ["src"])
    (tmp_path / "src/a.py").rename(tmp_path / "src/b.py")
    assert len({first, second, fingerprint(tmp_path, ["src"])}) == 3


def test_caches_and_dotfiles_are_not_sources(tmp_path: Path) -> None:
    for name in ("a.js", ".npmrc", "node_modules/x/index.js", "sub/b.js", "sub/.cache/c.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)] == ["a.js", "sub/b.js"]
