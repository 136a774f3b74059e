"""OpenAI Chat Completions, and the many servers that speak it.

Source: OpenAI API reference, "Create chat completion" and "The chat completion chunk object". The stream ends with
`data: [DONE]`; usage comes in a chunk of its own, without choices, after the one that holds `finish_reason`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from ..classify import classify
from ..errors import ErrorInfo, ProviderError
from ..transports.base import HttpRequest
from ..usage import Usage

if TYPE_CHECKING:
    from ..messages import Message
    from ..sse import ServerSentEvent
    from .assembly import Assembly
    from .base import ModelRequest, StopReason

_REASONS: Final[dict[str, StopReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class OpenAIChat:
    """The wire format. Stateless."""

    def request(self, request: ModelRequest) -> HttpRequest:
        spec = request.spec
        body: dict[str, Any] = {
            "model": spec.model,
            "messages": [_render(message) for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            **spec.parameters,
        }
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in request.tools
            ]
        # Only what the API needs: each further header is one more that a preflight may refuse.
        headers = {"content-type": "application/json", **spec.headers}
        if spec.key:
            headers["authorization"] = f"Bearer {spec.key}"
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return HttpRequest("POST", f"{spec.base_url}/chat/completions", headers, payload)

    def decoder(self, assembly: Assembly) -> OpenAIChatDecoder:
        return OpenAIChatDecoder(assembly)


class OpenAIChatDecoder:
    """Reads one stream of chunks. What is missing, null or of another type is skipped, not guessed."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._last_call: int | str = 0
        self.ended = False

    def feed(self, event: ServerSentEvent) -> None:
        if event.data == "[DONE]":
            self.ended = True
            return
        try:
            chunk = from_json(event.data)
        except ValueError:
            raise ProviderError(
                ErrorInfo(
                    "server_error",
                    "The stream holds an event that is not JSON.",
                    "The provider, or a proxy on the way, garbled it; trying again usually helps.",
                )
            ) from None
        if not isinstance(chunk, dict):
            return
        if chunk.get("error"):
            raise ProviderError(classify(body=chunk, provider=self._assembly.origin.partition("/")[0]))
        if usage := chunk.get("usage"):
            self._assembly.usage = _usage(usage)
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._choice(choices[0])

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            content = delta.get("content")
            if content and isinstance(content, str):
                self._assembly.text(content)
            if len(delta) > 1 or not content:
                self._rarely(delta)
        reason = choice.get("finish_reason")
        if reason:
            self._assembly.reason = self._assembly.reason or _REASONS.get(reason, "other")

    def _rarely(self, delta: dict[str, Any]) -> None:
        """Everything but plain text: reasoning (DeepSeek's and OpenRouter's names for it), refusals, tool calls."""
        for name in ("reasoning_content", "reasoning"):
            thought = delta.get(name)
            if thought and isinstance(thought, str):
                self._assembly.reasoning(thought)
                break
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._assembly.text(refusal)
            self._assembly.reason = "refusal"
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                self._tool_call(call)

    def _tool_call(self, call: dict[str, Any]) -> None:
        """The id comes with the first delta only, so calls are told apart by index; servers without one, by id."""
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        key = call.get("index")
        if not isinstance(key, int):
            key = _string(call.get("id")) or self._last_call
        self._last_call = key
        self._assembly.tool(
            key,
            call_id=_string(call.get("id")),
            name=_string(function.get("name")),
            arguments=_string(function.get("arguments")),
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _usage(usage: object) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(_nested(usage, "prompt_tokens_details", "cached_tokens")),
        reasoning_tokens=_count(_nested(usage, "completion_tokens_details", "reasoning_tokens")),
    )


def _nested(value: dict[str, Any], outer: str, inner: str) -> object:
    details = value.get(outer)
    return details.get(inner) if isinstance(details, dict) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _render(message: Message) -> dict[str, Any]:
    """Our JSON shape of a message is this API's, but for the reasoning, which it does not take back."""
    shape = message.to_dict()
    shape.pop("reasoning", None)
    if "tool_calls" in shape:
        shape["content"] = shape["content"] or None
    return shape
