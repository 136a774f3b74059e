"""Anthropic Messages.

Source: Claude API reference, "Create a Message" and "Streaming messages". The stream ends with `message_stop`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from ..errors import ErrorInfo, ProviderError
from ..errors.classify import classify
from ..jsontext import read
from ..transports.base import HttpRequest
from ..usage import Usage
from .anthropic_request import body_of

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..sse import ServerSentEvent
    from .assembly import Assembly, StopReason
    from .base import ModelRequest

Json: TypeAlias = dict[str, Any]

_REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}

# By the type of a delta: the type of the block it belongs to, and the field that holds its piece.
_DELTAS: Final = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("thinking", "signature"),
    "input_json_delta": ("tool_use", "partial_json"),
}


class Anthropic:
    """The wire format. Stateless."""

    dialect: ClassVar[Dialect] = "anthropic"

    def request(self, request: ModelRequest) -> HttpRequest:
        """Raises ProviderError (kind `unsupported`) for a schema that this API cannot be told."""
        spec = request.spec
        body = {**body_of(request), **spec.options}
        headers = {
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            "anthropic-dangerous-direct-browser-access": "true",  # without it there is no CORS
            **({"x-api-key": spec.key} if spec.key else {}),
            **{name.lower(): value for name, value in spec.headers.items()},
        }
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return HttpRequest("POST", f"{spec.base_url}/messages", headers, payload)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> AnthropicDecoder:
        return AnthropicDecoder(assembly)


class AnthropicDecoder:
    """Reads one stream of events. What is missing, null or of another type is skipped, not guessed."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._provider = assembly.origin.partition("/")[0]
        self._open: dict[object, tuple[object, object]] = {}  # by index: the block's type, and its key if it is a call
        self._inputs: dict[object, str] = {}  # by key: input that came with the start, for servers that stream none
        self._calls = 0
        self._index: object = None  # of the block begun last
        self._counts: dict[str, int] = {}
        self.ended = False

    def feed(self, event: ServerSentEvent) -> None:
        try:
            data = read(event.data)
        except ValueError:
            raise self._garbled(event) from None
        if not isinstance(data, dict):
            return
        kind = data.get("type")
        if kind == "content_block_delta":
            if isinstance(delta := data.get("delta"), dict):
                self._delta(self._at(data), delta)
        elif kind == "content_block_start":
            self._begin(self._at(data), data.get("content_block"))
        elif kind == "content_block_stop":
            self._end(self._at(data))
        elif kind == "message_stop":
            self._finish()
        elif kind in ("message_start", "message_delta"):
            self._about(data)
        elif kind == "error" or event.event == "error" or (kind is None and data.get("error")):
            raise ProviderError(classify(body=data, provider=self._provider))

    def _finish(self) -> None:
        for index in list(self._open):
            self._end(index)
        self.ended = True

    def _about(self, data: Json) -> None:
        """What `message_start` and `message_delta` say of the message as a whole."""
        message, delta = data.get("message"), data.get("delta")
        self._count(message.get("usage") if isinstance(message, dict) else data.get("usage"))
        reason = delta.get("stop_reason") if isinstance(delta, dict) else None
        if reason and isinstance(reason, str):
            self._assembly.reason = _REASONS.get(reason, "other")

    def _at(self, data: Json) -> object:
        index = data.get("index")
        return index if isinstance(index, int) else self._index

    def _delta(self, index: object, delta: Json) -> None:
        """A delta that does not fit its block's type is skipped: so are those of blocks that we do not know."""
        block, key = self._open.get(index, (None, None))
        owner, field = _DELTAS.get(_string(delta.get("type")), ("", ""))
        piece = delta.get(field)
        if not piece or not isinstance(piece, str) or block not in (owner, None):
            return
        if owner == "text":
            self._assembly.text(piece)
        elif field == "thinking":
            self._assembly.reasoning(piece)
        elif field == "signature":
            self._assembly.sign(piece)
        else:
            # Without its start a call has no name, and the attempt fails: better than a call with a hole in it.
            self._inputs.pop(key, None)
            self._assembly.tool(("stray", index) if key is None else key, arguments=piece)

    def _begin(self, index: object, block: object) -> None:
        block = block if isinstance(block, dict) else {}
        self._end(index)  # some servers number every block 0, or do not say that one is over
        self._assembly.close_prose()
        self._index = index
        kind, key = block.get("type"), None
        if kind == "tool_use":
            key = self._calls = self._calls + 1
            self._assembly.tool(key, call_id=_string(block.get("id")), name=_string(block.get("name")))
            if isinstance(given := block.get("input"), dict) and given:
                self._inputs[key] = json.dumps(given, ensure_ascii=False)
        elif kind == "redacted_thinking" and (hidden := _string(block.get("data"))):
            self._assembly.sign(hidden, redacted=True)
        elif kind in ("text", "thinking"):  # empty at the API, whole at some servers
            for delta in ("text_delta", "thinking_delta", "signature_delta"):
                self._delta(index, block | {"type": delta})
        self._open[index] = kind, key

    def _end(self, index: object) -> None:
        _, key = self._open.pop(index, (None, None))
        if key is None:
            self._assembly.close_prose()
            return
        if given := self._inputs.pop(key, ""):
            self._assembly.tool(key, arguments=given)
        self._assembly.close_tool(key)

    def _count(self, usage: object) -> None:
        """Counts are cumulative; gateways may send a 0 where they only know later, or knew before."""
        if not isinstance(usage, dict):
            return
        details = usage.get("output_tokens_details")
        thought = details.get("thinking_tokens") if isinstance(details, dict) else None
        for name, value in (*usage.items(), ("thinking_tokens", thought)):
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                self._counts[name] = max(value, self._counts.get(name, 0))
        counts = self._counts
        cached, written = counts.get("cache_read_input_tokens"), counts.get("cache_creation_input_tokens")
        fresh = counts.get("input_tokens")
        apart = (written or 0) + (cached or 0)  # not counted in the rest of the input
        self._assembly.usage = Usage(
            input_tokens=None if fresh is None else fresh + apart,
            output_tokens=counts.get("output_tokens"),
            cached_tokens=cached,
            written_tokens=written,
            reasoning_tokens=counts.get("thinking_tokens"),
        )

    def _garbled(self, event: ServerSentEvent) -> ProviderError:
        if event.event == "error":  # of a gateway, in its own words
            return ProviderError(classify(body=event.data, provider=self._provider))
        return ProviderError(
            ErrorInfo(
                "server_error",
                "The stream holds an event that is not JSON.",
                "The provider, or a proxy on the way, garbled it; trying again usually helps.",
            )
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
