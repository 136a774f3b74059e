"""The result of a tool call as text for the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...jsontext import write
from ..base import ToolResult

if TYPE_CHECKING:
    from .rpc import Message

MAX_PARTS: Final = 1_000


def tool_result(result: Message) -> ToolResult:
    """What a result of `tools/call` contains. Media are named, not shown."""
    content = result.get("content")
    parts = content[:MAX_PARTS] if isinstance(content, list) else []
    texts = [text for part in parts if isinstance(part, dict) and (text := _text(part))]
    structured = result.get("structuredContent")
    if structured is not None and not texts:
        texts = [write(structured)]
    return ToolResult("\n\n".join(texts) or "The tool returned nothing.", is_error=result.get("isError") is True)


def _text(part: dict[str, Any]) -> str:
    match part.get("type"):
        case "text":
            return str(part.get("text", ""))
        case "image" | "audio":
            return f"[{part['type']}: {_kind(part)}, {_size(part.get('data'))} bytes]"
        case "resource_link":
            return f"[{part.get('name', 'resource')}: {part.get('uri', '')}]"
        case "resource" if isinstance(part.get("resource"), dict):
            return _resource(part["resource"])
    return ""


def _resource(resource: dict[str, Any]) -> str:
    if isinstance(resource.get("text"), str):
        return f"[{resource.get('uri', '')}]\n{resource['text']}"
    return f"[{resource.get('uri', '')}: {_kind(resource)}, {_size(resource.get('blob'))} bytes]"


def _kind(part: dict[str, Any]) -> str:
    return str(part.get("mimeType", "unknown type"))[:100]


def _size(data: object) -> int:
    """The bytes of a text in base64."""
    return len(data) * 3 // 4 if isinstance(data, str) else 0
