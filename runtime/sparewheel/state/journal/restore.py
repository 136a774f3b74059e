"""What the records of a session come to: its facts, its conversation, and a turn that was interrupted.

Records are not trusted: one of a wrong shape is reported as lost, and the others count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...messages import Message, Text
from ...providers.history import STOPPED
from .compaction import compact
from .course import attempts_of, read_course, read_spent, texts_of
from .recorder import Facts
from .stored_messages import load_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .records import Journal, Record

_OUTCOMES: Final = ("finished", "failed", "aborted", "abandoned", "interrupted")


@dataclass(slots=True)
class StoredTurn:
    """One turn as recorded.

    Attributes:
        id: its id, as in its events.
        agent: the agent that was asked.
        messages: the prompt and what the turn has added to the conversation, without the partial answer.
        prompts: how many of them are the prompt.
        end: the last record; None if the turn was interrupted.
        results: `{id, name, output, is_error}` by call, of calls whose step has not ended.
        effects: records of type `effect`, in order.
        spent: the usage of each attempt, in order.
        entries: how it went (`course`).
        numbers: ranges of the numbers of its records.
        resume: with which the step under way can be taken up.
    """

    id: str
    agent: str = ""
    messages: list[Message] = field(default_factory=list)
    prompts: int = 0
    end: Record | None = None
    results: dict[str, Record] = field(default_factory=dict)
    effects: list[Record] = field(default_factory=list)
    spent: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    at: str = ""
    resume: Mapping[str, Any] | None = None
    _items: list[tuple[int, str, str]] = field(default_factory=list)  # attempt, field and text that was streamed

    def text(self, name: str = "content") -> str:
        """The text of the unfinished step that was shown and not discarded; `name` may be `reasoning`."""
        return "".join(text for _, kind, text in self._items if kind == name)

    def shown(self) -> dict[int, tuple[str, str]]:
        """The text and the reasoning of the step that has not ended, by attempt; 0 stands for the last one."""
        if self.end is not None:
            return {0: texts_of(self.end.get("parts"))}
        found: dict[int, tuple[str, str]] = {}
        for attempt, kind, piece in self._items:
            text, reasoning = found.get(attempt, ("", ""))
            found[attempt] = (text + piece, reasoning) if kind == "content" else (text, reasoning + piece)
        return found

    @property
    def attempts(self) -> int:
        """How many attempts it has made, without one that can be taken up."""
        last, is_open = attempts_of(self.entries)
        answers = sum(message.role == "assistant" for message in self.messages)
        numbers: list[int] = [each["attempt"] for each in self.spent if each]
        return max(last, answers, *numbers) - int(is_open and self.resume is not None)

    @property
    def has_failed(self) -> bool:
        """Whether it has failed and can go on: its records have not been replaced by one."""
        return bool(self.prompts) and self.end is not None and self.end.get("outcome") == "failed"

    @property
    def in_doubt(self) -> bool:
        """Whether a call may have had its effect: it was about to run, and what it came to is not recorded."""
        return "intended" in {effect["key"]: effect["state"] for effect in self.effects}.values()

    @property
    def open_calls(self) -> list[str]:
        """Ids of calls of the last step without a recorded result."""
        last = next((each for each in reversed(self.messages) if each.role != "tool"), None)
        answered = {message.tool_call_id for message in self.messages} | self.results.keys()
        return [call.id for call in last.tool_calls if call.id not in answered] if last else []

    @property
    def kept(self) -> list[Message]:
        """What stays in the conversation.

        An interrupted turn counts like an aborted one: completed steps and shown text stay, and every call has a
        result. Nothing stays of a turn without both.
        """
        if self.end is not None:
            return self.messages if self.end.get("kept") is True else []
        messages = [*self.messages, *self._missing_results()]
        if text := self.text():
            messages.append(Message("assistant", (Text(text),)))
        return messages if len(messages) > self.prompts else []

    def _missing_results(self) -> list[Message]:
        last = next((each for each in reversed(self.messages) if each.role != "tool"), None)
        answered = {message.tool_call_id for message in self.messages}
        missing: list[Message] = []
        for call in last.tool_calls if last else ():
            if call.id not in answered:
                result = self.results.get(call.id)
                missing.append(Message("tool", (Text(result["output"] if result else STOPPED),), call.id))
        return missing

    def compacted(self) -> list[Record]:
        """The record that replaces the others. Empty if there is one already, or it would be too large."""
        if self.end is not None and "messages" in self.end:
            return []
        kept = self.kept
        interrupted = {"type": "end", "at": self.at, "turn": self.id, "agent": self.agent, "outcome": "interrupted"}
        course = {"spent": self.spent, "course": self.entries}
        end = self.end or {**interrupted, "usage": None, "kept": bool(kept), **course}
        stored = {name: value for name, value in end.items() if name not in ("session", "seq", "v")}
        return compact(stored, kept or self.messages)


@dataclass(slots=True)
class Restored:
    """A session from its records.

    Attributes:
        facts: what is known beside the turns.
        turns: in order; an unfinished one can only be the last.
        lost: how many records could not be used.
        future: a newer version has written some of them: they must not be changed.
    """

    facts: Facts
    turns: list[StoredTurn]
    lost: int
    future: bool

    @property
    def unfinished(self) -> StoredTurn | None:
        """The turn that was interrupted."""
        last = self.turns[-1] if self.turns else None
        return last if last is not None and last.end is None else None

    @property
    def history(self) -> list[Message]:
        """The messages of the conversation, what stays of an unfinished turn included."""
        return [message for turn in self.turns for message in turn.kept]


def restore(journal: Journal) -> Restored:
    """The session that its records describe."""
    reader = _Reader()
    lost = len(journal.lost)
    for record in journal.records:
        try:
            reader.take(record)
        except ValueError:
            lost += 1
    return Restored(reader.facts, list(reader.turns.values()), lost, bool(journal.future))


class _Reader:
    """Takes records in order. Raises `ValueError` for one of a wrong shape."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.turns: dict[str, StoredTurn] = {}

    def take(self, record: Record) -> None:
        if record["type"] == "session":
            self._fact(record)
            return
        name = record.get("turn")
        if not isinstance(name, str):
            raise ValueError("a record names no turn")
        turn = self.turns.setdefault(name, StoredTurn(name))
        turn.numbers.append((record["seq"], record["seq"]))
        turn.at = record["at"]
        match record:
            case {"type": "prompt", "messages": list(shapes)}:
                turn.agent = str(record.get("agent", ""))
                turn.messages = [load_message(shape) for shape in shapes]
                turn.prompts = len(turn.messages)
                if turn.end is not None:  # it goes on after a failure
                    turn.end = turn.resume = None
                turn._items.clear()
                turn.entries += read_course(record.get("course"))
            case {"type": "partial", "items": list(items)}:
                if turn.end is None:  # which has all of it
                    _partial(turn, items, record)
            case {"type": "step", "start": int(start), "messages": list(shapes)}:
                self._step(turn, start, shapes)
            case {"type": "step", "result": {"id": str(call_id), "name": str(), "output": str()} as result}:
                turn.results[call_id] = result
            case {"type": "effect", "key": str(), "state": "intended" | "done" | "failed"}:
                turn.effects.append(record)
            case {"type": "usage"}:
                turn.spent += read_spent([record])
            case {"type": "end", "outcome": str(outcome)} if outcome in _OUTCOMES:
                self._end(turn, record)
            case _:
                raise ValueError("a record has a wrong shape")

    def _fact(self, record: Record) -> None:
        key = record.get("key")
        if not isinstance(key, str):
            raise ValueError("a fact has no key")
        self.facts.numbers[key] = record["seq"]
        if record.get("value") is None:
            self.facts.values.pop(key, None)
        else:
            self.facts.values[key] = record["value"]

    def _step(self, turn: StoredTurn, start: int, shapes: list[Any]) -> None:
        outputs = {call_id: result["output"] for call_id, result in turn.results.items()}
        messages = [load_message(shape, outputs) for shape in shapes]
        turn.messages = [*turn.messages[: max(start, 0)], *messages]
        if any(message.role == "assistant" for message in messages):
            turn._items.clear()
            turn.resume = None
        if any(message.role == "tool" for message in messages):
            turn.results.clear()

    def _end(self, turn: StoredTurn, record: Record) -> None:
        if "messages" in record:
            if not isinstance(record["messages"], list):
                raise ValueError("the messages of a turn are no list")
            turn.messages = [load_message(shape) for shape in record["messages"]]
            turn.prompts = 0
            turn.agent = str(record.get("agent", ""))
        if "spent" in record:
            turn.spent = read_spent(record["spent"])
        if "course" in record:
            turn.entries = read_course(record["course"])
        turn.end = record


def _partial(turn: StoredTurn, items: list[object], record: Record) -> None:
    resume = record.get("resume")
    turn.resume = resume if isinstance(resume, dict) else None
    turn.entries += read_course(record.get("course"))
    for item in items:
        _stream(turn, item)


def _stream(turn: StoredTurn, item: object) -> None:
    """Take one item of a `partial` record."""
    match item:
        case {"attempt": int(attempt), "content": str(text)}:
            turn._items.append((attempt, "content", text))
        case {"attempt": int(attempt), "reasoning": str(text)}:
            turn._items.append((attempt, "reasoning", text))
        case {"attempt": int(attempt), "discarded": True}:
            turn._items[:] = [each for each in turn._items if each[0] != attempt]
        case _:
            raise ValueError("an item of a partial answer has a wrong shape")
