"""Well-formed streams of the four wire formats, from one neutral description.

Each builder returns one `bytes` object per SSE event, so that a reply can count them.
`finish=None` leaves out the end (finish reason, usage, end marker): a stream that an error event can follow:

    Reply(anthropic(text=["Hel"], finish=None) + errors.anthropic_stream_error())

Shapes after the vendors' references: OpenAI "Chat Completions: streaming" and "Responses: streaming events",
Anthropic "Streaming Messages", Google "Gemini API: streamGenerateContent" with `alt=sse`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, TypeAlias

Events: TypeAlias = tuple[bytes, ...]
Pieces: TypeAlias = str | Sequence[str]

_CREATED = 1_700_000_000
_DONE = b"data: [DONE]\n\n"
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class ToolCall:
    """A tool call of the model. `arguments`: JSON text, whole or in the pieces to be streamed, or a value to encode."""

    id: str
    name: str
    arguments: str | Sequence[str] | Mapping[str, Any] = "{}"

    @property
    def pieces(self) -> tuple[str, ...]:
        """The argument text as it is streamed."""
        if isinstance(self.arguments, Mapping):
            return (json.dumps(self.arguments),)
        return _pieces(self.arguments)

    @property
    def text(self) -> str:
        """The whole argument text."""
        return "".join(self.pieces)


@dataclass(frozen=True)
class Usage:
    """Token counts; `cached` and `written` (into Anthropic's cache) are part of `input`, `reasoning` of `output`."""

    input: int = 10
    output: int = 5
    cached: int = 0
    reasoning: int = 0
    written: int = 0


def _pieces(text: Pieces) -> tuple[str, ...]:
    return ((text,) if text else ()) if isinstance(text, str) else tuple(text)


def sse(data: object, event: str | None = None, newline: str = "\n") -> bytes:
    """One SSE event with a JSON payload. Half of a surrogate pair is written as an escape, as servers do."""
    name = f"event: {event}{newline}" if event else ""
    payload = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    payload = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", payload)
    return f"{name}data: {payload}{newline}{newline}".encode()


def _reason(finish: str, tool_calls: Sequence[ToolCall], words: Mapping[str, str]) -> str:
    """The vendor's word for a neutral finish reason; any other word is kept."""
    if finish == "auto":
        finish = "tool_calls" if tool_calls else "stop"
    return words.get(finish, finish)


# OpenAI Chat Completions


def openai_chat(
    *,
    text: Pieces = (),
    reasoning: Pieces = (),
    tool_calls: Sequence[ToolCall] = (),
    refusal: Pieces = (),
    images: Sequence[str] = (),
    finish: str | None = "auto",
    usage: Usage | None = None,
    model: str = "gpt-test",
    reasoning_field: str = "reasoning_content",
    interleave: bool = False,
    done: bool = True,
) -> Events:
    """Chat Completions chunks.

    images:          pictures as `data:` URLs, after the text, as OpenRouter sends them
    finish:          stop, length, tool_calls, content_filter, or any word; "auto" chooses by the tool calls
    usage:           sent as `stream_options.include_usage` asks for: a last chunk without choices
    reasoning_field: the name compatible servers use (`reasoning_content`; `reasoning` on OpenRouter); OpenAI sends none
    interleave:      open all tool calls first, then send their arguments in turns
    done:            False leaves out `data: [DONE]`
    """

    def chunk(delta: Mapping[str, object], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return sse({**head, "choices": [choice], **({"usage": None} if usage else {})})

    head = {
        "id": "chatcmpl-test",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": "fp_test",
    }
    events = [chunk({"role": "assistant", "content": "" if text else None, "refusal": None})]
    events += [chunk({reasoning_field: piece}) for piece in _pieces(reasoning)]
    events += [chunk({"content": piece}) for piece in _pieces(text)]
    events += [chunk({"refusal": piece}) for piece in _pieces(refusal)]
    events += [chunk({"images": [{"type": "image_url", "image_url": {"url": url}}]}) for url in images]
    events += [chunk({"tool_calls": [delta]}) for delta in _chat_tool_deltas(tool_calls, interleave)]
    if finish is None:
        return tuple(events)
    events.append(chunk({}, _reason(finish, tool_calls, {})))
    if usage:
        events.append(sse({**head, "choices": [], "usage": _chat_usage(usage)}))
    return (*events, _DONE) if done else tuple(events)


def _chat_tool_deltas(calls: Sequence[ToolCall], interleave: bool) -> list[dict[str, object]]:
    opened = [
        {"index": i, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        for i, call in enumerate(calls)
    ]
    arguments = [[{"index": i, "function": {"arguments": p}} for p in call.pieces] for i, call in enumerate(calls)]
    if interleave:
        return opened + [delta for turn in zip_longest(*arguments) for delta in turn if delta is not None]
    return list(chain.from_iterable([first, *rest] for first, rest in zip(opened, arguments, strict=True)))


def _chat_usage(usage: Usage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


# Anthropic Messages

_ANTHROPIC_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def anthropic(
    *,
    text: Pieces = (),
    reasoning: Pieces = (),
    signature: str = "c2lnbmF0dXJl",
    redacted: Sequence[str] = (),
    tool_calls: Sequence[ToolCall] = (),
    finish: str | None = "auto",
    usage: Usage | None = None,
    model: str = "claude-test",
    ping: bool = True,
) -> Events:
    """Messages events. `redacted` holds the data of redacted thinking blocks; `signature` signs the thinking."""
    usage = usage or Usage()
    blocks = _anthropic_blocks(_pieces(text), _pieces(reasoning), signature, redacted, tool_calls)
    data: list[dict[str, object]] = [{"type": "message_start", "message": _anthropic_message(model, usage)}]
    for index, (start, deltas) in enumerate(blocks):
        data.append({"type": "content_block_start", "index": index, "content_block": start})
        if ping and index == 0:
            data.append({"type": "ping"})
        data += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        if finish is not None or index + 1 < len(blocks):
            data.append({"type": "content_block_stop", "index": index})
    if finish is not None:
        stop = {"stop_reason": _reason(finish, tool_calls, _ANTHROPIC_REASONS), "stop_sequence": None}
        data.append({"type": "message_delta", "delta": stop, "usage": {"output_tokens": usage.output}})
        data.append({"type": "message_stop"})
    return tuple(sse(each, str(each["type"])) for each in data)


def _anthropic_blocks(
    text: Sequence[str],
    reasoning: Sequence[str],
    signature: str,
    redacted: Sequence[str],
    tool_calls: Sequence[ToolCall],
) -> list[tuple[dict[str, object], list[dict[str, str]]]]:
    """Content blocks in order: what opens each, and its deltas."""
    blocks: list[tuple[dict[str, object], list[dict[str, str]]]] = []
    if reasoning:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in reasoning]
        deltas.append({"type": "signature_delta", "signature": signature})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    blocks += [({"type": "redacted_thinking", "data": data}, []) for data in redacted]
    if text:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in text]))
    for call in tool_calls:
        # The API opens every tool input with an empty piece.
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *call.pieces)]
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, deltas))
    return blocks


