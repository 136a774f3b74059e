"""What a running tool may use: progress, questions to the user, and the events of a task inside its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .asking import Asking

if TYPE_CHECKING:
    from ..events import Event
    from ..hooks.engine import Hooks
    from ..messages import ToolCall
    from ..state.budgets import BusyTimer
    from ..state.session_state import SessionState
    from ..tools.base import AskUser
    from .outbox import Outbox


class CallContext:
    """The `ToolContext` of one call. After `close`, events are dropped."""

    def __init__(
        self,
        call: ToolCall,
        agent: str,
        state: SessionState,
        hooks: Hooks,
        outbox: Outbox,
        timer: BusyTimer,
        version: str = "",
        key: str = "",
    ) -> None:
        self.call_id = call.id
        self.idempotency_key = key
        self.agent = agent
        self.version = version
        self.timer = timer
        self.ask_user: AskUser = Asking(state, hooks, timer, self._asked, agent, call.name)
        self._name = call.name
        self._outbox: Outbox | None = outbox

    def close(self) -> None:
        """The call is over, even if some of its code still runs."""
        self._outbox = None

    def emit(self, *events: Event) -> None:
        if self._outbox is not None:
            self._outbox.put(*events)

    def _asked(self, event: Event) -> bool:
        self.emit(event)
        return self._outbox is not None

    def progress(self, output: str) -> None:
        self.emit({"type": "tool_output", "id": self.call_id, "name": self._name, "output": str(output)})
