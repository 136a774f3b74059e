"""Inspect's messages and tools as ours."""

from __future__ import annotations

import mimetypes
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageTool,
    ContentDocument,
    ContentImage,
    ContentReasoning,
    ContentText,
)
from pydantic_core import to_json

from ..errors import ConfigError
from ..files import MAX_BYTES, read_file
from ..media import read_media
from ..messages import Image, Message, Reasoning, Text, ToolCall
from ..providers.base import ToolSpec
from ..providers.writing import inline_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspect_ai.model import ChatMessage, Content
    from inspect_ai.tool import ToolInfo

    from ..messages import Part

SIGNATURES: Final = "sparewheel_signatures"
"""In the metadata of an answer: `[signature, origin]` by the id of the call that a model signed."""


def read_messages(messages: Iterable[ChatMessage]) -> list[Message]:
    """The conversation. Raises `ConfigError` for content that no request can have."""
    return [_message(message) for message in messages]


def read_tools(tools: Iterable[ToolInfo]) -> list[ToolSpec]:
    """What the models may call."""
    return [
        ToolSpec(tool.name, tool.description, tool.parameters.model_dump(exclude_none=True, mode="json"))
        for tool in tools
    ]


def _message(message: ChatMessage) -> Message:
    if isinstance(message, ChatMessageTool) and message.error is not None:
        return Message("tool", (Text(f"Error: {message.error.message}"),), message.tool_call_id)
    contents = [ContentText(text=message.content)] if isinstance(message.content, str) else message.content
    in_result = isinstance(message, ChatMessageTool)
    parts = [part for content in contents if (part := _part(content, in_result=in_result)) is not None]
    if isinstance(message, ChatMessageAssistant):
        return Message("assistant", (*parts, *_calls(message)), model=message.model)
    return Message(message.role, tuple(parts), message.tool_call_id if isinstance(message, ChatMessageTool) else None)


def _part(content: Content, *, in_result: bool) -> Part | None:
    match content:
        case ContentText():
            return Text(content.text) if content.text else None
        case ContentReasoning():
            origin = content.internal if isinstance(content.internal, str) else ""
            return Reasoning(content.reasoning, content.signature or "", origin, content.redacted)
        case ContentImage() if in_result:
            found = inline_data(_address(content.image))
            if found is not None:
                return read_media(found[1], found[0])
            raise ConfigError("A picture in the result of a tool must be a data: URL or a file, not a web address.")
        case ContentImage():
            return Image(_address(content.image))
        case ContentDocument() if not in_result:
            found = inline_data(_address(content.document))
            if found is not None:
                try:
                    return read_file({"name": content.filename, "mime_type": found[0], "data": found[1]})
                except ValueError as error:
                    raise ConfigError(f"The document {content.filename} cannot be sent: {error}.") from None
            raise ConfigError("A document must be a data: URL or a file, not a web address.")
        case _:
            raise ConfigError(
                f"Content of the type {content.type} cannot be sent.", "Texts, pictures and documents of users can."
            )


def _address(place: str) -> str:
    """A URL as it is; the path of a file as a `data:` URL."""
    if place.startswith(("http://", "https://", "data:")):
        return place
    path = Path(place)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path.name} is larger than {MAX_BYTES >> 20} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name[:100]} cannot be read: {error.strerror}.") from None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _calls(message: ChatMessageAssistant) -> Sequence[ToolCall]:
    signatures: dict[str, Any] = (message.metadata or {}).get(SIGNATURES) or {}
    return [
        ToolCall(call.id, call.function, to_json(call.arguments).decode(), *signatures.get(call.id, ()))
        for call in message.tool_calls or ()
    ]
