"""Approval of tool calls: the user decides, and a decision may also cover later calls.

A grant for later calls is for what a tool is, not for its name: see `identity`.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from ..errors import ConfigError
from ..jsontext import write
from ..tools.base import ToolError, distinct, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tools.base import Tool

Answer: TypeAlias = Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"]

DEFAULT_TIMEOUT: Final = 300.0  # seconds
UNATTENDED: Final = "No user is available to approve it."


def identity(tool: Tool, agent: str, source: str, version: str = "") -> str:
    """What a grant is for: the tool of one agent and toolset, its description, its schema and its definition.

    Args:
        tool: the tool.
        agent: the name of the agent that calls it.
        source: the name of the toolset.
        version: what `tool.version` returned.
    """
    spec = tool.spec
    facts = [agent, source, spec.name, spec.description, spec.parameters, tool.read_only, tool.definition, version]
    return hashlib.sha256(write(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may run; if not, the `reason` for the model."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    identity: str
    forced: bool
    edit: Callable[[object], None] | None
    verdict: asyncio.Future[Verdict]


class Approvals:
    """The approvals of one session: the pending ones, by key, and the permanent grants.

    `approve_read_only` is how a session starts: read-only tools pass, the others ask. `approve_all` asks no more.
    """

    def __init__(self, *, everything: bool = False, interactive: bool = True, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.everything = everything
        self._all_approved = False  # by the user, not by an option
        self._granted: set[str] = set()  # identities of tools
        self._pending: dict[str, _Question] = {}
        self._keys: set[str] = set()  # of all questions so far, so that a late answer cannot reach a later question
        self.timeout = timeout
        self.interactive = interactive  # whether a user can answer

    def granted(self, identity: str) -> bool:
        """Whether the user has approved all calls of the tool with this identity."""
        return self.everything or identity in self._granted

    def to_dict(self) -> dict[str, Any]:
        """What the user has approved for the session, as plain JSON."""
        return {"all": self._all_approved, "tools": sorted(self._granted)}

    def restore(self, stored: object) -> None:
        """Grant again what `to_dict` gave."""
        match stored:
            case {"all": bool(all_), "tools": list(tools)}:
                self._all_approved = all_
                self.everything = self.everything or all_
                self._granted.update(tool for tool in tools if isinstance(tool, str))

    def open(
        self,
        call_id: str,
        name: str,
        identity: str,
        *,
        forced: bool = False,
        edit: Callable[[object], None] | None = None,
    ) -> str:
        """Open a question about a call, before its event is emitted, so that no answer can arrive too early.

        Returns the key to answer by: the call's id, or another one if the session has asked by that id before. No
        grant for other calls answers a question that was `forced` by a rule or a hook. `edit` takes
        arguments that the user has changed, or raises `ToolError`; without it they cannot be changed.
        """
        key = distinct(call_id, self._keys)
        self._keys.add(key)
        self._pending[key] = _Question(name, identity, forced, edit, asyncio.get_running_loop().create_future())
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
        self,
        decision: object,
        *,
        call_id: str | None = None,
        tool: str | None = None,
        reason: str = "",
        arguments: object = None,
    ) -> None:
        """Decide the question with the key `call_id`, or the one that has waited longest.

        With `approve_tool`, `tool` is the name of the tool: the question must be about it. `arguments` replace those of
        this call, and no other's: an object, or its JSON text. Raises `ConfigError`, and decides nothing then.
        """
        word = _word(decision)
        if word == "approve_tool" and not tool and call_id is None:
            raise ConfigError("approve_tool requires toolName")
        question = self._question(call_id, tool if word == "approve_tool" else None)
        if arguments is not None:
            _edit(question, word, arguments)
        if word == "approve_tool":
            self._granted.add(question.identity)
        elif word == "approve_all":
            self.everything = self._all_approved = True
        granted = word != "reject"
        question.verdict.set_result(Verdict(granted, "" if granted else _rejected(reason)))
        self._let_through()

    def _question(self, key: str | None, tool: str | None) -> _Question:
        waiting = {each: asked for each, asked in self._pending.items() if not asked.verdict.done()}
        if key is not None:
            waiting = {key: waiting[key]} if key in waiting else {}
        if not waiting:
            raise ConfigError("no tool confirmation is pending", "It may have been answered, timed out or stopped.")
        found = next((asked for asked in waiting.values() if tool in (None, "", asked.name)), None)
        if found is None:
            names = ", ".join(sorted({asked.name for asked in waiting.values()}))
            raise ConfigError(f"approve_tool: {names} waits for approval, not {ascii(tool)[:100]}")
        return found

    def _let_through(self) -> None:
        """Answer the other open questions that a grant covers, except for those that a rule or a hook has forced."""
        for question in self._pending.values():
            covered = not question.forced and self.granted(question.identity)
            if covered and not question.verdict.done():
                question.verdict.set_result(Verdict(True))


def _edit(question: _Question, word: Answer, arguments: object) -> None:
    if word == "reject":
        raise ConfigError("a rejected call takes no arguments")
    if question.edit is None:
        raise ConfigError("the arguments of this call cannot be changed")
    try:
        question.edit(arguments)
    except ToolError as error:
        raise ConfigError(str(error), "Correct the arguments; the call still waits for approval.") from None


def _rejected(reason: str) -> str:
    return f"The user rejected this call: {reason}" if reason else "The user rejected this call."


def _word(decision: object) -> Answer:
    if isinstance(decision, bool):
        return "approve" if decision else "reject"
    known = get_args(Answer)
    if decision not in known:
        raise ConfigError(f'unknown decision "{decision}" ({", ".join(known)})'[:300])
    return decision  # type: ignore[return-value]  # checked against the literal's own members
