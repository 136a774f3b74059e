"""OpenAI Chat Completions, and the many servers that speak it.

Source: OpenAI API reference, "Create chat completion" and "The chat completion chunk object". The stream ends with
`data: [DONE]`; usage comes in a chunk of its own, without choices, after the one that holds `finish_reason`. What other
servers do differently is accepted where it can mean one thing only. For servers that never send `[DONE]` the option
`end_marker: finish_reason` makes the finish reason the end; what comes after it, usage for one, is then not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..errors import ErrorInfo, ProviderError
from ..messages import Image
from .chat_calls import StreamedCalls
from .chat_reasoning import ReasoningDetails, ask, give_back
from .history import prepare
from .openai_common import (
    END_MARKER,
    count_tokens,
    failure,
    function,
    is_at,
    mapping,
    parse,
    parse_own,
    post,
    response_format,
    sequence,
    string,
)

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..messages import Message
    from ..sse import ServerSentEvent
    from ..transports.base import HttpRequest
    from .assembly import Assembly, StopReason
    from .base import ModelRequest

_REASONS: Final[dict[str, StopReason]] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",  # Mistral: the window is full
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",  # Zhipu
}

# Finish reasons that say that the answer broke off: OpenRouter and Mistral, DeepSeek, Zhipu.
_BROKEN: Final = ("error", "insufficient_system_resource", "network_error")

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
            **ask(spec),
        }
        if request.tools:
            body["tools"] = [{"type": "function", "function": function(tool)} for tool in request.tools]
            if "parallel_tool_calls" in spec.parameters:  # refused where there are no tools
                body["parallel_tool_calls"] = spec.parameters["parallel_tool_calls"]
        if request.output:
            body["response_format"] = {"type": "json_schema", "json_schema": response_format(request.output)}
        return post(spec, "/chat/completions", body)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> OpenAIChatDecoder:
        marker = spec.options.get(END_MARKER) if spec else None
        return OpenAIChatDecoder(assembly, ends_with_reason=marker == "finish_reason")


class OpenAIChatDecoder:
    """Reads one stream of chunks. What is missing, null or of another type is skipped, not guessed."""

    def __init__(self, assembly: Assembly, *, ends_with_reason: bool = False) -> None:
        self._assembly = assembly
        self._calls = StreamedCalls(assembly)
        self._details = ReasoningDetails(assembly)
        self._thinking = False  # details may be waiting to be signed
        self._ends_with_reason = ends_with_reason
        self.ended = False

    def feed(self, event: ServerSentEvent) -> None:
        data = event.data.strip()
        if data == "[DONE]":
            self._thought()
            self.ended = True
            return
        chunk = parse(data) if data else None
        if not isinstance(chunk, dict):
            return
        choices = chunk.get("choices")
        if chunk.get("error") or (not choices and "error" in (event.event, chunk.get("object"))):
            raise failure(chunk, self._assembly)
        if usage := chunk.get("usage"):
            count_tokens(self._assembly, usage)
        choice = _first(choices)
        if choice is not None:
            self._choice(choice)
        if choice is None or choice.get("finish_reason"):
            self._groq(mapping(chunk.get("x_groq")))

    def _choice(self, choice: dict[str, Any]) -> None:
        if choice.get("error"):
            raise failure({"error": choice["error"]}, self._assembly)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            content = delta.get("content")
            if len(delta) == 1 and content and isinstance(content, str) and not self._thinking:
                self._assembly.text(content)
            elif delta:
                self._delta(delta)
        elif isinstance(choice.get("message"), dict) and not self._assembly.streamed:
            # The whole answer in one event: its own end. After deltas it would only repeat them.
            self._delta(choice["message"])
            self._ends_with_reason = True
        reason = choice.get("finish_reason")
        if reason:
            self._finish(reason, choice)

    def _finish(self, reason: object, choice: dict[str, Any]) -> None:
        if reason in _BROKEN:
            text = f"The provider broke off its answer ({reason})."
            raise ProviderError(ErrorInfo("server_error", text, "Trying again, or another model, usually helps."))
        if usage := choice.get("usage"):  # Moonshot
            count_tokens(self._assembly, usage)
        self._thought()
        told = _REASONS.get(reason, "other") if isinstance(reason, str) else "other"
        if told == "stop" and self._calls.count:
            told = "tool_calls"  # some servers stop for every reason
        self._assembly.reason = self._assembly.reason or told
        self.ended |= self._ends_with_reason

    def _groq(self, extra: dict[str, Any]) -> None:
        if extra.get("error"):
            raise failure({"error": extra["error"]}, self._assembly)
        if usage := extra.get("usage"):
            count_tokens(self._assembly, usage)

    def _delta(self, delta: dict[str, Any]) -> None:
        """Any delta: reasoning (under DeepSeek's or OpenRouter's name), text, refusal, tool calls, in this order."""
        thought = string(delta.get("reasoning_content")) or string(delta.get("reasoning"))
        if thought:
            self._assembly.reasoning(thought)
        details = delta.get("reasoning_details")
        if details and isinstance(details, list):
            self._thinking = True
            self._details.add(details, shown=bool(thought))
        content = delta.get("content")
        if content:
            for part in content if isinstance(content, list) else (content,):
                self._part(part)
        self._refusal(delta.get("refusal"))
        calls = delta.get("tool_calls")
        if delta.get("function_call"):  # what a tool call was before there could be several
            calls = [{"index": 0, "function": delta["function_call"]}]
        if calls:
            self._thought()
            for entry in calls if isinstance(calls, list) else (calls,):
                self._calls.add(entry)

    def _part(self, part: object) -> None:
        """A piece of content: a string, or Mistral's `{type: text, text}` and `{type: thinking, thinking: [...]}`."""
        if isinstance(part, dict):
            if part.get("type") == "thinking":
                inner = part.get("thinking")
                thought = string(inner) or "".join(string(mapping(each).get("text")) for each in sequence(inner))
                if thought:
                    self._assembly.reasoning(thought)
                return
            self._refusal(part.get("refusal"))
            part = part.get("text")
        if part and isinstance(part, str):
            self._thought()
            self._assembly.text(part)

    def _refusal(self, refusal: object) -> None:
        if refusal and isinstance(refusal, str):
            self._thought()
            self._assembly.text(refusal)
            self._assembly.reason = "refusal"

    def _thought(self) -> None:
        if self._thinking:
            self._thinking = False
            self._details.flush()


