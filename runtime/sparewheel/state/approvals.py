"""Approval of tool calls: the user decides, and a decision may also cover later calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from ..errors import ConfigError
from ..tools.base import distinct, seconds

if TYPE_CHECKING:
    from ..tools.base import Tool

Answer: TypeAlias = Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"]

DEFAULT_TIMEOUT: Final = 300.0  # seconds
UNATTENDED: Final = "No user is available to approve it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may run; if not, the `reason` for the model."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    forced: bool
    verdict: asyncio.Future[Verdict]


class Approvals:
    """The approvals of one session: the pending ones, by key, and the permanent grants.

    `approve_read_only` is how a session starts: read-only tools pass, the others ask. `approve_all` asks no more.
    """

    def __init__(self, *, everything: bool = False, interactive: bool = True, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._everything = everything
        self._tools: set[str] = set()
        self._pending: dict[str, _Question] = {}
        self._keys: set[str] = set()  # of all questions so far, so that a late answer cannot reach a later question
        self.timeout = timeout
        self.interactive = interactive  # whether a user can answer

    def granted(self, tool: Tool) -> bool:
        """Whether `tool` may run without asking."""
        return tool.read_only or self._everything or tool.spec.name in self._tools

    def open(self, call_id: str, name: str, *, forced: bool = False) -> str:
        """Open a question about a call, before its event is emitted, so that no answer can arrive too early.

        Returns the key to answer by: the call's id, or another one if the session has asked by that id before. No
        grant for other calls answers a question that was `forced` by a rule or a hook.
        """
        key = distinct(call_id, self._keys)
        self._keys.add(key)
        self._pending[key] = _Question(name, forced, asyncio.get_running_loop().create_future())
        return key

    async def wait(self, key: str) -> Verdict:
        """Wait for the user's decision on an open question. Without one, the call may not run."""
        try:
            if not self.interactive:
                return Verdict(False, UNATTENDED)
            async with asyncio.timeout(seconds(self.timeout)):
                return await self._pending[key].verdict
        except TimeoutError:
            return Verdict(False, f"It was not approved within {self.timeout:g} s.")
        finally:
            self._pending.pop(key, None)

    def answer(
        self, decision: object, *, call_id: str | None = None, tool: str | None = None, reason: str = ""
    ) -> None:
        """Decide the question with the key `call_id`, or the one that has waited longest.

        Raises `ConfigError`.
        """
        word = _word(decision)
        if word == "approve_tool" and not tool and call_id is None:
            raise ConfigError("approve_tool requires toolName")
        if call_id is None:
            call_id = next((key for key, asked in self._pending.items() if not asked.verdict.done()), None)
        question = self._pending.get(call_id) if call_id is not None else None
        if question is None or question.verdict.done():
            raise ConfigError("no tool confirmation is pending", "It may have been answered, timed out or stopped.")
        if word == "approve_tool":
            self._tools.add(tool or question.name)
        elif word == "approve_all":
            self._everything = True
        granted = word != "reject"
        question.verdict.set_result(Verdict(granted, "" if granted else reason or "The user rejected this call."))
        self._let_through()

    def _let_through(self) -> None:
        """Answer the other open questions that a grant covers, except for those that a rule or a hook has forced."""
        for question in self._pending.values():
            covered = not question.forced and (self._everything or question.name in self._tools)
            if covered and not question.verdict.done():
                question.verdict.set_result(Verdict(True))


def _word(decision: object) -> Answer:
    if isinstance(decision, bool):
        return "approve" if decision else "reject"
    known = get_args(Answer)
    if decision not in known:
        raise ConfigError(f'unknown decision "{decision}" ({", ".join(known)})'[:300])
    return decision  # type: ignore[return-value]  # checked against the literal's own members
