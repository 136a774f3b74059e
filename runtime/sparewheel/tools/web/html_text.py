"""The text of an HTML page, plain or as Markdown. Never fails, whatever the page.

Kept by hand, because a page may be huge or hostile: converters such as html2text and markdownify take the whole page at
once and block the event loop meanwhile. This one reads it in pieces, lets other tasks run in between, and limits the
length of a tag.
"""

from __future__ import annotations

import asyncio
import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

_SKIPPED: Final = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas"})
_BLOCKS: Final = frozenset(
    "address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 head header hr html li main nav ol option p pre section summary table tbody tfoot thead "
    "title tr ul".split()
)
_HEADINGS: Final = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_EMPHASIS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}
_PIECE: Final = 32_768  # characters
_MAX_MARKUP: Final = 65_536  # characters of a tag or comment; longer ones (embedded images) are skipped
_SPACE: Final = re.compile(r"[ \t\r\n\f\v\xa0]+")
# References to characters by number. The parser reads the number with `int`, which refuses 4,300 digits; no character
# needs eight.
_ZEROS: Final = re.compile(r"&#0+(?=[0-9])")
_DIGITS: Final = re.compile(r"&#([0-9]{8})[0-9]+")
_OPEN_REFERENCE: Final = re.compile(r"&(?:#[0-9]{0,8})?\Z")


async def html_to_text(html: str, *, markdown: bool = False) -> str:
    """The text of a page; with `markdown`, headings, emphasis and links are marked.

    Async only to let other tasks run: a large page takes long.
    """
    reader = _Reader(markdown)
    for start in range(0, len(html), _PIECE):
        reader.take(html[start : start + _PIECE])
        await asyncio.sleep(0)
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self, markdown: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._markdown = markdown
        self._lines: list[str] = []
        self._line: list[str] = []
        self._skipping = ""  # the element whose content is skipped
        self._skipped = 0  # how many of it are open
        self._preformatted = 0
        self._links: list[str] = []
        self._until = ""  # the end of a tag or comment that is skipped
        self._reference = ""  # which the last piece began

    def take(self, piece: str) -> None:
        """Read the next piece. The parser rereads an unfinished tag with every piece, so its length is limited."""
        piece = _DIGITS.sub(r"&#\1", _ZEROS.sub("&#", self._reference + piece))
        begun = _OPEN_REFERENCE.search(piece)
        self._reference = begun[0] if begun else ""
        piece = piece[: begun.start()] if begun else piece
        if self._until:
            _, ended, piece = piece.partition(self._until)
            if not ended:
                return
            self._until = ""
        self.feed(piece)
        if len(self.rawdata) > _PIECE and "<" not in self.rawdata and not self.cdata_elem:
            self._flush()
        if len(self.rawdata) > _MAX_MARKUP and self.rawdata.startswith("<"):
            self._until = "-->" if self.rawdata.startswith("<!--") else ">"
            self.rawdata = ""

    def _flush(self) -> None:
        """Take text that the parser holds back because it may end in a part of a character reference."""
        end = self.rawdata.rfind("&")
        if end > 0:
            self.handle_data(unescape(self.rawdata[:end]))
            self.rawdata = self.rawdata[end:]

    def text(self) -> str:
        """The whole text, after the last piece."""
        self.rawdata += "" if self._until else self._reference
        self.rawdata = self.rawdata.replace("<", "&lt;")  # unfinished: the parser would start again at each `<`
        self.close()
        self._break()
        joined = "\n".join(self._lines)
        return re.sub(r"\n{3,}", "\n\n", joined).strip("\n")

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """`<![…>`, which Python's parser until 3.13 raises for, is a comment up to the next `>` as in browsers."""
        return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            self._skipped += tag == self._skipping
            return
        if tag in _SKIPPED:
            self._skipping, self._skipped = tag, 1
            return
        if tag in _BLOCKS:
            self._break()
        if tag == "pre":
            self._preformatted += 1
        elif tag in ("td", "th"):
            self._line.append(" | " if self._line else "")
        elif tag == "li":
            self._line.append("- ")
        if self._markdown:
            self._mark(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipped -= tag == self._skipping
            if not self._skipped:
                self._skipping = ""
            return
        if tag == "pre" and self._preformatted:
            self._break()
            self._preformatted -= 1
        if self._markdown and tag in _EMPHASIS:
            self._line.append(_EMPHASIS[tag])
        if self._markdown and tag == "a" and self._links:
            self._line.append(self._links.pop())
        if tag in _BLOCKS:
            self._break(gap=tag in ("p", "ul", "ol", "table", "pre", *_HEADINGS))

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        if not self._preformatted:
            self._line.append(_SPACE.sub(" ", data))
            return
        first, *rest = data.split("\n")
        self._line.append(first)
        for line in rest:
            self._break()
            self._line.append(line)

    def _mark(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in _HEADINGS:
            self._line.append(_HEADINGS[tag])
        elif tag in _EMPHASIS:
            self._line.append(_EMPHASIS[tag])
        elif tag == "a":
            target = (attributes.get("href") or "").strip()
            linked = target.startswith(("http://", "https://", "/")) and len(target) < 500
            self._line.append("[" if linked else "")
            self._links.append(f"]({target})" if linked else "")

    def _break(self, *, gap: bool = False) -> None:
        line = "".join(self._line)
        self._line.clear()
        line = line.rstrip() if self._preformatted else _SPACE.sub(" ", line).strip()
        if line or self._preformatted:
            self._lines.append(line)
        if gap:
            self._lines.append("")
