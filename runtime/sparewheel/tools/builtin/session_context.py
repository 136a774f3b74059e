"""`session_context`: reads the conversation, including messages that are no longer sent to the model.

Earlier sessions are not available, so the current session is the only one that is listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..base import ToolError
from ..toolset import Arguments, Contents, make_tool, shown, to_json

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ...messages import Message
    from ..base import ToolContext
    from ..services import Services

MAX_CHARS: Final = 24_000
_CURRENT: Final = "current"
_HEADINGS: Final = {"tool": "tool result"}

_INSTRUCTION = """## Session context tools

Older messages may no longer be in your context. `list_sessions` tells how long the conversation is; `read_session`
returns its latest messages, or those before a number. Use them only when earlier messages matter."""


class _List(Arguments):
    limit: int = Field(20, ge=1, le=100, description="The maximum number of sessions to list.")


class _Read(Arguments):
    session_id: str = Field(description="An id from list_sessions, or -1 for the latest session.")
    before: int | None = Field(None, ge=1, description="Read only messages before this number.")


class _Tools:
    def __init__(self, services: Services) -> None:
        self._session = services.session

    async def list(self, given: _List, context: ToolContext) -> str:
        messages = self._session.messages()
        title = next((message.text for message in messages if message.role == "user"), "")
        return to_json(
            [{"id": _CURRENT, "title": title[:100], "agent": self._session.agent, "num_messages": len(messages)}]
        )

    async def read(self, given: _Read, context: ToolContext) -> str:
        if given.session_id not in (_CURRENT, "-1"):
            raise ToolError(f"There is no session {shown(given.session_id)}; the only one is {_CURRENT!r}.")
        messages = list(self._session.messages())
        end = len(messages) if given.before is None else min(given.before - 1, len(messages))
        blocks: list[str] = []
        room = MAX_CHARS
        first = end
        while first and room > 0:
            block = _block(first, messages[first - 1])
            blocks.append(block if len(block) <= room else f"{block[:room]}…")
            room -= len(block) + 2
            first -= 1
        head = f"Messages {first + 1} to {end} of {len(messages)}."
        if first:
            head += f" For earlier ones, read before {first + 1}."
        return "\n\n".join([head, *reversed(blocks)]) if blocks else "There are no such messages."


def _block(number: int, message: Message) -> str:
    lines = [f"## {number}. {_HEADINGS.get(message.role, message.role)}"]
    if message.text:
        lines.append(message.text)
    lines += [f"called {call.name} with {call.arguments}" for call in message.tool_calls]
    return "\n".join(lines)


def session_context(entry: ToolsetConfig, services: Services) -> Contents:
    calls = _Tools(services)
    tools = [
        make_tool("list_sessions", "Lists the sessions that can be read.", _List, calls.list, read_only=True),
        make_tool(
            "read_session",
            f"Reads a session's messages, at most the latest {MAX_CHARS} characters.",
            _Read,
            calls.read,
            read_only=True,
        ),
    ]
    return Contents(tools, _INSTRUCTION)
