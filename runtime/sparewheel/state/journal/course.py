"""How a turn went, beside what its messages have: entries in order, few and small, from which a page shows it again.

An entry is an event without its stamps, with `at`: milliseconds since the turn began. What the record has elsewhere is
left out:

- `start {resumed}`: the turn went on; with `attempt` if that was asked at once.
- `delta {attempt}`: the attempt showed its first output.
- `discard` also has `text` and `reasoning`: what was void.
- `usage {attempt, spent}`: the rest is number `spent` of the record's `spent`.
- `tool_call {id}`: that call ran in the code sandbox.
- `tool_result {id}`: that call failed.
- `task {id, agent, steps}`: what a sub-agent did on the task that the call has given (see `work`).
- `finish`: the turn ended, in whatever way.

Stored entries are not trusted: `read_course` and `read_spent` take what has the right shape.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from .shaped import MAX_TEXT, number, taken
from .work import read_work, work_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...messages import Message

MAX_ENTRIES: Final = 200  # the first and the last half of more
MAX_SPENT: Final = 1000  # attempts whose usage is read
MAX_DISCARDED: Final = 100_000  # characters of all discarded texts
MAX_WORK: Final = 200_000  # characters of all tasks of sub-agents, roughly
_MAX_ATTEMPT: Final = 100_000

_WHY: Final[dict[str, type]] = {"kind": str, "code": str, "reason": str}
_FIELDS: Final[Mapping[str, Mapping[str, type]]] = {
    "start": {"model": str},  # with fields of `_OF_RESUMED`
    "step": {"step": int, "model": str},
    "delta": {"attempt": int},
    "retry": {"model": str, "attempt": int, "delay_ms": int, **_WHY},
    "fallback": {"from": str, "to": str, "attempt": int, "delay_ms": int, **_WHY},
    "hedge": {"from": str, "to": str, "attempt": int, "after_ms": int},
    "offline": {"model": str, "message": str},
    "resumed": {"model": str, "attempt": int},
    "compacted": {"model": str, "attempt": int, "dropped": int},
    "discard": {"attempt": int, "text": str, "reasoning": str},
    "recovered": {"model": str},
    "exhausted": {"kind": str, "code": str, "message": str},
    "warning": {"message": str},
    "handoff": {"from": str, "to": str},
    "tool_blocked": {"id": str, "name": str, "reason": str},
    "tool_call": {"id": str},
    "tool_result": {"id": str},
    "usage": {"attempt": int, "spent": int},
    "task": {"id": str, "agent": str},  # with `steps`
    "finish": {},
}
_OF_RESUMED: Final[Mapping[str, type]] = {"resumed": bool, "attempt": int}
_PARTS: Final = ("text", "reasoning")
# After these an attempt may show its first output.
_ASKED: Final = frozenset({"start", "step", "retry", "fallback", "hedge", "compacted", "resumed"})
_MARKS: Final = {"tool_call": "sandboxed", "tool_result": "is_error"}  # events of calls, by what has to be true
_FAILURES: Final = frozenset({"retry", "fallback", "discard"})
_TOKENS: Final = (
    *("input_tokens", "output_tokens", "cached_tokens", "written_tokens", "reasoning_tokens"),
    *("context_length", "context_limit"),
)
_KNOWN_OR_NULL: Final = (*_TOKENS, "cost")
_USAGE: Final = {
    **{"attempt": int, "model": str, "cost": float, "discarded": bool, "task": str},
    **dict.fromkeys(_TOKENS, int),
}

Entry = dict[str, Any]


class Course:
    """Collects the entries of a turn while it runs.

    Attributes:
        entries: all of them; of too many, the first and the last ones.
        expects: an attempt has been asked that has not shown anything yet.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.expects = False
        self._new: list[Entry] = []
        self._began = asyncio.get_running_loop().time()
        self._streamed: set[int] = set()
        self._room = MAX_DISCARDED
        self._work_room = MAX_WORK

    def go_on(self, entries: Sequence[Entry], finished: int, shown: Mapping[int, tuple[str, str]]) -> None:
        """The turn goes on after these entries, of which so many steps are `finished`.

        What another step has shown is void: `shown` has its text and reasoning by attempt, with 0 for the last one.
        """
        self.entries = [entry for entry in entries if entry["type"] != "finish"]
        self._began -= (self.entries[-1]["at"] if self.entries else 0) / 1000
        self._streamed = {entry["attempt"] for entry in self.entries if "attempt" in entry}
        lasting: list[int] = []
        step = 1
        for entry in self.entries:
            kind = entry["type"]
            if kind in ("start", "step"):
                step = entry.get("step", step)
            elif kind == "delta" and step > finished:
                lasting.append(entry["attempt"])
            elif kind == "discard" and entry["attempt"] in lasting:
                lasting.remove(entry["attempt"])
        for attempt in lasting:
            text = shown.get(attempt) or (shown.get(0) if attempt == lasting[-1] else None)
            self.discard(attempt, *(text or ("", "")))

    def take(self, fields: Mapping[str, Any]) -> None:
        """Take an event that is no streamed text; one of another type is left out."""
        kind = fields["type"]
        if kind == "exhausted":
            self._add(kind, fields["final_error"])
        elif kind in _MARKS:
            if fields.get(_MARKS[kind]):
                self._add(kind, fields)
        elif kind in ("error", "aborted"):
            self._add("finish", {})
        elif kind in _FIELDS and kind not in ("discard", "usage"):
            self._add(kind, fields)

    def used(self, fields: Mapping[str, Any], spent: int) -> None:
        """An attempt, or one of a task, has used what is number `spent` of the turn."""
        self._add("usage", {"attempt": fields["attempt"], "spent": spent})

    def discard(self, attempt: int, text: str, reasoning: str) -> None:
        """What the attempt has shown is void."""
        text = text[: self._room]
        reasoning = reasoning[: self._room - len(text)]
        self._room -= len(text) + len(reasoning)
        self._add("discard", {"attempt": attempt, "text": text, "reasoning": reasoning})

    def worked(self, call_id: str, agent: str, messages: Sequence[Message]) -> None:
        """A sub-agent's task is over, which the call has given. Of more than `MAX_WORK` nothing is kept."""
        steps = work_of(messages)
        self._work_room -= sum(len(step["text"]) + _size(step["calls"]) for step in steps)
        if steps and self._work_room >= 0:
            self._add("task", {"id": call_id, "agent": agent, "steps": steps})

    def streamed(self, attempt: int) -> None:
        """The attempt shows something, perhaps for the first time."""
        self.expects = False
        if attempt not in self._streamed:
            self._add("delta", {"attempt": attempt})
            self._streamed.add(attempt)

    @property
    def is_urgent(self) -> bool:
        """Whether an attempt has failed since the last time: to be recorded even without further text."""
        return any(entry["type"] in _FAILURES for entry in self._new)

    def taken(self) -> list[Entry]:
        """The entries since the last time."""
        new, self._new = self._new, []
        return new

    def _add(self, kind: str, fields: Mapping[str, Any]) -> None:
        self.expects = self.expects or kind in _ASKED
        entry: Entry = {"at": round((asyncio.get_running_loop().time() - self._began) * 1000), "type": kind}
        for name in _FIELDS[kind]:
            value = fields[name]
            entry[name] = value[:MAX_TEXT] if isinstance(value, str) and kind != "discard" else value
        if kind == "start":
            entry |= {name: fields[name] for name in _OF_RESUMED if name in fields}
        if kind == "task":
            entry["steps"] = fields["steps"]
        self.entries.append(entry)
        self._new.append(entry)
        for entries in (self.entries, self._new):
            if len(entries) > MAX_ENTRIES:
                del entries[MAX_ENTRIES // 2]


def attempts_of(entries: Iterable[Entry]) -> tuple[int, bool]:
    """The number of the last attempt, 0 if there is none, and whether it was asked and did not end."""
    last, is_open = 0, False
    for entry in entries:
        kind, attempt = entry["type"], entry.get("attempt")
        if attempt is not None:
            is_open = kind not in ("usage", "discard") if attempt >= last else is_open
            last = max(last, attempt)
        elif kind == "step" or (kind == "start" and not entry.get("resumed")):
            last, is_open = last + 1, True
    return last, is_open


def read_course(stored: object) -> list[Entry]:
    """The entries of a stored list that are well formed."""
    entries = [_entry(each) for each in stored[: 2 * MAX_ENTRIES]] if isinstance(stored, list) else []
    return [entry for entry in entries if entry]


def _entry(stored: object) -> Entry:
    """Empty if it is none."""
    kind = stored.get("type") if isinstance(stored, dict) else None
    if not (isinstance(stored, dict) and isinstance(kind, str) and kind in _FIELDS and number(stored.get("at"))):
        return {}
    wanted = {**_FIELDS[kind], **(_OF_RESUMED if kind == "start" else {})}
    fields = taken(stored, wanted, MAX_DISCARDED if kind == "discard" else MAX_TEXT)
    numbers = (fields[name] for name in ("attempt", "step") if name in fields)
    if not _FIELDS[kind].keys() <= fields.keys() or not all(number(each, 1, _MAX_ATTEMPT) for each in numbers):
        return {}
    steps = {"steps": read_work(stored.get("steps"))} if kind == "task" else {}
    return {"at": stored["at"], "type": kind, **fields, **steps}


def texts_of(parts: object) -> tuple[str, str]:
    """The text and the reasoning of stored parts of a message."""
    known = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    texts = ["".join(str(part.get("text", "")) for part in known if part.get("type") == kind) for kind in _PARTS]
    return texts[0], texts[1]


def _size(calls: Iterable[Mapping[str, str]]) -> int:
    return sum(len(value) for call in calls for value in call.values())


def read_spent(stored: object) -> list[dict[str, Any]]:
    """The usage of each attempt, from a stored list: one of another shape is empty, so that the numbers stay."""
    return [_usage(each) for each in stored[:MAX_SPENT]] if isinstance(stored, list) else []


def _usage(stored: object) -> dict[str, Any]:
    known = taken(stored, _USAGE)
    if "model" not in known or not number(known.get("attempt"), 1, _MAX_ATTEMPT):
        return {}
    return {**dict.fromkeys(_KNOWN_OR_NULL), "discarded": False, **known}
