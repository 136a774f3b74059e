"""What a running tool may use: progress, questions to the user, and the events of a task inside its call."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from ..jsontext import first_inexact, read
from ..tools.base import ToolError, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..events import Event
    from ..hooks.engine import Hooks
    from ..messages import ToolCall
    from ..state.budgets import BusyTimer
    from ..state.session_state import SessionState
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
        self._name = call.name
        self._state = state
        self._hooks = hooks
        self._outbox: Outbox | None = outbox

    def close(self) -> None:
        """The call is over, even if some of its code still runs."""
        self._outbox = None

    def emit(self, *events: Event) -> None:
        if self._outbox is not None:
            self._outbox.put(*events)

    def progress(self, output: str) -> None:
        self.emit({"type": "tool_output", "id": self.call_id, "name": self._name, "output": str(output)})

    async def ask_user(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Show an `elicitation` and wait for the answer: `{"action", "content"}`.

        Without a user to ask the action is `decline`, after the time limit for approvals it is `cancel`.
        """
        if not self._state.approvals.interactive:
            return {"action": "decline"}
        try:
            shown = read(to_json(dict(schema)))
        except Exception as error:  # the tool may have put anything into it
            raise ToolError(f"The question's schema cannot be written as JSON: {error}"[:500]) from None
        if (number := first_inexact(shown)) is not None:
            raise ToolError(f"The question's schema has a number that the page would round: {number}"[:500])
        facts = {"agent_name": self.agent, "tool_name": self._name, "message": str(message)}
        await self._hooks.run("on_user_input", facts, self._name)
        if self._outbox is None:
            return {"action": "cancel"}
        question = secrets.token_hex(8)
        self._state.questions[question] = future = asyncio.get_running_loop().create_future()
        self.emit({"type": "elicitation", "id": question, "message": str(message), "mode": "form", "schema": shown})
        try:
            with self.timer.waiting():
                async with asyncio.timeout(seconds(self._state.approvals.timeout)):
                    answer: dict[str, Any] = await future
            return answer
        except TimeoutError:
            return {"action": "cancel"}
        finally:
            del self._state.questions[question]
