"""The last turn of a stored session, if it can go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..agent.unfinished import Unfinished
from ..state.effects import Effect
from ..state.session_state import Conversation
from ..tools.base import ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..messages import Message
    from ..state.journal import Record
    from ..state.journal.restore import Restored, StoredTurn


def unfinished_turn(restored: Restored, now: Conversation) -> Unfinished | None:
    """The last turn, if it was interrupted or has failed. `now` is the conversation with what stays of it."""
    last = restored.turns[-1] if restored.turns else None
    if last is None or not last.prompts or not (last.end is None or last.has_failed):
        return None
    messages = [message for turn in restored.turns[:-1] for message in turn.kept]
    before = Conversation(messages, last.agent or now.agent, min(now.left_out, len(messages)))
    results = {call_id: ToolResult(result["output"]) for call_id, result in last.results.items()}
    return Unfinished(
        last.id,
        before,
        replace(now, messages=[*messages, *_done(last)]),
        start=len(messages),
        prompts=last.prompts,
        results=results,
        effects=_effects(last.effects),
        attempts=last.attempts,
        ended=last.end is not None,
        reattach=last.resume,
    )


def _done(turn: StoredTurn) -> list[Message]:
    """The messages of the turn without a partial answer, which `on_partial: keep` has added."""
    messages = turn.messages
    partial = turn.end is not None and "parts" in turn.end
    if partial and messages[-1].role == "assistant" and not messages[-1].tool_calls:
        messages = messages[:-1]
    return messages


def _effects(records: Iterable[Record]) -> list[Effect]:
    """The calls that change something, as their last records have them."""
    found: dict[str, Effect] = {}
    for record in records:
        key, state = record["key"], record["state"]
        fields = {name: str(record[name]) for name in ("call", "name", "args", "output") if name in record}
        known = found.get(key)
        if known is None:
            known = Effect(key, fields.get("call", ""), fields.get("name", ""), fields.get("args", ""))
        found[key] = replace(known, state=state, output=fields.get("output", "") if state != "intended" else "")
    return list(found.values())
