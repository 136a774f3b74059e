"""Google Gemini `streamGenerateContent`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import errors
from .base import Refused, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..record import Request

_PARAMETERS = frozenset(
    "cachedContent contents generationConfig model safetySettings serviceTier store systemInstruction "
    "system_instruction toolConfig tool_config tools".split()
)
# Keywords that `parametersJsonSchema` of a function declaration takes, but not `parameters` (an OpenAPI subset).
_SCHEMA_UNKNOWN = ("$defs", "$ref", "$schema", "additionalProperties", "allOf", "const", "definitions", "oneOf")

_UNBALANCED = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the "
    "function call turn."
)
_MISPLACED = (
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
)


def _refuse(message: str) -> Refused:
    return Refused(message, errors.gemini_invalid_request(message))


def check_generate(request: Request) -> None:
    if (
        "x-goog-api-key" not in request.headers
        and "key=" not in request.query
        and "authorization" not in request.headers
    ):
        raise Refused("no API key in x-goog-api-key", errors.gemini_missing_key())
    if "alt=sse" not in request.query.split("&"):
        raise _refuse("sparewheel.testing streams SSE only: the query lacks alt=sse")
    body = request.json
    if not isinstance(body, dict):
        raise _refuse("Invalid JSON payload received.")
    for name in sorted(body.keys() - _PARAMETERS):
        raise _refuse(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    contents = objects(body.get("contents"))
    if not contents:
        raise _refuse("* GenerateContentRequest.contents: contents is not specified")
    for i, tool in enumerate(objects(body.get("tools"))):
        for j, function in enumerate(objects(tool.get("functionDeclarations", tool.get("function_declarations")))):
            _schema(function.get("parameters"), f"tools[{i}].function_declarations[{j}].parameters")
    _contents(contents)


def _schema(schema: object, place: str) -> None:
    for path, node in _schemas(schema, place):
        for name in _SCHEMA_UNKNOWN:
            if name in node:
                text = f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
                raise _refuse(text)


def _schemas(schema: object, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all schemas in it, with their places."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    properties = schema.get("properties")
    inner: Iterable[tuple[str, object]] = properties.items() if isinstance(properties, dict) else ()
    for i, (_name, value) in enumerate(inner):
        yield from _schemas(value, f"{place}.properties[{i}].value")
    yield from _schemas(schema.get("items"), f"{place}.items")
    for i, value in enumerate(objects(schema.get("anyOf"))):
        yield from _schemas(value, f"{place}.any_of[{i}]")


def _contents(contents: list[dict[str, Any]]) -> None:
    """Roles, no empty turn, and as many function responses right after a call turn as it has calls."""
    open_calls = 0
    previous: str | None = None
    for i, content in enumerate(contents):
        role, parts = content.get("role", "user"), objects(content.get("parts"))
        if role not in ("user", "model", "function"):
            raise _refuse("Please use a valid role: user, model.")
        if not parts:
            raise _refuse(f"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.")
        calls = sum("functionCall" in part for part in parts)
        responses = sum("functionResponse" in part for part in parts)
        if responses != open_calls:
            raise _refuse(_UNBALANCED)
        if calls and previous not in ("user", "function"):
            raise _refuse(_MISPLACED)
        open_calls, previous = calls, role
    if open_calls:
        raise _refuse(_UNBALANCED)
