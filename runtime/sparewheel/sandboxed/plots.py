"""Values that are pictures: figures of matplotlib, charts that write SVG, and whatever writes PNG or SVG."""

from __future__ import annotations

import base64
import io
import re
import sys
from typing import Any, Final

MAX_PLOTS: Final = 16  # of one run
MAX_BYTES: Final = 4 * 1024 * 1024  # of one plot
_STARTS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_SVG: Final = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^>]*>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*<svg[\s>]")
# A picture runs no scripts, and some libraries put some into it: they would only take room.
_SCRIPT: Final = re.compile(
    rb"<script\b[^>]*?(?:/>|>(?:[^<]|<(?!/script))*</script\s*>)|<!DOCTYPE[^<>\[]*>", re.IGNORECASE
)

# Sizes of texts in charts of pygal, which are 800 wide: they can be read on a phone as well.
_SIZES: Final = {"label": 16, "major_label": 16, "value_label": 16, "legend": 16, "title": 20}


class Plots:
    """The pictures of one run, as `{mime, data, name}` with `data` in base64."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []
        self.left_out: list[str] = []

    def take(self, value: object, name: str = "") -> bool:
        """Add a value if it is a picture. Raises what its methods raise."""
        content = _content(value)
        if content is None:
            return False
        mime = kind_of(content)
        if not mime:
            return False
        content = _SCRIPT.sub(b"", content) if mime == "image/svg+xml" else content
        name = name or f"plot {len(self.found) + 1}"
        if len(self.found) >= MAX_PLOTS:
            self.left_out.append(f"{name} (there are {MAX_PLOTS} plots already)")
        elif len(content) > MAX_BYTES:
            self.left_out.append(f"{name} (a plot of {len(content)} bytes; {MAX_BYTES} are the limit)")
        else:
            data = base64.b64encode(content).decode()
            if all(data != plot["data"] for plot in self.found):
                self.found.append({"mime": mime, "data": data, "name": name})
        return True

    def take_file(self, file: dict[str, str]) -> None:
        """Add a file (`{path, data}`) if it is a picture: code that saves a plot means to show it."""
        if file["path"].lower().endswith((".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")):
            self.take(base64.b64decode(file["data"]), file["path"])

    def take_figures(self) -> None:
        """Add the open figures of matplotlib, and close them."""
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        for number in pyplot.get_fignums():
            self.take(pyplot.figure(number))
        pyplot.close("all")


def kind_of(content: bytes) -> str:
    """The MIME type of a picture; "" for anything else."""
    for start, mime in _STARTS.items():
        if content.startswith(start):
            return mime
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _SVG.match(content[:4096]) else ""


def _content(value: object) -> bytes | None:
    """The bytes of a picture, or of what may be one."""
    if isinstance(value, type):
        return None
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode(errors="replace") if value[:200].lstrip().startswith("<") else None
    figure: Any = value if hasattr(value, "savefig") else getattr(value, "figure", None)
    if figure is not None and callable(getattr(figure, "savefig", None)):
        file = io.BytesIO()
        figure.savefig(file, format="png", bbox_inches="tight")
        if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
            pyplot.close(figure)
        return file.getvalue()
    _enlarge_texts(value)
    for name in ("_repr_svg_", "_repr_png_"):
        method = getattr(value, name, None)
        if callable(method):
            try:
                written = method()
            except ImportError:  # a chart may need another package to write PNG
                continue
            if isinstance(written, str):
                return written.encode(errors="replace")
            if isinstance(written, bytes):
                return written
    return None


def _enlarge_texts(chart: object) -> None:
    """If it is a chart of pygal. The sizes of a style that sets its own stay."""
    if type(chart).__module__.startswith("pygal."):
        for name, size in _SIZES.items():
            setattr(sys.modules["pygal.style"].Style, f"{name}_font_size", size)
