"""OpenAI Chat Completions, and the many servers that implement it.

Source: OpenAI API reference, "Create chat completion" and "The chat completion chunk object". The stream ends with
`data: [DONE]`; usage is in a separate chunk without choices, after the one with `finish_reason`. Deviations of other
servers are accepted where they are unambiguous. For servers that never send `[DONE]`, the option `end_marker:
finish_reason` accepts the end of the body after a finish reason; for servers that never send a finish reason,
`end_marker: done` accepts `[DONE]` alone.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..messages import Image, Message, Text
from . import chat_calls, chat_reasoning
from .chat_calls import StreamedCalls
from .chat_reasoning import ReasoningDetails
from .history import prepare
from .media_parts import MediaParts, is_media
from .notes import Notes
from .openai_common import END_MARKER, count_tokens, function, is_at, post, response_format
from .reading import ErrorObject, mapping, parse_own, sequence, string
from .reasoning_tags import text_writer
from .writing import once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..transports.base import HttpRequest
    from .assembly import Assembly
    from .base import ModelRequest, ToolSpec
    from .writing import JsonArray

_SAME_NAME: Final = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


class OpenAIChat:
    """The wire format. Stateless."""

    dialect: ClassVar[Dialect] = "openai"

    def request(self, request: ModelRequest) -> HttpRequest:
        spec = request.spec
        body: dict[str, Any] = {
            "model": spec.model,
            "messages": _render(prepare(request.messages, spec.ref), spec),
            "stream": True,
            **({"stream_options": {"include_usage": True}} if request.with_usage else {}),
            **_parameters(spec),
            **chat_reasoning.parameters(spec),
        }
        if spec.outputs:  # pictures of OpenRouter and gateways like it, sounds of OpenAI, which streams only samples
            body["modalities"] = ["text", *sorted(spec.outputs)]
            if "audio" in spec.outputs:
                body["audio"] = {"voice": "alloy", "format": "pcm16"}
        if request.tools:
            body["tools"] = once(request.tools, _tool)
            if "parallel_tool_calls" in spec.parameters:  # refused without tools
                body["parallel_tool_calls"] = spec.parameters["parallel_tool_calls"]
        if request.output:
            body["response_format"] = {"type": "json_schema", "json_schema": response_format(request.output)}
        return post(spec, "/chat/completions", body)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> OpenAIChatDecoder:
        text = text_writer(assembly, spec, usual=True)
        return OpenAIChatDecoder(assembly, text, spec)


class OpenAIChatDecoder:
    """Reads one stream of chunks. Fields that are missing, null or of another type are skipped."""

    ended = False  # `[DONE]` is read by `Frames`

    def __init__(self, assembly: Assembly, text: Callable[[str], None], spec: ModelSpec | None) -> None:
        end_marker = spec.options.get(END_MARKER) if spec else None
        self._limit: int = (spec.parameters.get("max_tokens") or 0) if spec else 0
        self._assembly = assembly
        self._text = text
        self._calls = StreamedCalls(assembly)
        self._details = ReasoningDetails(assembly)
        self._media = MediaParts(assembly)
        self._notes = Notes(assembly)
        self._thinking = False  # there may be unsigned details
        self.ends_with_body = end_marker == "finish_reason"
        self._needs_no_reason = end_marker == "done"

    def feed(self, data: dict[str, Any], name: str) -> None:
        if usage := data.get("usage"):
            count_tokens(self._assembly, usage)
        if data.get("citations") or data.get("search_results"):
            self._notes.chunk(data)
        choice = _first(data.get("choices"))
        if choice is not None:
            self._choice(choice)
        if choice is None or choice.get("finish_reason"):
            self._groq(mapping(data.get("x_groq")))

    def finish(self, *, done: bool) -> None:
        self._thought()
        self._media.flush()
        if done and self._needs_no_reason and self._assembly.reason is None:
            self._assembly.finish("stop")
        usage = self._assembly.usage
        if self._limit > 0 and (usage.output_tokens or 0) - (usage.reasoning_tokens or 0) >= self._limit:
            self._assembly.finish("length")  # vLLM names the end of a cut tool call `tool_calls`

    def _choice(self, choice: dict[str, Any]) -> None:
        if choice.get("error"):
            raise ErrorObject({"error": choice["error"]})
        delta = choice.get("delta")
        if isinstance(delta, dict):
            content = delta.get("content")
            if len(delta) == 1 and content and isinstance(content, str) and not self._thinking:
                self._text(content)
            elif delta:
                self._delta(delta)
        elif isinstance(choice.get("message"), dict) and not self._assembly.streamed:
            # The complete answer in one event. After deltas it would only repeat them.
            self._delta(choice["message"])
            self.ends_with_body = True
        if reason := choice.get("finish_reason") or choice.get("finish_details"):  # OpenAI's older vision models
            if usage := choice.get("usage"):  # Moonshot
                count_tokens(self._assembly, usage)
            self._thought()
            self._assembly.finish(reason)

    def _groq(self, extra: dict[str, Any]) -> None:
        if extra.get("error"):
            raise ErrorObject({"error": extra["error"]})
        if usage := extra.get("usage"):
            count_tokens(self._assembly, usage)

    def _delta(self, delta: dict[str, Any]) -> None:
        """Add a delta: reasoning (DeepSeek's or OpenRouter's field), text, refusal and tool calls, in this order."""
        if thought := chat_reasoning.thought_in(delta):
            self._assembly.reasoning(thought)
            self._assembly.release = None  # a server that has a field for reasoning sends none in tags
        details = delta.get("reasoning_details")
        if details and isinstance(details, list):
            self._thinking = True
            self._details.add(details, shown=bool(thought))
        content = delta.get("content")
        if content:
            for part in content if isinstance(content, list) else (content,):
                self._part(part)
        for picture in sequence(delta.get("images")):
            self._media.add(picture)
        if sound := delta.get("audio"):
            self._sound(mapping(sound))
        if notes := delta.get("annotations"):
            self._notes.openai(notes)
        self._refusal(delta.get("refusal"))
        # `function_call` is the older form of a single call; some servers send an empty one beside `tool_calls`.
        if calls := delta.get("tool_calls") or chat_calls.older_call(delta.get("function_call")):
            self._thought()
            for entry in calls if isinstance(calls, list) else (calls,):
                self._calls.add(entry)

    def _part(self, part: object) -> None:
        """Add content: a string or a part, such as Mistral's `{type: thinking, thinking: [...]}`."""
        if isinstance(part, dict):
            if chat_reasoning.is_thought(part):
                if thought := chat_reasoning.text_of(part):
                    self._assembly.reasoning(thought)
                return
            self._refusal(part.get("refusal"))
            if is_media(part) and self._media.add(part):
                return
            part = part.get("text")
        if part and isinstance(part, str):
            self._thought()
            self._text(part)

    def _sound(self, sound: dict[str, Any]) -> None:
        """Add a spoken answer: its transcript is the text, its samples come in pieces."""
        self._part(sound.get("transcript"))
        if sound.get("data"):
            self._media.add_samples(sound["data"], string(sound.get("format")) or "audio/pcm")

    def _refusal(self, refusal: object) -> None:
        if refusal and isinstance(refusal, str):
            self._thought()
            self._assembly.text(refusal)
            self._assembly.finish("refusal")

    def _thought(self) -> None:
        if self._thinking:
            self._thinking = False
            self._details.flush()


