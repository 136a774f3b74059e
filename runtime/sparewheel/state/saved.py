"""The state of a session that is stored beside its conversation: approvals, budgets, the agent and its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .choices import Choices

if TYPE_CHECKING:
    from collections.abc import Container

    from .budgets import Budgets
    from .session_state import SessionState


def dump_state(state: SessionState, budgets: Budgets) -> dict[str, Any]:
    """The state as plain JSON, without keys."""
    return {
        "agent": state.conversation.agent,
        "left_out": state.conversation.left_out,
        "model": state.model,
        **({"choices": state.choices.to_dict()} if state.choices != Choices() else {}),
        "approvals": state.approvals.to_dict(),
        "budgets": budgets.to_dict(),
    }


def load_state(stored: object, state: SessionState, budgets: Budgets, agents: Container[str]) -> None:
    """Take over what `dump_state` gave, as far as it fits the `agents` of the file."""
    if not isinstance(stored, dict):
        return
    agent, left_out, model = stored.get("agent"), stored.get("left_out"), stored.get("model")
    if isinstance(agent, str) and agent in agents:
        state.conversation.agent = agent
    if isinstance(left_out, int) and 0 <= left_out <= len(state.conversation.messages):
        state.conversation.left_out = left_out
    if isinstance(model, str):
        state.model = model
    state.choices.restore(stored.get("choices"))
    state.approvals.restore(stored.get("approvals"))
    budgets.restore(stored.get("budgets"))
