"""`model_picker`: lets the agent change its own model, among those that the agent file offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ...errors import ConfigError
from ..base import ToolError
from ..toolset import Arguments, Contents, NoArguments, make_tool, shown

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services


class _Change(Arguments):
    model: str = Field(description="The model to change to, one of those offered.")


def model_picker(entry: ToolsetConfig, services: Services) -> Contents:
    session = services.session
    models = entry.models
    offered = ", ".join(models)

    async def change(given: _Change, _: ToolContext) -> str:
        if given.model not in models:
            raise ToolError(f"{shown(given.model)} is not offered. Choose one of: {offered}.")
        try:
            session.choose_model(given.model)
        except ConfigError as error:
            raise ToolError(f"{given.model} cannot be used: {error.info.message}") from None
        return f"From the next step on, {given.model} answers."

    async def revert(given: NoArguments, _: ToolContext) -> str:
        session.choose_model(None)
        return "From the next step on, the original model answers."

    description = f"Changes the model, for a task that another one does better. Offered: {offered}."
    back = "Changes back to the original model, when that task is done."
    tools = [
        make_tool("change_model", description, _Change, change, read_only=True, exclusive=True),
        make_tool("revert_model", back, NoArguments, revert, read_only=True, exclusive=True),
    ]
    instruction = (
        f"## Model picker tools\n\nThese models are offered: {offered}.\n\n"
        "Use `change_model` for a task that another model does better or cheaper, and `revert_model` after it."
    )
    return Contents(tools, instruction)
