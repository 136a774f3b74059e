"""What a model is shown: the instruction with its additions, and the allowed part of the conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..messages import Message, Text, system
from ..providers.base import OutputSchema
from ..state.results import CHARS_PER_TOKEN, MAX_SHOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..config.specs import ResolvedAgent

OMITTED: Final = "[The result of this old call was left out to save room.]"


def instruction(agent: ResolvedAgent, now: datetime, more: Sequence[str] = ()) -> list[Message]:
    """One system message, or none; `more` are additions of toolsets and hooks."""
    parts = [agent.instruction]
    if agent.add_date:
        parts.append(f"Today's date: {now:%Y-%m-%d}")
    if agent.add_environment_info:
        parts.append("You run in a web browser, without access to the files and programs of the user's machine.")
    text = "\n\n".join(part for part in [*parts, *more] if part)
    return [system(text)] if text else []


def visible(messages: Sequence[Message], agent: ResolvedAgent) -> list[Message]:
    """The conversation within the agent's limits. The session keeps all of it."""
    return _without_old_results(_last(messages, agent.num_history_items), agent.max_old_tool_call_tokens)


def result_limit(agent: ResolvedAgent) -> int:
    """Characters of one tool result that a model is shown."""
    tokens = agent.max_tool_result_tokens
    return tokens * CHARS_PER_TOKEN if tokens > 0 else MAX_SHOWN


def output_schema(agent: ResolvedAgent) -> OutputSchema | None:
    """The shape that the agent's answers must have."""
    config = agent.structured_output
    if config is None:
        return None
    return OutputSchema(config.name, config.schema_, config.description, config.strict)


def _last(messages: Sequence[Message], count: int) -> list[Message]:
    """At most the last `count` messages (0: all), from a user's on, and always from the last user's on."""
    if count <= 0 or len(messages) <= count:
        return list(messages)
    users = [index for index, message in enumerate(messages) if message.role == "user"]
    start = next((index for index in users if index >= len(messages) - count), users[-1] if users else 0)
    return list(messages[start:])


def _without_old_results(messages: list[Message], tokens: int) -> list[Message]:
    """Omit the results of earlier turns, the oldest first, until the rest fits into `tokens` (0: no limit)."""
    if tokens <= 0:
        return messages
    last_user = max((index for index, message in enumerate(messages) if message.role == "user"), default=0)
    left = tokens * CHARS_PER_TOKEN
    shorter = list(messages)
    for index in range(last_user - 1, -1, -1):
        if messages[index].role == "tool":
            left -= len(messages[index].text)
            if left < 0:
                shorter[index] = replace(messages[index], parts=(Text(OMITTED),))
    return shorter
