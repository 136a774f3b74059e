"""`run --documents`: files and folders become documents of the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel.errors import ConfigError
from sparewheel.headless import documents
from sparewheel.headless.documents import read_documents


def test_files_and_folders(tmp_path: Path) -> None:
    inner = tmp_path / "handbook" / "more"
    inner.mkdir(parents=True)
    (inner / "leave.md").write_bytes(b"\xef\xbb\xbf# Leave")
    (inner / "pay.pdf").write_bytes(b"%PDF-\xff")
    (tmp_path / "handbook" / ".hidden").write_text("secret")
    (tmp_path / "one.txt").write_text("One")
    for name in ("back", "again"):
        (inner / name).symlink_to(tmp_path / "handbook")
    found = read_documents([str(tmp_path / "handbook"), str(tmp_path / "one.txt")])
    expected = {"handbook/more/leave.md": "# Leave", "handbook/more/pay.pdf": b"%PDF-\xff", "one.txt": "One"}
    assert found == expected


def test_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the documents in .*: No such file"):
        read_documents([str(tmp_path / "nowhere")])
    (tmp_path / "large").write_bytes(b"x" * 9)
    (tmp_path / "other").write_bytes(b"x")
    monkeypatch.setattr(documents, "MAX_BYTES", 8)
    with pytest.raises(ConfigError, match="large is larger than"):
        read_documents([str(tmp_path)])
    monkeypatch.setattr(documents, "MAX_BYTES", 9)
    monkeypatch.setattr(documents, "MAX_FILES", 1)
    with pytest.raises(ConfigError, match="has more than 1 files"):
        read_documents([str(tmp_path)])
