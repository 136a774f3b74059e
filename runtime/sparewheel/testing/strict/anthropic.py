"""Anthropic Messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import errors
from .base import Refused, objects

if TYPE_CHECKING:
    from ..record import Request

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_PARAMETERS = frozenset(
    "cache_control container context_management inference_geo max_tokens mcp_servers messages metadata model "
    "output_config output_format service_tier stop_sequences stream system temperature thinking tool_choice tools "
    "top_k top_p".split()
)


def _refuse(message: str) -> Refused:
    return Refused(message, errors.anthropic_invalid_request(message))


def _headers(request: Request) -> None:
    headers = request.headers
    if "origin" in headers and headers.get("anthropic-dangerous-direct-browser-access") != "true":
        message = "CORS requests must set 'anthropic-dangerous-direct-browser-access' header"
        raise Refused(message, errors.anthropic_authentication(message))
    if "x-api-key" not in headers and "authorization" not in headers:
        message = "x-api-key header is required"
        raise Refused(message, errors.anthropic_authentication(message))
    if "anthropic-version" not in headers:
        raise _refuse("anthropic-version: header is required")


def check_messages(request: Request) -> None:
    _headers(request)
    body = request.json
    if not isinstance(body, dict):
        raise _refuse("The request body is not valid JSON")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise _refuse(f"{name}: Field required")
    for name in sorted(body.keys() - _PARAMETERS):
        raise _refuse(f"{name}: Extra inputs are not permitted")
    messages = objects(body["messages"])
    if not messages:
        raise _refuse("messages: at least one message is required")
    _roles(messages)
    for i, message in enumerate(messages):
        _blocks(i, objects(message.get("content")), message.get("content"))
    _pairs(messages)


def _roles(messages: list[dict[str, Any]]) -> None:
    """User first, then alternating. The API now merges adjacent messages of a role; compatible servers refuse them."""
    previous = None
    for i, message in enumerate(messages):
        role = message.get("role")
        if role == "system":
            text = (
                f'messages.{i}: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
                'not "system" as an input message role.'
            )
            raise _refuse(text)
        if role not in ("user", "assistant"):
            raise _refuse(f"messages.{i}.role: Input should be 'user' or 'assistant'")
        if i == 0 and role != "user":
            raise _refuse('messages: first message must use the "user" role')
        if role == previous:
            text = (
                'messages: roles must alternate between "user" and "assistant", '
                f'but found multiple "{role}" roles in a row'
            )
            raise _refuse(text)
        previous = role


def _blocks(index: int, blocks: list[dict[str, Any]], content: object) -> None:
    if content == "" or content == []:
        raise _refuse(f"messages.{index}: all messages must have non-empty content")
    for j, block in enumerate(blocks):
        kind, place = block.get("type"), f"messages.{index}.content.{j}"
        if kind == "text" and not block.get("text"):
            raise _refuse("messages: text content blocks must be non-empty")
        if kind == "tool_use" and not _ID.fullmatch(str(block.get("id"))):
            raise _refuse(f"{place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if kind == "tool_use" and not isinstance(block.get("input"), dict):
            raise _refuse(f"{place}.tool_use.input: Input should be a valid dictionary")
        if kind == "thinking" and not block.get("signature"):
            raise _refuse(f"{place}.thinking.signature: Field required")


def _block_ids(message: dict[str, Any] | None, kind: str, field: str) -> list[str]:
    blocks = objects(message.get("content")) if message else []
    return [str(block.get(field)) for block in blocks if block.get("type") == kind]


def _pairs(messages: list[dict[str, Any]]) -> None:
    """Each tool_use has its result in the next message, each tool_result its call in the previous one."""
    for i, message in enumerate(messages):
        asked = _block_ids(messages[i - 1] if i else None, "tool_use", "id")
        for j, block in enumerate(objects(message.get("content"))):
            if block.get("type") == "tool_result" and str(block.get("tool_use_id")) not in asked:
                text = (
                    f"messages.{i}.content.{j}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block.get('tool_use_id')}. Each `tool_result` block must have a corresponding `tool_use` block "
                    "in the previous message."
                )
                raise _refuse(text)
        following = messages[i + 1] if i + 1 < len(messages) else None
        answers = _block_ids(following, "tool_result", "tool_use_id")
        missing = [call for call in _block_ids(message, "tool_use", "id") if call not in answers]
        if missing:
            text = (
                f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message."
            )
            raise _refuse(text)
