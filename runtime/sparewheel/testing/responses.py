"""Well-formed OpenAI Responses streams: each item is added, filled and closed, and repeated in the terminal event.

Shapes after OpenAI's reference, "Responses: streaming events": each event carries its `type` twice (SSE event name and
field) and a rising `sequence_number`; the stream ends with the terminal event and has no `[DONE]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .streams import Events, Pieces, ToolCall, Usage, _pieces, sse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Item = dict[str, Any]

_INCOMPLETE = {
    "length": "max_output_tokens",
    "max_output_tokens": "max_output_tokens",
    "content_filter": "content_filter",
}


def openai_responses(
    *,
    text: Pieces = (),
    reasoning: Pieces = (),
    tool_calls: Sequence[ToolCall] = (),
    refusal: Pieces = (),
    finish: str | None = "auto",
    usage: Usage | None = None,
    model: str = "gpt-test",
    encrypted_reasoning: str | None = None,
) -> Events:
    """Responses events: a reasoning item with a summary, a message, function calls, then the terminal event.

    finish: "length" and "content_filter" end in `response.incomplete`; everything else in `response.completed`
    encrypted_reasoning: the `encrypted_content` of the reasoning item
    """
    output: list[Item] = []
    data: list[Item] = [
        {"type": kind, "response": _response(model, "in_progress")}
        for kind in ("response.created", "response.in_progress")
    ]
    if reasoning or encrypted_reasoning:
        data += _reasoning_item(output, _pieces(reasoning), encrypted_reasoning)
    if text or refusal:
        data += _message_item(output, _pieces(text), _pieces(refusal))
    for call in tool_calls:
        data += _function_call_item(output, call)
    if finish is not None:
        reason = _INCOMPLETE.get(finish)
        status = "incomplete" if reason else "completed"
        response = _response(model, status, output=output, usage=_usage(usage or Usage()))
        if reason:
            response["incomplete_details"] = {"reason": reason}
        data.append({"type": f"response.{status}", "response": response})
    return tuple(sse(_numbered(each, number), each["type"]) for number, each in enumerate(data))


def response_failed(code: str, message: str, *, sequence_number: int = 2, model: str = "gpt-test") -> bytes:
    """The terminal event of a response that failed while streaming."""
    response = _response(model, "failed") | {"error": {"code": code, "message": message}}
    return sse(_numbered({"type": "response.failed", "response": response}, sequence_number), "response.failed")


def _numbered(event: Item, number: int) -> Item:
    return {"type": event["type"], "sequence_number": number, **event}


def _response(model: str, status: str, **fields: Any) -> Item:
    return {
        "id": "resp_test",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "store": False,
        "usage": None,
        **fields,
    }


def _usage(usage: Usage) -> Item:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _reasoning_item(output: list[Item], summary: Sequence[str], encrypted: str | None) -> Iterator[Item]:
    index, place = len(output), {"item_id": f"rs_{len(output)}", "output_index": len(output), "summary_index": 0}
    item: Item = {"id": place["item_id"], "type": "reasoning", "summary": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": item}
    if summary:
        whole = "".join(summary)
        part = {"type": "summary_text", "text": ""}
        yield {"type": "response.reasoning_summary_part.added", **place, "part": part}
        for piece in summary:
            yield {"type": "response.reasoning_summary_text.delta", **place, "delta": piece}
        yield {"type": "response.reasoning_summary_text.done", **place, "text": whole}
        yield {"type": "response.reasoning_summary_part.done", **place, "part": {**part, "text": whole}}
        item = {**item, "summary": [{**part, "text": whole}]}
    if encrypted is not None:
        item = {**item, "encrypted_content": encrypted}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
    output.append(item)


def _message_item(output: list[Item], text: Sequence[str], refusal: Sequence[str]) -> Iterator[Item]:
    index, item_id = len(output), f"msg_{len(output)}"
    item: Item = {"id": item_id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": item}
    content: list[Item] = []
    for pieces, kind, field, event in (
        (text, "output_text", "text", "response.output_text"),
        (refusal, "refusal", "refusal", "response.refusal"),
    ):
        if not pieces:
            continue
        place = {"item_id": item_id, "output_index": index, "content_index": len(content)}
        extra: Item = {"annotations": [], "logprobs": []} if kind == "output_text" else {}
        logprobs: Item = {"logprobs": []} if kind == "output_text" else {}
        whole = "".join(pieces)
        yield {"type": "response.content_part.added", **place, "part": {"type": kind, **extra, field: ""}}
        for piece in pieces:
            yield {"type": f"{event}.delta", **place, "delta": piece, **logprobs}
        part = {"type": kind, **extra, field: whole}
        yield {"type": f"{event}.done", **place, field: whole, **logprobs}
        yield {"type": "response.content_part.done", **place, "part": part}
        content.append(part)
    item = {**item, "status": "completed", "content": content}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
    output.append(item)


def _function_call_item(output: list[Item], call: ToolCall) -> Iterator[Item]:
    index, item_id = len(output), f"fc_{len(output)}"
    item: Item = {"id": item_id, "type": "function_call", "status": "in_progress", "arguments": ""}
    item |= {"call_id": call.id, "name": call.name}
    place = {"item_id": item_id, "output_index": index}
    yield {"type": "response.output_item.added", "output_index": index, "item": item}
    for piece in call.pieces:
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    yield {"type": "response.function_call_arguments.done", **place, "name": call.name, "arguments": call.text}
    item = {**item, "status": "completed", "arguments": call.text}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
    output.append(item)
