"""The skills of an agent: instructions that are written in its file and that the model reads when it needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ...errors.validation import did_you_mean
from ..base import ToolError
from ..toolset import Arguments, Contents, make_tool, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...config.agents import InlineSkill
    from ..base import ToolContext

_INSTRUCTION = """## Skills

A skill is a set of instructions for one kind of task. If a request matches the description of a skill, load its
instructions with `read_skill` before you answer, and follow them. The skills are:

"""


class _Skill(Arguments):
    name: str = Field(description="The name of the skill.")


def skills(written: Sequence[InlineSkill]) -> Contents:
    """The tool `read_skill`, and the list of skills for the system prompt. `written` are their texts."""
    texts = {skill.name: skill.instructions for skill in written}

    async def read(given: _Skill, _: ToolContext) -> str:
        if given.name not in texts:
            raise ToolError(f"There is no skill {shown(given.name)}{did_you_mean(given.name, list(texts))}.")
        return texts[given.name]

    listed = "\n".join(f"- {skill.name}: {' '.join(skill.description.split())}" for skill in written)
    tool = make_tool("read_skill", "Returns the instructions of a skill.", _Skill, read, read_only=True)
    return Contents([tool], _INSTRUCTION + listed)
