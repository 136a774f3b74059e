"""From the content of a document to its sections, by the kind of the document. Documents are not trusted."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from ...jsontext import whole
from ...slices import run_in_slices
from ..web.html_text import html_to_text
from .markdown import markdown_sections, text_sections
from .passages import Unreadable
from .tables import csv_sections, json_sections

if TYPE_CHECKING:
    from .passages import Section

_DATA: Final = re.compile(r"data:([^,;]{0,100})((?:;[^,;]{0,100}){0,5}),", re.IGNORECASE)
_KINDS: Final = {
    **dict.fromkeys(("md", "markdown", "mdx", "mdown"), "markdown"),
    **dict.fromkeys(("html", "htm", "xhtml"), "html"),
    **dict.fromkeys(("csv", "tsv"), "csv"),
    **dict.fromkeys(("jsonl", "ndjson"), "jsonl"),
    "json": "json",
    "pdf": "pdf",
}
_TYPES: Final = {
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/pdf": "pdf",
}
_IS_HTML: Final = re.compile(r"\s*(?:<!doctype html|<html)\b", re.IGNORECASE)


def takes_long(name: str, content: str) -> bool:
    """Whether it takes much longer to read a document than to load its passages."""
    return content.startswith("data:") or _kind(name) == "html" or bool(_IS_HTML.match(content))


async def read_sections(name: str, content: str, size: int) -> list[Section]:
    """The sections of a document.

    Args:
        content: its text, or its bytes as a `data:` URL in base64.
        size: characters of a chunk, at most: rows of data are put together up to it.

    Raises:
        Unreadable: it is no text, and no PDF that can be read.
    """
    kind, data, content = _kind(name), None, whole(content)  # no encoding represents half a surrogate pair
    if match := _DATA.match(content):
        kind = _TYPES.get(match[1].strip().lower(), kind)
        data = _bytes(content[match.end() :], match[2])
        if data.startswith(b"%PDF-"):
            kind = "pdf"
        elif kind != "pdf":
            content = _text(data)
    if kind == "pdf":
        from .pdf import pdf_sections  # its library is loaded now

        if data is None:
            raise Unreadable("it is a PDF, but came as text: pass its bytes.")
        return await pdf_sections(data)
    if content.count("\0", 0, 4096):
        raise Unreadable("it is not text: pass the bytes of a PDF, or the text of the document.")
    if kind == "html" or (not kind and _IS_HTML.match(content)):
        return await run_in_slices(markdown_sections(await html_to_text(content, markdown=True)))
    if kind == "markdown":
        return await run_in_slices(markdown_sections(content))
    found = None
    if kind == "csv":
        found = await run_in_slices(csv_sections(content, size))
    elif kind in ("json", "jsonl"):
        found = await run_in_slices(json_sections(content, size, lines=kind == "jsonl"))
    return text_sections(content) if found is None else found


def _kind(name: str) -> str:
    path = re.split(r"[?#]", name, maxsplit=1)[0] if name.startswith(("http://", "https://")) else name
    return _KINDS.get(path.rpartition(".")[2].lower(), "") if "." in path.rpartition("/")[2] else ""


def _bytes(encoded: str, parameters: str) -> bytes:
    if ";base64" not in parameters.lower():
        raise Unreadable("it is a data: URL without base64: pass its bytes.")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("its base64 is damaged: pass its bytes.") from None


def _text(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, "replace")
