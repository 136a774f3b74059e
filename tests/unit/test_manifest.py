"""The manifest with which browsers install the page: its icons are there, as large as it tells."""

from __future__ import annotations

import json
import struct

from bundle.shell import WEB

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_icons_are_there_and_as_large_as_told() -> None:
    manifest = json.loads((WEB / "manifest.json").read_text(encoding="utf-8"))
    page = (WEB / "index.html").read_text(encoding="utf-8")
    assert '<link rel="manifest" href="manifest.json" />' in page
    assert (manifest["start_url"], manifest["scope"]) == ("./", "./")
    sizes = {}
    for icon in manifest["icons"]:
        content = (WEB / icon["src"]).read_bytes()
        if icon["type"] == "image/svg+xml":
            assert content.startswith(b"<svg ")
            continue
        assert content.startswith(PNG)
        width, height = struct.unpack(">II", content[16:24])
        assert icon["sizes"] == f"{width}x{height}"
        sizes[width, icon.get("purpose", "any")] = icon
    assert set(sizes) == {(192, "any"), (512, "any"), (512, "maskable")}
