"""The wheel of our own that goes into the browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

from bundle.licenses import read_metadata
from bundle.wheel import browser_config, build_wheel


def test_it_holds_what_a_browser_can_use_and_is_reproducible(tmp_path: Path) -> None:
    first = build_wheel(tmp_path / "first", browser_config())
    content = first.read_bytes()
    assert build_wheel(tmp_path / "second", browser_config()).read_bytes() == content
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
    expected = {"__init__.py", "py.typed", "errors/types.py", "transports/fetch.py"}
    assert {f"sparewheel/{name}" for name in expected} <= set(names)
    host_only = ("sparewheel/headless", "sparewheel/testing", "sparewheel/transports/native")
    assert [name for name in names if name.startswith(host_only) or "__pycache__" in name] == []
    needs = read_metadata(first).get_all("Requires-Dist") or []
    assert needs
    assert [need for need in needs if "extra" in need] == []
    assert [need for need in needs if "httpx" in need and "sys_platform != 'emscripten'" not in need] == []
