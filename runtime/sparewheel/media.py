"""Media in answers: pictures, sounds and files, with types from a list, a limited size, and their bytes as base64.

The type is read from the first bytes where they show it, because servers declare wrong ones. What has no type of the
list is `application/octet-stream`, which no page shows: SVG and HTML can contain scripts. SVG of the code sandbox that
contains none (`drawings`) is shown as an image.
"""

from __future__ import annotations

import binascii
import re
import struct
from base64 import b64encode
from dataclasses import dataclass
from typing import Annotated, Any, Final, NotRequired

from pydantic import WithJsonSchema

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

MAX_SIZE: Final = 16 * 1024 * 1024  # bytes of one of them
UNKNOWN: Final = "application/octet-stream"
DRAWING: Final = "image/svg+xml"
SENT: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The types that every API with pictures accepts in a request."""

_TYPES: Final = SENT | {
    *("image/avif", "video/mp4", "video/webm", "application/pdf"),
    *("audio/wav", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "audio/aac", "audio/webm"),
}
_OTHER_NAMES: Final = {
    **{"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/m4a": "audio/mp4", "audio/opus": "audio/ogg"},
    **dict.fromkeys(("audio/x-wav", "audio/wave", "audio/vnd.wave"), "audio/wav"),
}
_STARTS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftypM4A", re.DOTALL), "audio/mp4"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
_RAW: Final = ("audio/l16", "audio/pcm", "audio/pcm16", "audio/raw")  # samples without a header
_RATE: Final = re.compile(r"rate=(\d{4,6})")
_DEFAULT_RATE: Final = 24_000  # of OpenAI's and Gemini's samples


class MediaShape(TypedDict):
    """One of the media of an answer: a picture, a sound or a file. `size` is in bytes, None if it is not known.

    The bytes are in `blob` in JavaScript, and in `data` as base64 in Python, in JSON lines and in exported documents.
    Media that a server only refers to have a `url` instead. `name` is the name of a file that a tool has written.
    """

    mime_type: str
    size: int | None
    name: NotRequired[str]
    data: NotRequired[str]
    blob: NotRequired[Annotated[Any, WithJsonSchema({"tsType": "Blob"})]]
    url: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Media:
    """One of the media of an answer. `data` is base64; `url` is set instead if the server sent only an address.

    `signature` is opaque and valid only for `origin`, the model that made it. `name` is the file's, if it has one.
    """

    mime_type: str
    data: str = ""
    size: int | None = None
    url: str = ""
    signature: str = ""
    origin: str = ""
    name: str = ""

    @property
    def address(self) -> str:
        """A `data:` URL, or the address of the server."""
        return self.url or f"data:{self.mime_type};base64,{self.data}"

    def hidden(self) -> Media:
        """The same without its bytes and its address."""
        return Media(self.mime_type, size=self.size)

    def to_dict(self) -> MediaShape:
        """The JSON shape."""
        shape: MediaShape = {"mime_type": self.mime_type, "size": self.size}
        if self.name:
            shape["name"] = self.name
        if self.url:
            shape["url"] = self.url
        else:
            shape["data"] = self.data
        return shape


def read_media(
    data: str | bytes, declared: str = "", *, signature: str = "", origin: str = "", drawings: bool = False
) -> Media:
    """Read media from base64 text, or from bytes. Samples without a header become a WAV file.

    Args:
        data: base64 in either alphabet, with or without padding, or the bytes.
        declared: the MIME type that the server names, or a name such as `png`.
        signature: for `Media`.
        origin: for `Media`.
        drawings: whether SVG that is declared as such may be `DRAWING`, if it is only a picture.

    Raises:
        ValueError: it is empty, not base64, or larger than `MAX_SIZE`. The message is a sentence without a full stop.
    """
    if len(data) > MAX_SIZE * (1 if isinstance(data, bytes) else 1.5):
        raise ValueError(f"it is larger than {MAX_SIZE >> 20} MB")
    content, text = base64_bytes(data) if isinstance(data, str) else (data, "")
    if not content:
        raise ValueError("it has no bytes")
    kind = declared.partition(";")[0].strip().lower()
    if kind in _RAW:
        content, text, kind = _as_wav(content, declared), "", "audio/wav"
    if len(content) > MAX_SIZE:
        raise ValueError(f"it is larger than {MAX_SIZE >> 20} MB")
    mime = type_of(content) or mime_type(kind)
    if drawings and kind == DRAWING and mime == UNKNOWN:
        from .drawings import is_picture  # few results have one

        mime = DRAWING if is_picture(content) else UNKNOWN
    return Media(mime, text or b64encode(content).decode(), len(content), signature=signature, origin=origin)


def mime_type(declared: str) -> str:
    """The type of the list that a server means, `UNKNOWN` for any other. A name such as `png` is a type as well."""
    kind = declared.partition(";")[0].strip().lower()
    names = (kind,) if "/" in kind else (f"image/{kind}", f"audio/{kind}", f"video/{kind}", f"application/{kind}")
    return next((found for name in names if (found := _OTHER_NAMES.get(name, name)) in _TYPES), UNKNOWN)


def type_of(content: bytes) -> str:
    """The type of the list that the first bytes show; "" if they show none."""
    return next((mime for start, mime in _STARTS if start.match(content)), "")


def is_raw(declared: str) -> bool:
    """Whether the type is that of samples without a header, which arrive in pieces."""
    return declared.partition(";")[0].strip().lower() in _RAW


def base64_bytes(data: str) -> tuple[bytes, str]:
    """The bytes, and `data` if it is regular base64, else an empty text. Raises `ValueError` if it is not base64."""
    try:
        return binascii.a2b_base64(data, strict_mode=True), data
    except ValueError:
        pass
    text = "".join(data.split()).translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True), ""
    except ValueError:  # not base64, or not ASCII
        raise ValueError("it is not valid base64") from None


def _as_wav(samples: bytes, declared: str) -> bytes:
    """A WAV file of 16-bit samples in one channel; the rate is in the type, else 24 kHz."""
    found = _RATE.search(declared)
    rate = int(found[1]) if found else _DEFAULT_RATE
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 36 + len(samples), b"WAVE")
    return head + form + struct.pack("<4sI", b"data", len(samples)) + samples
