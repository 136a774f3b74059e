"""Media in responses: the shapes in which servers send pictures, sounds and files.

Sources: OpenRouter, "Image generation" (`images` of a delta); OpenAI API reference (`audio` of a message,
`image_generation_call`); Gemini API reference, "Content" (`inlineData`, `fileData`); Claude API reference ("image").
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..media import is_raw
from .reading import mapping, string
from .writing import inline_data

if TYPE_CHECKING:
    from .assembly import Assembly

# Where a part has its media: under one of these names, as a string or an object.
_HOLDERS: Final = (
    *("image_url", "image", "source", "inlineData", "inline_data", "fileData", "file_data", "file"),
    *("input_audio", "output_audio", "audio", "audio_url", "video_url", "input_image"),
)
_DATA: Final = ("data", "b64_json", "image_base64", "base64", "result", "file_data", "url", "fileUri", "file_uri")
_TYPES: Final = ("mime_type", "mimeType", "media_type", "output_format", "format")


@dataclass(slots=True)
class MediaParts:
    """Adds the media of one response to its assembly. Samples of a sound are collected until `flush`."""

    assembly: Assembly
    _samples: list[bytes] = field(default_factory=list)
    _sample_type: str = ""

    def add(self, part: object, *, signature: str = "") -> bool:
        """Add what a part holds; whether it holds media. A string is a URL or base64."""
        found = _find(part)
        if found is None:
            return False
        kind, data = found
        if inline := inline_data(data):
            kind, data = inline[0] or kind, inline[1]
        if is_raw(kind):
            self.add_samples(data, kind)
        elif data[:8].lower().startswith(("http://", "https://")):
            self.assembly.media_url(data, kind)
        else:
            self.assembly.media(data, kind, signature=signature)
        return True

    def add_samples(self, data: object, kind: str) -> None:
        """Add a piece of a sound: base64 of its own, which need not have a header."""
        try:
            self._samples.append(binascii.a2b_base64(string(data)))
            self._sample_type = kind
        except ValueError:  # a damaged piece
            pass

    def flush(self) -> None:
        """Add the sound that has come in pieces."""
        if self._samples:
            self.assembly.media(b"".join(self._samples), self._sample_type)
            self._samples.clear()


def _find(part: object) -> tuple[str, str] | None:
    """The declared type and the data or URL in a part."""
    if isinstance(part, str):
        return ("", part) if part else None
    shape = mapping(part)
    kind = next((text for name in _TYPES if (text := string(shape.get(name)))), "")
    inner = next((value for name in _HOLDERS if (value := shape.get(name))), None)
    if inner is not None and (found := _find(inner)):
        return found[0] or kind, found[1]
    data = next((text for name in _DATA if (text := string(shape.get(name)))), "")
    return (kind, data) if data else None


def is_media(part: dict[str, Any]) -> bool:
    """Whether a content part holds media and no text."""
    return not part.get("text") and any(part.get(name) for name in (*_HOLDERS, "b64_json", "image_base64"))
