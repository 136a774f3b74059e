"""Anthropic Messages: the response.

Source: Claude API reference, "Create a Message" and "Streaming messages". The stream ends with `message_stop`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from ..usage import Usage
from .anthropic_paused import PausedBlocks
from .anthropic_request import body_of
from .media_parts import MediaParts, is_media
from .notes import Notes
from .reading import count, mapping, sequence, string
from .reasoning_tags import text_writer
from .writing import json_post

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..transports.base import HttpRequest
    from .assembly import Assembly
    from .base import ModelRequest

Json: TypeAlias = dict[str, Any]

# By the type of a delta: the type of its block, and the field with its text.
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
        """Raises like `schemas.tool_schema`."""
        spec = request.spec
        headers = {
            "anthropic-version": "2023-06-01",
            "anthropic-dangerous-direct-browser-access": "true",  # required for CORS
            **({"x-api-key": spec.key} if spec.key else {}),
        }
        return json_post(spec, "/messages", headers, {**body_of(request), **spec.options})

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> AnthropicDecoder:
        return AnthropicDecoder(assembly, text_writer(assembly, spec))


class AnthropicDecoder:
    """Reads one stream of events. Fields that are missing, null or of another type are skipped."""

    ends_with_body = False

    def __init__(self, assembly: Assembly, text: Callable[[str], None]) -> None:
        self._assembly = assembly
        self._text = text
        self._media = MediaParts(assembly)
        self._notes = Notes(assembly)
        self._citations: list[object] = []  # of the open block
        self._server_input: list[str] = []  # pieces of the input of a tool that the server runs
        self._open: dict[object, tuple[object, object]] = {}  # by index: type, and the key of a call
        self._inputs: dict[object, str] = {}  # by key: input from the start event, for servers that stream none
        self._calls = 0
        self._index: object = None  # of the latest block
        self._counts: dict[str, int] = {}
        self._before = assembly.usage  # of the responses that the server has paused
        self._blocks = PausedBlocks()
        self.ended = False

    def feed(self, data: Json, name: str) -> None:
        kind = data.get("type")
        if kind == "content_block_delta":
            if isinstance(delta := data.get("delta"), dict):
                self._delta(self._at(data), delta)
        elif kind == "content_block_start":
            self._begin(self._at(data), data.get("content_block"))
        elif kind == "content_block_stop":
            self._end(self._at(data))
        elif kind == "message_stop":
            self.ended = True
        elif kind in ("message_start", "message_delta"):
            self._about(data)
        elif kind == "message":
            self._whole(data)

    def finish(self, *, done: bool) -> None:
        for index in list(self._open):
            self._end(index)

    def _whole(self, message: Json) -> None:
        """The complete answer of a server that does not stream. After deltas it would only repeat them."""
        if not self._assembly.streamed:
            content = message.get("content")
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else sequence(content)
            for index, block in enumerate(blocks):
                self._begin(index, block)
                self._end(index)
        self._about({"message": message, "delta": message})
        self.ended = True

    def _about(self, data: Json) -> None:
        """Read usage and stop reason from `message_start` and `message_delta`."""
        self._count(mapping(mapping(data.get("message")).get("usage") or data.get("usage")))
        delta = mapping(data.get("delta"))
        reason = delta.get("stop_reason")
        if reason == "pause_turn" and not self._calls:
            self._assembly.paused = self._blocks.content
        self._assembly.finish(reason, string(mapping(delta.get("stop_details")).get("explanation")))

    def _at(self, data: Json) -> object:
        index = data.get("index")
        return index if isinstance(index, int) else self._index

    def _delta(self, index: object, delta: Json) -> None:
        """Add a delta. Those that do not match the type of their block, or belong to an unknown block, are skipped."""
        block, key = self._open.get(index, (None, None))
        if delta.get("type") == "citations_delta":
            self._citations.append(delta.get("citation"))
        elif block == "server_tool_use":
            self._server_input.append(string(delta.get("partial_json")))
        owner, field = _DELTAS.get(string(delta.get("type")), ("", ""))
        piece = delta.get(field)
        if not piece or not isinstance(piece, str) or block not in (owner, None):
            return
        if owner == "text":
            self._text(piece)
        elif field == "thinking":
            self._assembly.reasoning(piece)
        elif field == "signature":
            self._assembly.sign(piece)
        else:
            # A call without its start event has no name, so the attempt fails, rather than run an incomplete call.
            self._inputs.pop(key, None)
            self._assembly.tool(("stray", index) if key is None else key, arguments=piece)

    def _begin(self, index: object, block: object) -> None:
        block = block if isinstance(block, dict) else {}
        self._end(index)  # some servers number every block 0, or send no stop event
        self._assembly.close_prose()
        self._index = index
        kind, key = block.get("type"), None
        if kind == "tool_use":
            key = self._calls = self._calls + 1
            self._assembly.tool(key, call_id=string(block.get("id")), name=string(block.get("name")))
            if isinstance(given := block.get("input"), dict) and given:
                self._inputs[key] = json.dumps(given, ensure_ascii=False)
        elif kind == "redacted_thinking" and (hidden := string(block.get("data"))):
            self._assembly.sign(hidden, redacted=True)
        elif kind == "server_tool_use":
            self._server_input = [json.dumps(given)] if (given := mapping(block.get("input"))) else []
        elif kind in ("web_search_tool_result", "web_fetch_tool_result"):
            self._notes.tool_result(block.get("content"))
        elif is_media(block):
            self._media.add(block)
        elif kind in ("text", "thinking"):  # empty in the API, complete in some servers
            for delta in ("text_delta", "thinking_delta", "signature_delta"):
                self._delta(index, block | {"type": delta})
            self._citations += sequence(block.get("citations"))
        self._open[index] = kind, key
        self._blocks.begin(block)

    def _end(self, index: object) -> None:
        kind, key = self._open.pop(index, (None, None))
        if kind is not None:
            self._blocks.end(self._assembly.open_part, "".join(self._server_input), self._citations)
        if kind == "server_tool_use":
            self._notes.server_tool("".join(self._server_input))
        if key is None:
            self._cite()
            self._assembly.close_prose()
            return
        if given := self._inputs.pop(key, ""):
            self._assembly.tool(key, arguments=given)
        self._assembly.close_tool(key)

    def _cite(self) -> None:
        """Add the citations of the open block, which count for the whole of it."""
        citations, self._citations = self._citations, []
        start = self._assembly.text_before
        span = (start, start + len(self._assembly.open_text))
        for citation in citations:
            self._notes.cited(citation, span)

    def _count(self, usage: Json) -> None:
        """Merge token counts. They are cumulative, but gateways send 0 for an unknown number."""
        thought = mapping(usage.get("output_tokens_details")).get("thinking_tokens")
        sums = _sums(sequence(usage.get("iterations")))
        if created := mapping(usage.get("cache_creation")):  # by how long they are kept
            sums.setdefault("cache_creation_input_tokens", sum(count(value) or 0 for value in created.values()))
        for name, value in (*usage.items(), ("thinking_tokens", thought), *sums.items()):
            if (number := count(value)) is not None:
                self._counts[name] = max(number, self._counts.get(name, 0))
        counts = self._counts
        cached, written = counts.get("cache_read_input_tokens"), counts.get("cache_creation_input_tokens")
        fresh = counts.get("input_tokens")
        apart = (written or 0) + (cached or 0)  # not included in input_tokens
        self._assembly.usage = self._before + Usage(
            input_tokens=None if fresh is None else fresh + apart,
            output_tokens=counts.get("output_tokens"),
            cached_tokens=cached,
            written_tokens=written,
            reasoning_tokens=counts.get("thinking_tokens"),
        )


def _sums(iterations: list[Any]) -> Json:
    """The counts of all iterations: those at the top leave out the one that compacts the context."""
    sums: Json = {}
    for iteration in map(mapping, iterations):
        for name, value in iteration.items():
            if (number := count(value)) is not None:
                sums[name] = sums.get(name, 0) + number
    return sums