def _first(choices: object) -> dict[str, Any] | None:
    """The first answer. `options` can request more than one."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index") in (0, None, "0"):
            return choice
    return None


def _parameters(spec: ModelSpec) -> dict[str, Any]:
    named = {name: spec.parameters[name] for name in _SAME_NAME if name in spec.parameters}
    if "max_tokens" in spec.parameters:
        # OpenAI's reasoning models refuse the old name; most other servers support only that.
        new = is_at(spec, "openai.com", "openai.azure.com")
        named["max_completion_tokens" if new else "max_tokens"] = spec.parameters["max_tokens"]
    return named


def _tool(tool: ToolSpec) -> list[dict[str, Any]]:
    return [{"type": "function", "function": function(tool)}]


def _render(messages: list[Message], spec: ModelSpec) -> JsonArray:
    return once(_with_images(messages), _writer(chat_reasoning.reasoning_writer(spec)))


def _with_images(messages: list[Message]) -> Iterator[Message]:
    """The messages; images of tool results in a user's message after them, because results are text only."""
    images: list[Image] = []
    for message in messages:
        if message.role == "tool":
            if not message.is_text:
                images += [part for part in message.parts if isinstance(part, Image)]
        elif images:
            yield _images(images)
            images = []
        yield message
    if images:
        yield _images(images)


def _file_part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "file":
        return part
    file = part["file"]
    url = f"data:{file['mime_type']};base64,{file['data']}"
    return {"type": "file", "file": {"filename": file["name"] or "document.pdf", "file_data": url}}


def _images(images: list[Image]) -> Message:
    return Message("user", (Text("The images of the tool results above:"), *images))


@lru_cache
def _writer(reasoning_of: Callable[[Message], dict[str, Any]]) -> Callable[[Message], list[dict[str, Any]]]:
    """The same function each time: `once` knows what it has written."""
    return partial(_message, reasoning_of=reasoning_of)


def _message(message: Message, reasoning_of: Callable[[Message], dict[str, Any]]) -> list[dict[str, Any]]:
    """`Message.to_dict` has the shape of this API, except the reasoning. An empty answer is left out."""
    if message.role == "tool":
        return [{"role": "tool", "content": message.text, "tool_call_id": message.tool_call_id}]
    shape = message.to_dict()
    shape.pop("reasoning", None)
    shape.pop("annotations", None)
    if message.files:
        shape["content"] = [_file_part(part) for part in shape["content"]]
    if message.role != "assistant":
        return [shape]
    shape |= reasoning_of(message)
    calls = message.tool_calls
    if not (shape["content"] or calls):
        return []
    if calls:
        shape["content"] = shape["content"] or None
        for call, rendered in zip(calls, shape["tool_calls"], strict=True):
            rendered["function"]["arguments"] = call.arguments or "{}"
            if extra := mapping(parse_own(call.signature)):
                rendered["extra_content"] = extra
    return [shape]
