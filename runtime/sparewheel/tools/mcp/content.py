"""Results of a server as text for the model. Media are named, not shown."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import read, write
from ..base import ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rpc import Message

MAX_PARTS: Final = 1_000
MAX_TEXT: Final = 1024 * 1024  # characters of a result, as of the responses that other tools read
MAX_COMPARED: Final = 100_000  # characters of a text that may be the structured result once more


def tool_result(result: Message) -> ToolResult:
    """What a result of `tools/call` contains: its parts, and its structured content unless a part has the same."""
    content = result.get("content")
    parts = content[:MAX_PARTS] if isinstance(content, list) else []
    texts = [text for part in parts if (text := _text(part))]
    structured = result.get("structuredContent")
    if structured is not None and not any(_is_json_of(text, structured) for text in texts):
        texts.append(write(structured))
    return ToolResult(_joined(texts) or "The tool returned nothing.", is_error=result.get("isError") is True)


def resource_text(result: Message) -> str:
    """What a result of `resources/read` contains."""
    contents = result.get("contents")
    parts = contents[:MAX_PARTS] if isinstance(contents, list) else []
    return _joined(_resource(part) for part in parts if isinstance(part, dict)) or "The resource is empty."


def prompt_text(result: Message) -> str:
    """The messages in a result of `prompts/get`."""
    messages = result.get("messages")
    parts = messages[:MAX_PARTS] if isinstance(messages, list) else []
    texts = [f"{part.get('role', '')}: {_text(part.get('content'))}" for part in parts if isinstance(part, dict)]
    return _joined(texts) or "The prompt is empty."


def _joined(texts: Iterable[str]) -> str:
    text = "\n\n".join(texts)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n[Cut after {MAX_TEXT} characters.]"


def _text(part: object) -> str:
    match part:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image" | "audio" as kind, **more}:
            return f"[{kind}: {_kind(more)}, {_size(more.get('data'))} bytes]"
        case {"type": "resource_link", **more}:
            return f"[{more.get('name', 'resource')}: {more.get('uri', '')}]"
        case {"type": "resource", "resource": dict(resource)}:
            return _resource(resource)
    return ""


def _resource(resource: dict[str, Any]) -> str:
    if isinstance(resource.get("text"), str):
        return f"[{resource.get('uri', '')}]\n{resource['text']}"
    return f"[{resource.get('uri', '')}: {_kind(resource)}, {_size(resource.get('blob'))} bytes]"


def _kind(part: dict[Any, Any]) -> str:
    return str(part.get("mimeType", "unknown type"))[:100]


def _size(data: object) -> int:
    """The bytes of a text in base64."""
    return len(data.rstrip("=")) * 3 // 4 if isinstance(data, str) else 0


def _is_json_of(text: str, value: object) -> bool:
    with suppress(ValueError):
        return len(text) <= MAX_COMPARED and bool(read(text) == value)
    return False
