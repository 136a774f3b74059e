"""Questions to the user, by `elicitation` events: from a running tool, and from a source of tools that connects."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json

from ..jsontext import first_inexact, read
from ..tools.base import ToolError, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..events import Event, SignIn
    from ..hooks.engine import Hooks
    from ..state.budgets import BusyTimer
    from ..state.session_state import SessionState


class Asking:
    """Asks the user for one agent. `emit` returns whether its event can still be seen; `timer` does not count waiting.

    `tool` is the name of the tool that asks, "" for a source of tools.
    """

    def __init__(
        self,
        state: SessionState,
        hooks: Hooks,
        timer: BusyTimer,
        emit: Callable[[Event], bool],
        agent: str,
        tool: str = "",
    ) -> None:
        self._state = state
        self._hooks = hooks
        self._timer = timer
        self._emit = emit
        self._agent = agent
        self._tool = tool

    async def __call__(
        self,
        message: str,
        schema: Mapping[str, Any],
        *,
        url: str = "",
        sign_in: SignIn | None = None,
    ) -> dict[str, Any]:
        """See `AskUser`."""
        approvals = self._state.approvals
        if not approvals.interactive:
            return {"action": "decline"}
        try:
            shown = read(to_json(dict(schema)))
        except Exception as error:  # the tool may have put anything into it
            raise ToolError(f"The question's schema cannot be written as JSON: {error}"[:500]) from None
        if (number := first_inexact(shown)) is not None:
            raise ToolError(f"The question's schema has a number that the page would round: {number}"[:500])
        if url:
            _check_address(url)
        facts = {"agent_name": self._agent, "tool_name": self._tool, "message": str(message)}
        await self._hooks.run("on_user_input", facts, self._tool)
        question = secrets.token_hex(8)
        event: dict[str, Any] = {"type": "elicitation", "id": question, "message": str(message)}
        event |= {"mode": "url" if url else "form", "schema": shown}
        event |= ({"url": url} if url else {}) | ({"sign_in": sign_in} if sign_in else {})
        self._state.questions[question] = future = asyncio.get_running_loop().create_future()
        try:
            if not self._emit(cast("Event", event)):
                return {"action": "cancel"}
            with self._timer.waiting():
                async with asyncio.timeout(seconds(approvals.timeout)):
                    answer: dict[str, Any] = await future
            return answer
        except TimeoutError:
            return {"action": "cancel"}
        finally:
            del self._state.questions[question]


def _check_address(url: str) -> None:
    """Raise `ToolError` for an address that a page must not open: it is neither https nor http on this machine."""
    from ..config.vendor_keys import is_loopback
    from ..tools.web.addresses import normalise  # here, because few questions have an address

    address = normalise(url)
    if address.scheme != "https" and not is_loopback(address.host):
        raise ToolError(f"The address at {address.host} is http, so the user is not asked to open it.")