def _anthropic_message(model: str, usage: Usage) -> dict[str, object]:
    return {
        "id": "msg_test",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            # Anthropic counts cached tokens separately.
            "input_tokens": usage.input - usage.cached - usage.written,
            "cache_creation_input_tokens": usage.written,
            "cache_read_input_tokens": usage.cached,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    }


# Google Gemini

_GEMINI_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}


def gemini(
    *,
    text: Pieces = (),
    reasoning: Pieces = (),
    tool_calls: Sequence[ToolCall] = (),
    finish: str | None = "auto",
    usage: Usage | None = None,
    model: str = "gemini-test",
    call_ids: bool = True,
    thought_signature: str | None = None,
) -> Events:
    """`streamGenerateContent?alt=sse` chunks, with the CRLF line ends Google sends.

    Tool arguments arrive whole. `call_ids=False` leaves out the id of a function call, as older models do;
    `thought_signature` is attached to the first function call, or else to the last part.
    """
    usage = usage or Usage()
    parts: list[dict[str, object]] = [{"text": piece, "thought": True} for piece in _pieces(reasoning)]
    parts += [{"text": piece} for piece in _pieces(text)]
    signed = len(parts) if tool_calls else len(parts) - 1
    for call in tool_calls:
        function: dict[str, object] = {"name": call.name, "args": json.loads(call.text)}
        parts.append({"functionCall": {"id": call.id, **function} if call_ids else function})
    parts = parts or [{"text": ""}]
    if thought_signature:
        parts[max(signed, 0)]["thoughtSignature"] = thought_signature
    counts: dict[str, object] = {"promptTokenCount": usage.input, "totalTokenCount": usage.input + usage.output}
    counts["candidatesTokenCount"] = usage.output - usage.reasoning
    counts |= {"cachedContentTokenCount": usage.cached} if usage.cached else {}
    counts |= {"thoughtsTokenCount": usage.reasoning} if usage.reasoning else {}
    chunks: list[bytes] = []
    for number, part in enumerate(parts, 1):
        candidate: dict[str, object] = {"content": {"parts": [part], "role": "model"}, "index": 0}
        if number == len(parts) and finish is not None:
            candidate["finishReason"] = _reason(finish, tool_calls, _GEMINI_REASONS)
        chunk = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": model, "responseId": "resp-test"}
        chunks.append(sse(chunk, newline="\r\n"))
    return tuple(chunks)
