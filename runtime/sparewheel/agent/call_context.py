"""What a running tool may use: progress, questions to the user, and the events of a run inside its call."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from ..jsontext import read
from ..tools.base import ToolError, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..events import Event
    from ..hooks.engine import Hooks
    from ..messages import ToolCall
    from ..state.budgets import Shift
    from ..state.session_state import Context


class CallContext:
    """What a running tool may use. `emit` passes on events of a run inside the call; after `close`, nothing is."""

    def __init__(
        self,
        call: ToolCall,
        agent: str,
        context: Context,
        hooks: Hooks,
        queue: asyncio.Queue[list[Event] | None],
        shift: Shift,
    ) -> None:
        self.call_id = call.id
        self.agent = agent
        self.shift = shift
        self._name = call.name
        self._context = context
        self._hooks = hooks
        self._queue: asyncio.Queue[list[Event] | None] | None = queue

    def close(self) -> None:
        """The call is over, whatever still runs of it."""
        self._queue = None

    def emit(self, events: list[Event]) -> None:
        if self._queue is not None:
            self._queue.put_nowait(events)

    def progress(self, output: str) -> None:
        self.emit([{"type": "tool_output", "id": self.call_id, "name": self._name, "output": str(output)}])

    async def ask_user(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        if not self._context.approvals.interactive:
            return {"action": "decline"}
        try:
            shown = read(to_json(dict(schema)))
        except Exception as error:  # a schema is whatever the tool made of it
            raise ToolError(f"The question's schema cannot be written as JSON: {error}"[:500]) from None
        facts = {"agent_name": self.agent, "tool_name": self._name, "message": str(message)}
        await self._hooks.run("on_user_input", facts, self._name)
        if self._queue is None:
            return {"action": "cancel"}
        question = secrets.token_hex(8)
        self._context.questions[question] = future = asyncio.get_running_loop().create_future()
        self.emit([{"type": "elicitation", "id": question, "message": str(message), "mode": "form", "schema": shown}])
        try:
            with self.shift.waiting():
                async with asyncio.timeout(seconds(self._context.approvals.timeout)):
                    answer: dict[str, Any] = await future
            return answer
        except TimeoutError:
            return {"action": "cancel"}
        finally:
            del self._context.questions[question]
