"""Files that a user sends with a prompt: pictures, PDF, and texts, of limited size.

The kind of a file is read from its bytes, because browsers go by its name: PNG, JPEG, GIF and WebP are pictures, which
every API with pictures takes; PDF is a document; whatever is UTF-8 is text, and is sent as text. Others are refused.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NotRequired

from pydantic import WithJsonSchema

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from .media import SENT, base64_bytes, type_of
from .visible import without_hidden

MAX_PARTS: Final = 32  # of one prompt
MAX_BYTES: Final = 8 * 1024 * 1024  # of all files of a prompt: what a record of the journal can hold
MAX_TEXT: Final = 1024 * 1024  # bytes of one text
MAX_FILE_NAME: Final = 100  # characters
PDF: Final = "application/pdf"
TAKEN: Final = "Pictures (PNG, JPEG, GIF, WebP), PDF and text files can be sent."

_MIME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # control characters that no text has


class FileShape(TypedDict):
    """A file of a prompt. `size` is in bytes. A text has `text`; another file has base64 in `data`.

    From a page the bytes may come as `blob`, of any kind of file. `name` is for people and models, and is no path.
    """

    mime_type: NotRequired[str]
    name: NotRequired[str]
    size: NotRequired[int]
    text: NotRequired[str]
    data: NotRequired[str]
    blob: NotRequired[Annotated[Any, WithJsonSchema({"tsType": "Blob"})]]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a prompt: `text`, or base64 in `data`. Both are empty if it was too large to be stored."""

    mime_type: str
    name: str = ""
    data: str = ""
    text: str = ""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data) * 3 // 4 - self.data[-2:].count("=") if self.data else len(self.text.encode())

    @property
    def is_picture(self) -> bool:
        return self.mime_type in SENT and bool(self.data)

    @property
    def url(self) -> str:
        """A `data:` URL of the bytes."""
        return f"data:{self.mime_type};base64,{self.data}"

    @property
    def label(self) -> str:
        """The name, or what stands for it."""
        return self.name or ("picture" if self.mime_type in SENT else "document" if self.mime_type == PDF else "text")

    def hidden(self) -> File:
        """The same without its content."""
        return replace(self, data="", text="")

    def as_text(self) -> str:
        """The text with its name, in a fence that is longer than any in it; of other files what they are."""
        if not self.text:
            return f"[File {self.label}, {self.mime_type}: its content is no longer available]"
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", self.text))])
        return f"File {self.label}:\n{fence}\n{self.text}\n{fence}"

    def to_dict(self) -> FileShape:
        """The JSON shape."""
        shape: FileShape = {"mime_type": self.mime_type, "name": self.name, "size": self.size}
        if self.data:
            shape["data"] = self.data
        elif self.text:
            shape["text"] = self.text
        return shape


def read_file(shape: object) -> File:
    """Read a file from a `FileShape`.

    Raises:
        ValueError: it is empty, too large, not base64, or of a kind that cannot be sent. The message is a sentence
            without a full stop.
    """
    if not isinstance(shape, dict):
        raise ValueError("it must be {name, mime_type, data}, with data in base64, or {name, mime_type, text}")
    name, declared, data, text = (shape.get(key) or "" for key in ("name", "mime_type", "data", "text"))
    if not all(isinstance(value, str) for value in (name, declared, data, text)):
        raise ValueError("name, mime_type, data and text must be strings")
    declared, name = declared.partition(";")[0].strip().lower()[:200], tidy_name(name)
    if text or not data:
        return _text(text, declared, name)
    if len(data) > MAX_BYTES * 1.5:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    content, _ = base64_bytes(data)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    if (kind := type_of(content)) in SENT or kind == PDF:
        return File(kind, name, data=b64encode(content).decode())
    try:
        return _text(content.decode("utf-8-sig"), declared, name)
    except UnicodeDecodeError:
        raise ValueError(f"files of its kind cannot be sent. {TAKEN[:-1]}") from None


def tidy_name(name: str) -> str:
    """The last part of a path in visible characters, shortened in its middle."""
    name = " ".join(without_hidden(re.split(r"[/\\]", name[:4000])[-1]).split())
    return name if len(name) <= MAX_FILE_NAME else f"{name[: MAX_FILE_NAME - 13]}…{name[-12:]}"


def _text(text: str, declared: str, name: str) -> File:
    if not text:
        raise ValueError("it is empty")
    if len(text) > MAX_TEXT or len(text.encode("utf-8", "replace")) > MAX_TEXT:
        raise ValueError(f"it is a text of more than {MAX_TEXT >> 20} MB")
    if _BINARY.search(text):
        raise ValueError(f"files of its kind cannot be sent. {TAKEN[:-1]}")
    known = declared not in SENT and declared != PDF and _MIME.fullmatch(declared)
    return File(declared if known else "text/plain", name, text=text)
