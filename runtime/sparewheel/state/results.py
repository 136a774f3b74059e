"""Tool results that are too long for a model: kept complete, shown in part, with a tool to read the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..bounded import BoundedDict
from ..providers.base import ToolSpec
from ..tools.base import Tool, ToolError, ToolResult

if TYPE_CHECKING:
    from ..tools.base import ToolContext

READ_ON: Final = "read_tool_result"
MAX_SHOWN: Final = 50_000  # characters, where the agent file sets no max_tool_result_tokens
MAX_KEPT: Final = 100  # results, the oldest forgotten first: a session may go on for days
CHARS_PER_TOKEN: Final = 4  # a rule of thumb that holds for most languages written in Latin letters


class LongResults:
    """The long results of one session, by call id."""

    def __init__(self) -> None:
        self._kept: BoundedDict[str, str] = BoundedDict(MAX_KEPT)

    @property
    def any(self) -> bool:
        return bool(self._kept)

    def shorten(self, call_id: str, output: str, limit: int) -> str:
        """The part of `output` for the model: all of it, or its beginning and how to read the rest."""
        if len(output) <= limit:
            return output
        self._kept[call_id] = output
        note = f"\n[{len(output) - limit} more characters: call {READ_ON} with id {call_id!r} and offset {limit}.]"
        return output[:limit] + note

    def tool(self, limit: int) -> Tool:
        """A tool that reads the rest of a long result. Offered only once there is one."""

        async def read_on(arguments: dict[str, Any], _: ToolContext) -> ToolResult:
            output = self._kept.get(arguments["id"])
            if output is None:
                raise ToolError(f"No long result of a call {arguments['id']!r} is kept.")
            start = arguments["offset"]
            part = output[start : start + limit]
            left = len(output) - start - len(part)
            return ToolResult(
                part + (f"\n[{left} more characters, from offset {start + len(part)}.]" if left > 0 else "")
            )

        parameters = {
            "type": "object",
            "properties": {
                "id": {"type": "string", "description": "The id that the cut result names."},
                "offset": {"type": "integer", "minimum": 0, "description": "Where to go on, in characters."},
            },
            "required": ["id", "offset"],
            "additionalProperties": False,
        }
        return Tool(
            ToolSpec(READ_ON, "Reads on in a tool result that was too long.", parameters), read_on, read_only=True
        )
