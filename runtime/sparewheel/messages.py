"""Conversations, independent of any provider.

These are values only; each wire format renders them for its API. `to_dict` and `parse_messages` convert from and to the
JSON shape of pages: `{role, content, reasoning?, tool_calls?, tool_call_id?, media?,
annotations?}`, where a tool call is
`{id, type: "function", function: {name, arguments}}`. Pictures and sounds of an answer, or of the result of a tool, are
in `media`; the `content` of
a user's message is text or a list of parts: `{type: "text", text}`, `{type: "image_url", image_url: {url}}` and
`{type: "file", file: {name, mime_type, data | text}}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NotRequired, TypeAlias, cast

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from .annotations import Annotation, AnnotationShape, read_annotation
from .errors import ConfigError
from .files import MAX_BYTES, MAX_PARTS, File, read_file, tidy_name
from .media import Media, MediaShape, mime_type, read_media

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
_ROLES: Final = ("system", "user", "assistant", "tool")


class FunctionShape(TypedDict):
    """`arguments` is JSON text, as the model wrote it."""

    name: str
    arguments: str


class ToolCallShape(TypedDict):
    """The JSON shape of a tool call."""

    id: str
    type: Literal["function"]
    function: FunctionShape


class AssistantMessage(TypedDict):
    """The JSON shape of a model's answer."""

    role: Literal["assistant"]
    content: str
    reasoning: NotRequired[str]
    tool_calls: NotRequired[list[ToolCallShape]]
    media: NotRequired[list[MediaShape]]
    annotations: NotRequired[list[AnnotationShape]]


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A model's reasoning. `signature` is opaque and valid only for `origin`, the model that wrote it."""

    text: str
    signature: str = ""
    origin: str = ""
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image, as a `https:` or `data:` URL."""

    url: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A requested tool call. `arguments` is the JSON text of an object, as the model wrote it."""

    id: str
    name: str
    arguments: str
    signature: str = ""
    origin: str = ""


