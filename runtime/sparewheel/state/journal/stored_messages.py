"""Messages in records: complete, unlike the shape for pages, so that the next request is the same as without a reload.

A part is `{type, ...}` with the fields that are not empty. Stored texts are not trusted: everything is checked.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING, Any, Final, get_args

from ...annotations import read_annotation
from ...files import File, read_file, tidy_name
from ...media import Media, mime_type, read_media
from ...messages import Image, Message, Reasoning, Role, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...messages import Part

LOST: Final = "This result could not be read from the stored session."

_PARTS: Final[dict[str, type[Any]]] = {
    "text": Text,
    "reasoning": Reasoning,
    "image": Image,
    "file": File,
    "media": Media,
    "tool_call": ToolCall,
}
_NAMES: Final = {kind: name for name, kind in _PARTS.items()}
_ROLES: Final = get_args(Role)


def dump_message(message: Message) -> dict[str, Any]:
    """The stored shape of a message."""
    shape: dict[str, Any] = {"role": message.role, "parts": [_dump_part(part) for part in message.parts]}
    if message.tool_call_id is not None:
        shape["tool_call_id"] = message.tool_call_id
    if message.model is not None:
        shape["model"] = message.model
    if message.annotations:
        shape["annotations"] = [each.to_dict() for each in message.annotations]
    return shape


def load_message(shape: object, results: Mapping[str, str] | None = None) -> Message:
    """The message of a stored shape. `results` are the recorded outputs of calls, to which a shape may refer.

    Raises:
        ValueError: it has another shape.
    """
    if not isinstance(shape, dict) or shape.get("role") not in _ROLES:
        raise ValueError("a message has no role")
    call_id, model, notes = shape.get("tool_call_id"), shape.get("model"), shape.get("annotations", [])
    if not isinstance(model, str | None) or not isinstance(notes, list):
        raise ValueError("a message has a field of a wrong type")
    if (shape["role"] == "tool") != (isinstance(call_id, str) and call_id != ""):
        raise ValueError("a message of a tool names no call, or another one does")
    annotations = tuple(note for each in notes if (note := read_annotation(each)))
    if shape.get("result") is True:
        return Message("tool", (Text((results or {}).get(str(call_id), LOST)),), call_id)
    parts = shape.get("parts")
    if not isinstance(parts, list):
        raise ValueError("a message has no parts")
    loaded = tuple(_load_part(part) for part in parts)
    foreign = {"assistant": (), "tool": (ToolCall,)}.get(shape["role"], (ToolCall, Media))
    if any(isinstance(part, foreign) for part in loaded):
        raise ValueError("a message that is no answer has a part of one")
    if shape["role"] != "user" and any(isinstance(part, File) for part in loaded):
        raise ValueError("a message that is no prompt has a file")
    return Message(shape["role"], loaded, call_id, model, annotations)


def _dump_part(part: Part) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": _NAMES[type(part)]}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.default is MISSING or value != field.default:
            shape[field.name] = value
    return shape


def _load_part(shape: object) -> Part:
    kind = _PARTS.get(str(shape.get("type"))) if isinstance(shape, dict) else None
    if kind is None or not isinstance(shape, dict):
        raise ValueError("a part of a message has no type")
    given = {name: value for name, value in shape.items() if name != "type"}
    known = {field.name: field for field in fields(kind)}
    missing = [name for name, field in known.items() if field.default is MISSING and name not in given]
    if missing or given.keys() - known.keys():
        raise ValueError("a part of a message has other fields than it should have")
    for name, value in given.items():
        if not isinstance(value, bool if name == "redacted" else int | None if name == "size" else str):
            raise ValueError(f"{name} of a part has a wrong type")
    if kind is Media:
        return _load_media(given)
    if kind is File:
        return _load_file(given)
    if kind is ToolCall and not (given["id"] and given["name"]):
        raise ValueError("a tool call has no id or no name")
    part: Part = kind(**given)
    return part


def _load_media(given: dict[str, Any]) -> Media:
    own = {name: given.get(name, "") for name in ("signature", "origin")}
    name = tidy_name(given.get("name", ""))
    url = given.get("url", "")
    if url.startswith(("https://", "http://")):
        return Media(mime_type(given["mime_type"]), url=url, size=given.get("size"), name=name, **own)
    if given.get("data"):
        return replace(read_media(given["data"], given["mime_type"], **own, drawings=True), name=name)
    # Its bytes were too many to be stored.
    return Media(mime_type(given["mime_type"]), size=given.get("size"), name=name, **own)


def _load_file(given: dict[str, Any]) -> File:
    if given.get("data") or given.get("text"):
        return read_file(given)
    return File(mime_type(given["mime_type"]), tidy_name(given.get("name", "")))  # too large to be stored
