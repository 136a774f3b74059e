"""`user_prompt`: asks the user a question, which is answered in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from ..base import ToolError, ToolResult
from ..toolset import Arguments, Contents, make_tool, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

MAX_SCHEMA: Final = 20_000  # characters of JSON
TIMEOUT: Final = 3_600.0  # seconds; people may be away
_ANSWER: Final = "answer"

_INSTRUCTION = """## User prompt tool

Ask the user with `user_prompt` when only they can know or decide. A JSON schema turns the question into a form:
{"type": "string", "enum": ["red", "blue"]} is a choice,
{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]} has fields; without a schema the
user writes free text. The result is {"action": "accept" | "decline" | "cancel", "content": {...}}; a single value is in
content.answer."""


class _Question(Arguments):
    message: str = Field(min_length=1, max_length=10_000, description="The question to the user.")
    title: str = Field("", max_length=200, description="A heading above the question.")
    schema_: dict[str, Any] = Field(
        {}, alias="schema", description="JSON schema of the answer: an object with properties, or one simple value."
    )


async def _ask(given: _Question, context: ToolContext) -> ToolResult:
    size = len(to_json(given.schema_))
    if size > MAX_SCHEMA:
        raise ToolError(f"The schema has {size} characters, and {MAX_SCHEMA} are allowed: ask for less at a time.")
    answer = await context.ask_user(given.message, _form(given.schema_, given.title))
    accepted = answer.get("action") == "accept"
    facts = {key: answer[key] for key in ("action", "content") if answer.get(key) is not None}
    return ToolResult(to_json(facts), is_error=not accepted)


def _form(schema: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The schema of the form: an object. A simple value becomes its only field."""
    simple = schema.get("type") != "object" and "properties" not in schema
    field = dict(schema) or {"type": "string"}
    form = {"type": "object", "properties": {_ANSWER: field}, "required": [_ANSWER]} if simple else field
    return {"title": title, **form} if title else form


def user_prompt(entry: ToolsetConfig, services: Services) -> Contents:
    description = "Asks the user a question and waits for the answer, whose shape a JSON schema can define."
    timeout = TIMEOUT if entry.timeout is None else float(entry.timeout)
    tool = make_tool("user_prompt", description, _Question, _ask, read_only=True, timeout=timeout)
    return Contents([tool], _INSTRUCTION)
