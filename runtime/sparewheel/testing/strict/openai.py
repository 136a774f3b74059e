"""OpenAI: Chat Completions and Responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import errors
from .base import Refused, objects

if TYPE_CHECKING:
    from ..record import Request

_MAX_ID = 64
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SHARED_PARAMETERS = frozenset(
    "metadata model parallel_tool_calls prompt_cache_key prompt_cache_retention safety_identifier service_tier store "
    "stream stream_options temperature tool_choice tools top_logprobs top_p user".split()
)
_CHAT_PARAMETERS = _SHARED_PARAMETERS | frozenset(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages "
    "modalities n prediction presence_penalty reasoning_effort response_format seed stop verbosity "
    "web_search_options".split()
)
_RESPONSES_PARAMETERS = _SHARED_PARAMETERS | frozenset(
    "background context_management conversation include input instructions max_output_tokens max_tool_calls "
    "previous_response_id prompt reasoning text truncation".split()
)


def _refuse(message: str, param: str | None = None, code: str | None = None) -> Refused:
    return Refused(message, errors.openai_invalid_request(message, param, code))


def _key(request: Request) -> None:
    if not re.fullmatch(r"Bearer \S+", request.headers.get("authorization", "")):
        raise Refused("no API key in the Authorization header", errors.openai_missing_key())


def _body(request: Request) -> dict[str, Any]:
    _key(request)
    body = request.json
    if not isinstance(body, dict):
        raise _refuse("We could not parse the JSON body of your request.")
    if not isinstance(body.get("model"), str):
        raise _refuse("you must provide a model parameter")
    return body


def _id_length(value: object, place: str) -> None:
    if isinstance(value, str) and len(value) > _MAX_ID:
        message = (
            f"Invalid '{place}': string too long. Expected a string with maximum length {_MAX_ID}, "
            f"but got a string with length {len(value)} instead."
        )
        raise _refuse(message, place, "string_above_max_length")


def _tool_name(name: object, place: str) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        message = (
            f"Invalid '{place}': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'."
        )
        raise _refuse(message, place, "invalid_value")


def check_chat(request: Request) -> None:
    body = _body(request)
    for name in sorted(body.keys() - _CHAT_PARAMETERS):
        raise _refuse(f"Unrecognized request argument supplied: {name}")
    if not body.get("messages") or not isinstance(body["messages"], list):
        raise _refuse("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    if "stream_options" in body and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise _refuse(message, "stream_options")
    for i, tool in enumerate(objects(body.get("tools"))):
        _tool_name((tool.get("function") or {}).get("name"), f"tools[{i}].function.name")
    _messages(objects(body["messages"]))


def _messages(messages: list[dict[str, Any]]) -> None:
    """Roles, ids, and a tool message right after each tool call."""
    open_calls: set[str] = set()
    for i, message in enumerate(messages):
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise _refuse(f"Invalid value: '{role}'.", f"messages[{i}].role", "invalid_value")
        if role == "tool":
            _id_length(message.get("tool_call_id"), f"messages[{i}].tool_call_id")
            if message.get("tool_call_id") not in open_calls:
                text = (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'."
                )
                raise _refuse(text, f"messages.[{i}].role")
            open_calls.discard(message["tool_call_id"])
            continue
        _all_answered(open_calls, i)
        for j, call in enumerate(objects(message.get("tool_calls"))):
            place = f"messages[{i}].tool_calls[{j}]"
            _id_length(call.get("id"), f"{place}.id")
            function = call.get("function") or {}
            _tool_name(function.get("name"), f"{place}.function.name")
            if not isinstance(function.get("arguments"), str):
                text = f"Invalid type for '{place}.function.arguments': expected a string."
                raise _refuse(text, f"{place}.function.arguments", "invalid_type")
            open_calls.add(str(call.get("id")))
        if role == "assistant" and message.get("content") is None and not message.get("tool_calls"):
            text = f"Invalid value for 'content': expected a string, got null. (messages[{i}])"
            raise _refuse(text, f"messages.[{i}].content")
    _all_answered(open_calls, len(messages))


def _all_answered(open_calls: set[str], index: int) -> None:
    if open_calls:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
            f"{', '.join(sorted(open_calls))}"
        )
        raise _refuse(text, f"messages.[{index}].role")


def check_responses(request: Request) -> None:
    body = _body(request)
    for name in sorted(body.keys() - _RESPONSES_PARAMETERS):
        raise _refuse(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if not body.get("input"):
        raise _refuse("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    if body.get("background") and body.get("store") is False:
        raise _refuse("Background responses must be stored: set 'store' to true.", "store")
    for i, tool in enumerate(objects(body.get("tools"))):
        if tool.get("type") == "function":
            _tool_name(tool.get("name"), f"tools[{i}].name")
    calls: set[object] = set()
    answered: set[object] = set()
    for i, item in enumerate(objects(body["input"])):
        call_id = item.get("call_id")
        _id_length(call_id, f"input[{i}].call_id")
        if item.get("type") == "function_call":
            calls.add(call_id)
        elif item.get("type") == "function_call_output":
            if call_id not in calls and not body.get("previous_response_id"):
                raise _refuse(f"No tool call found for function call output with call_id {call_id}.", "input")
            answered.add(call_id)
    for call_id in sorted(map(str, calls - answered)):
        raise _refuse(f"No tool output found for function call {call_id}.", "input")