_TEXT: Final = frozenset({Text})
Part: TypeAlias = Text | Reasoning | Image | File | Media | ToolCall


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `tool_call_id` is set when the role is `tool`; `model` is the author of an assistant's message.

    `kinds` are the types of its parts: a step asks every message of a conversation for them, several times. `written`
    is for the writers of requests (`providers/writing.py`): a message cannot change, so each is written once.
    """

    role: Role
    parts: tuple[Part, ...]
    tool_call_id: str | None = None
    model: str | None = None
    annotations: tuple[Annotation, ...] = ()  # of an answer; no request has them
    kinds: frozenset[type] = field(init=False, repr=False, compare=False)
    written: dict[object, list[bytes]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozenset(map(type, self.parts)))

    @property
    def is_text(self) -> bool:
        """Whether every part is text, and there is one."""
        return self.kinds == _TEXT

    @property
    def text(self) -> str:
        """All text. Parts of a prompt are texts of their own, those of an answer are pieces of one."""
        texts = [part.text for part in self.parts if isinstance(part, Text)]
        between = "\n\n" if self.role == "user" else ""
        return texts[0] if len(texts) == 1 else between.join(texts)

    @property
    def reasoning(self) -> str:
        return "".join([part.text for part in self.parts if isinstance(part, Reasoning)])

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall)) if ToolCall in self.kinds else ()

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(part for part in self.parts if isinstance(part, File)) if File in self.kinds else ()

    @property
    def media(self) -> tuple[Media, ...]:
        return tuple(part for part in self.parts if isinstance(part, Media)) if Media in self.kinds else ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape of this message. With images or files, `content` is a list of parts."""
        shape: dict[str, Any] = {"role": self.role, "content": self._content()}
        if self.is_text and not self.annotations and self.tool_call_id is None:
            return shape  # most messages, of which a request may have hundreds
        if self.reasoning:
            shape["reasoning"] = self.reasoning
        if self.tool_calls:
            shape["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.media:
            shape["media"] = [media.to_dict() for media in self.media]
        if self.annotations:
            shape["annotations"] = [each.to_dict() for each in self.annotations]
        if self.tool_call_id is not None:
            shape["tool_call_id"] = self.tool_call_id
        return shape

    def to_answer(self) -> AssistantMessage:
        """`to_dict` of a model's answer, whose pictures are in `media`."""
        return cast("AssistantMessage", self.to_dict())

    def _content(self) -> str | list[dict[str, Any]]:
        if Image not in self.kinds and File not in self.kinds:
            return self.text
        shapes: list[dict[str, Any]] = []
        for part in self.parts:
            if isinstance(part, Text):
                shapes.append({"type": "text", "text": part.text})
            elif isinstance(part, Image):
                shapes.append({"type": "image_url", "image_url": {"url": part.url}})
            elif isinstance(part, File):
                shapes.append({"type": "file", "file": part.to_dict()})
        return shapes


def system(text: str) -> Message:
    return Message("system", (Text(text),))


def user(text: str) -> Message:
    return Message("user", (Text(text),))


def assistant(text: str) -> Message:
    return Message("assistant", (Text(text),))


def parse_prompt(value: object) -> Message:
    """The user's message of a prompt: a text, or an array of parts as in the `content` of messages.

    Raises:
        ConfigError: it is neither, has no parts, more than `MAX_PARTS`, or files of more than `MAX_BYTES` together.
    """
    if isinstance(value, str):
        return user(value)
    if not isinstance(value, list):
        raise ConfigError("send: expected a prompt string, or an array of parts")
    if not 0 < len(value) <= MAX_PARTS:
        raise ConfigError(f"send: {len(value)} parts are not between 1 and {MAX_PARTS}", "Send fewer files at once.")
    message = Message("user", tuple(_parse_content(value, "prompt")))
    inline = sum(len(part.url) * 3 // 4 for part in message.parts if isinstance(part, Image))
    if (size := inline + sum(file.size for file in message.files)) > MAX_BYTES:
        reason = f"{size / (1 << 20):.1f} MB exceed the limit of {MAX_BYTES >> 20} MB"
        raise ConfigError(f"send: the files of the prompt are too large: {reason}", "Send fewer or smaller ones.")
    return message


def parse_messages(value: object, name: str = "messages") -> list[Message]:
    """Read messages from outside. Raises `ConfigError`, which names the first invalid one of `name`."""
    if not isinstance(value, list):
        raise ConfigError(f"{name} must be an array")
    return [_parse(item, f"{name}[{number}]") for number, item in enumerate(value)]


def _parse(item: object, where: str) -> Message:
    if not isinstance(item, dict):
        raise ConfigError(f"{where} must be an object with role and content")
    role = item.get("role")
    if role not in _ROLES:
        raise ConfigError(f"{where}.role must be one of {', '.join(_ROLES)}")
    parts: list[Part] = []
    reasoning = item.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append(Reasoning(reasoning))
    parts += _parse_content(item.get("content"), f"{where}.content")
    if role != "user" and any(isinstance(part, File) for part in parts):
        raise ConfigError(f"{where}.content: only a message with the role user can have files, not {role}")
    media = item.get("media") or []
    if not isinstance(media, list):
        raise ConfigError(f"{where}.media must be an array")
    if media and role not in ("assistant", "tool"):
        raise ConfigError(
            f"{where}.media is for answers and results; pictures of other messages are parts of the content"
        )
    parts += [_parse_media(each, f"{where}.media[{number}]") for number, each in enumerate(media)]
    calls = item.get("tool_calls") or []
    if not isinstance(calls, list):
        raise ConfigError(f"{where}.tool_calls must be an array")
    if calls and role != "assistant":
        raise ConfigError(f"{where}.tool_calls: only a message with the role assistant can have them, not {role}")
    parts += [_parse_call(call, f"{where}.tool_calls[{number}]") for number, call in enumerate(calls)]
    call_id = item.get("tool_call_id")
    if role == "tool" and not (isinstance(call_id, str) and call_id):
        raise ConfigError(f"{where}.tool_call_id must be a string: the id of the call that this result answers")
    notes = tuple(note for each in _list(item.get("annotations")) if (note := read_annotation(each)))
    return Message(role, tuple(parts), tool_call_id=call_id if role == "tool" else None, annotations=notes)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _parse_content(content: object, where: str) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)] if content else []
    if not isinstance(content, list):
        raise ConfigError(f"{where} must be a string or an array of parts")
    return [_parse_part(part, f"{where}[{number}]") for number, part in enumerate(content)]


def _parse_part(part: object, where: str) -> Part:
    match part:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return Image(url)
        case {"type": "file", "file": shape}:
            try:
                return read_file(shape)
            except ValueError as error:
                name = shape.get("name") if isinstance(shape, dict) else None
                named = f" ({tidy_name(name)})" if isinstance(name, str) and name else ""
                raise ConfigError(f"{where}.file{named} cannot be sent: {error}.") from None
        case _:
            image, file = "{type: image_url, image_url: {url}}", "{type: file, file: {name, mime_type, data}}"
            raise ConfigError(f"{where} must be {{type: text, text}}, {image} or {file}")


def _parse_media(media: object, where: str) -> Media:
    name = media.get("name") if isinstance(media, dict) else None
    match media:
        case {"mime_type": str(kind), "url": str(url)} if url.startswith(("https://", "http://")):
            return Media(mime_type(kind), url=url)
        case {"mime_type": str(kind), "data": str(data)}:
            try:
                return replace(read_media(data, kind), name=tidy_name(name if isinstance(name, str) else ""))
            except ValueError as error:
                raise ConfigError(f"{where}.data cannot be used: {error}") from None
        case _:
            raise ConfigError(f"{where} must be {{mime_type, data}}, with data in base64, or {{mime_type, url}}")


def _parse_call(call: object, where: str) -> ToolCall:
    match call:
        case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}} if call_id and name:
            return ToolCall(call_id, name, arguments)
        case _:
            raise ConfigError(f"{where} must be {{id, type: function, function: {{name, arguments: JSON text}}}}")
