"""Results of a server as text for the model, and the media in them, which the text names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import read, write
from ...media import MAX_SIZE, read_media
from ...visible import readable
from ..base import ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...media import Media
    from .rpc import Message

MAX_PARTS: Final = 1_000
MAX_TEXT: Final = 1024 * 1024  # characters of a result, as of the responses that other tools read
MAX_COMPARED: Final = 100_000  # characters of a text that may be the structured result once more
MAX_MEDIA: Final = 16  # of one result, of `MAX_SIZE` bytes together


def tool_result(result: Message) -> ToolResult:
    """What a result of `tools/call` contains: its parts, and its structured content unless a part has the same."""
    reader = _Reader()
    texts = [text for part in _parts(result, "content") if (text := reader.text(part))]
    structured = result.get("structuredContent")
    if structured is not None and not any(_is_json_of(text, structured) for text in texts):
        texts.append(write(structured))
    is_error = result.get("isError") is True
    return ToolResult(_joined(texts) or "The tool returned nothing.", is_error=is_error, media=reader.media)


def resource_result(result: Message) -> ToolResult:
    """What a result of `resources/read` contains."""
    reader = _Reader()
    texts = [reader.resource(part) for part in _parts(result, "contents") if isinstance(part, dict)]
    return ToolResult(_joined(texts) or "The resource is empty.", media=reader.media)


def prompt_result(result: Message) -> ToolResult:
    """The messages in a result of `prompts/get`."""
    reader = _Reader()
    messages = [each for each in _parts(result, "messages") if isinstance(each, dict)]
    texts = [f"{each.get('role', '')}: {reader.text(each.get('content'))}" for each in messages]
    return ToolResult(_joined(texts) or "The prompt is empty.", media=reader.media)


def filled_prompt(result: Message) -> ToolResult:
    """The messages in a result of `prompts/get` as the user would write them: roles are only told where they differ.

    A user sees what is in it.
    """
    messages = [each for each in _parts(result, "messages") if isinstance(each, dict)]
    if any(each.get("role") != "user" for each in messages):
        found = prompt_result(result)
    else:
        reader = _Reader()
        texts = [reader.text(each.get("content")) for each in messages]
        found = ToolResult(_joined(filter(None, texts)), media=reader.media)
    return replace(found, output=readable(found.output))


@dataclass(slots=True)
class _Reader:
    """Writes the parts of one result as text, and collects their media."""

    media: list[Media] = field(default_factory=list)

    def text(self, part: object) -> str:
        """The text of a part; empty for one of a kind that is not known."""
        match part:
            case {"type": "text", "text": str(text)}:
                return text
            case {"type": "image" | "audio" as kind, **more}:
                return self._named(kind, more, more.get("data"))
            case {"type": "resource_link", **more}:
                return f"[{more.get('name', 'resource')}: {more.get('uri', '')}]"
            case {"type": "resource", "resource": dict(resource)}:
                return self.resource(resource)
        return ""

    def resource(self, resource: dict[Any, Any]) -> str:
        if isinstance(resource.get("text"), str):
            return f"[{resource.get('uri', '')}]\n{resource['text']}"
        return self._named(resource.get("uri", ""), resource, resource.get("blob"))

    def _named(self, name: str, part: dict[Any, Any], data: object) -> str:
        """What stands for media in the text."""
        declared = str(part.get("mimeType", "unknown type"))[:100]
        problem = self._collect(data, declared)
        size = len(data.rstrip("=")) * 3 // 4 if isinstance(data, str) else 0
        return f"[{name}: {declared}, {size} bytes{problem and ', not shown: '}{problem}]"

    def _collect(self, data: object, declared: str) -> str:
        """Add media to those that are shown; why that is not possible, else an empty text."""
        if len(self.media) == MAX_MEDIA:
            return f"the result has more than {MAX_MEDIA} media"
        if not isinstance(data, str):
            return "it has no bytes"
        left = MAX_SIZE - sum(media.size or 0 for media in self.media)
        try:
            media = read_media(data, declared) if len(data) <= left * 1.5 else None
        except ValueError as error:
            return str(error)
        if media is None or (media.size or 0) > left:
            return f"the media of the result are larger than {MAX_SIZE >> 20} MB"
        self.media.append(media)
        return ""


def _parts(result: Message, name: str) -> list[Any]:
    parts = result.get(name)
    return parts[:MAX_PARTS] if isinstance(parts, list) else []


def _joined(texts: Iterable[str]) -> str:
    text = "\n\n".join(texts)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n[Cut after {MAX_TEXT} characters.]"


def _is_json_of(text: str, value: object) -> bool:
    with suppress(ValueError):
        return len(text) <= MAX_COMPARED and bool(read(text) == value)
    return False
