"""Who may run what: the user's word on tool calls, asked for once and remembered as far as the user said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from ..errors import ConfigError

if TYPE_CHECKING:
    from .base import Tool

Answer: TypeAlias = Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"]

DEFAULT_TIMEOUT: Final = 300.0  # seconds
NOBODY: Final = "Nobody was there to approve it."

# docker-agent's words for the same.
_SAME: Final[dict[str, Answer]] = {"approve_balanced": "approve_read_only", "approve_autonomous": "approve_all"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may run; if not, `reason` is what the model is told."""

    allowed: bool
    reason: str = ""


class Approvals:
    """The approvals of one session: what is pending, by call id, and what has been granted for good.

    `approve_read_only` is how a session starts: read-only tools pass, the others ask. `approve_all` asks no more.
    """

    def __init__(self, *, everything: bool = False, interactive: bool = True, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._everything = everything
        self._tools: set[str] = set()
        self._pending: dict[str, tuple[str, asyncio.Future[Verdict]]] = {}
        self.timeout = timeout
        self.interactive = interactive  # whether anybody can answer

    def granted(self, tool: Tool) -> bool:
        """Whether `tool` may run without asking."""
        return tool.read_only or self._everything or tool.spec.name in self._tools

    def open(self, call_id: str, name: str) -> None:
        """From now on the call can be answered; before its event is out, so that no answer comes too early."""
        self._pending[call_id] = (name, asyncio.get_running_loop().create_future())

    async def wait(self, call_id: str) -> Verdict:
        """The user's word on a call that was opened. Silence and absence are a no."""
        if not self.interactive:
            del self._pending[call_id]
            return Verdict(False, NOBODY)
        try:
            async with asyncio.timeout(self.timeout or None):
                return await self._pending[call_id][1]
        except TimeoutError:
            return Verdict(False, f"Nobody approved it within {self.timeout:g} s.")
        finally:
            del self._pending[call_id]

    def answer(
        self, decision: object, *, call_id: str | None = None, tool: str | None = None, reason: str = ""
    ) -> None:
        """The user's word: on `call_id`, or on the call that has waited longest. Raises `ConfigError`."""
        word = _word(decision)
        if word == "approve_tool" and not tool and call_id is None:
            raise ConfigError("approve_tool requires toolName")
        if call_id is None:
            call_id = next((open_id for open_id, (_, future) in self._pending.items() if not future.done()), None)
        if call_id is None or call_id not in self._pending or self._pending[call_id][1].done():
            raise ConfigError("no tool confirmation is pending", "It may have been answered, timed out or stopped.")
        name, future = self._pending[call_id]
        if word == "approve_tool":
            self._tools.add(tool or name)
        elif word == "approve_all":
            self._everything = True
        granted = word != "reject"
        future.set_result(Verdict(granted, "" if granted else reason or "The user rejected this call."))
        self._let_through()

    def _let_through(self) -> None:
        """A grant that covers other calls answers them too."""
        for name, future in self._pending.values():
            if not future.done() and (self._everything or name in self._tools):
                future.set_result(Verdict(True))


def _word(decision: object) -> Answer:
    if isinstance(decision, bool):
        return "approve" if decision else "reject"
    known = get_args(Answer)
    word = _SAME.get(str(decision), decision)
    if word not in known:
        raise ConfigError(f'unknown decision "{decision}" ({", ".join(known)})'[:300])
    return word  # type: ignore[return-value]  # checked against the literal's own members