def _first(choices: object) -> dict[str, Any] | None:
    """The first of the answers asked for; nobody here asks for more, but options may."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index") in (0, None, "0"):
            return choice
    return None


def _parameters(spec: ModelSpec) -> dict[str, Any]:
    named = {name: spec.parameters[name] for name in _SAME_NAME if name in spec.parameters}
    if "max_tokens" in spec.parameters:
        # OpenAI's reasoning models refuse the old name; most other servers know only that.
        new = is_at(spec, "openai.com", "openai.azure.com")
        named["max_completion_tokens" if new else "max_tokens"] = spec.parameters["max_tokens"]
    return named


def _render(messages: list[Message], spec: ModelSpec) -> list[dict[str, Any]]:
    rendered: list[dict[str, Any]] = []
    seen: list[Image] = []  # images of tool results, which may hold only text: a user's message shows them
    for message in messages:
        if message.role == "tool":
            rendered.append({"role": "tool", "content": message.text, "tool_call_id": message.tool_call_id})
            seen += [part for part in message.parts if isinstance(part, Image)]
            continue
        if seen:
            rendered.append(_images(seen))
            seen = []
        rendered += _message(message, spec)
    return [*rendered, _images(seen)] if seen else rendered


def _images(images: list[Image]) -> dict[str, Any]:
    shown = [{"type": "image_url", "image_url": {"url": image.url}} for image in images]
    return {"role": "user", "content": [{"type": "text", "text": "The images of the tool results above:"}, *shown]}


def _message(message: Message, spec: ModelSpec) -> list[dict[str, Any]]:
    """Our JSON shape of a message is this API's, but for the reasoning; one with nothing to say is left out."""
    shape = message.to_dict()
    shape.pop("reasoning", None)
    if message.role != "assistant":
        return [shape]
    shape |= give_back(spec, message)
    if not (shape["content"] or message.tool_calls):
        return []
    if message.tool_calls:
        shape["content"] = shape["content"] or None
        for call, rendered in zip(message.tool_calls, shape["tool_calls"], strict=True):
            rendered["function"]["arguments"] = call.arguments or "{}"
            if extra := mapping(parse_own(call.signature)):
                rendered["extra_content"] = extra
    return [shape]
