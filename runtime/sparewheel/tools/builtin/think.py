"""`think`: a tool without effect, in which a model that does not reason by itself can write down its reasoning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..toolset import Arguments, Contents, make_tool

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

_INSTRUCTION = """## Think tool

Before you act or answer on a task of several steps, use `think` to list the rules that apply, check whether you have
all information you need, make a plan, and review the results of tools."""


class _Thought(Arguments):
    thought: str = Field(description="The thought.")


def think(entry: ToolsetConfig, services: Services) -> Contents:
    async def note(given: _Thought, _: ToolContext) -> str:
        return "Noted."

    description = (
        "Writes down a thought. It gets no new information and changes nothing; the thought is kept in the log."
    )
    return Contents([make_tool("think", description, _Thought, note, read_only=True)], _INSTRUCTION)
