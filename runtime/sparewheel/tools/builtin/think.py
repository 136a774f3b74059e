"""`think`: a place to think aloud before acting. It does nothing, which helps models that do not reason unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..toolset import Arguments, Contents, make_tool

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

_INSTRUCTION = """## Think tool

Before you act or answer on something with several steps, use `think` to list the rules that apply, check whether you
have everything you need, plan, and look over what tools have told you."""


class _Thought(Arguments):
    thought: str = Field(description="The thought.")


def think(entry: ToolsetConfig, services: Services) -> Contents:
    async def note(given: _Thought, _: ToolContext) -> str:
        return "Noted."

    description = "Think about something. Gets no new information and changes nothing; the thought is kept in the log."
    return Contents([make_tool("think", description, _Thought, note, read_only=True)], _INSTRUCTION)
