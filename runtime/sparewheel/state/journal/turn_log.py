"""Records one turn: what a page was shown of it, and what the conversation gains by it.

Text that streams only adds its batch to a list; a timer writes. The events of `_SETTLED` are shown after their records
are durable.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from ...events import is_terminal
from .compaction import compact, dump_bounded
from .course import Course, texts_of
from .pieces import items_of, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...events import Event
    from ...messages import Message
    from .recorder import Recorder
    from .records import Record

DELAY: Final = 0.2  # seconds until streamed text is written; a transaction takes some more
MAX_OUTPUT: Final = 1_000_000  # characters of a call's result; the model sees fewer
# Events other than text: what is to be recorded, or must wait.
_STREAMED: Final = frozenset({"delta", "block_start", "block_end", "tool_call_delta", "media", "annotation"})
_SHOWN: Final = frozenset({"delta", "tool_call_delta", "media", "annotation"})  # output, to a reducer
_DELTA: Final = frozenset({"delta"})
_SETTLED: Final = frozenset({"start", "tool_call", "tool_result"})
_NO_USAGE: Final = frozenset({"type", "turn", "seq", "agent"})


class Again(Protocol):
    """A turn that goes on. `ended`: it had failed, rather than been interrupted."""

    ended: bool


class NoLog:
    """The log of a turn that is not recorded."""

    def see(self, batch: list[Event]) -> bool:
        return False

    def close(self, outcome: str, *, kept: bool, **facts: Any) -> None:
        pass


class TurnLog:
    """The records of one turn, whose messages are those of `messages` from number `start` on, first the `prompts`.

    Attributes:
        turn: the id of the turn.
        numbers: ranges of the numbers of its records.
        course: how it goes.
        spent: the usage of each attempt.
        resume_state: gives what the step under way can be taken up with, also by another process; None: it cannot.
    """

    def __init__(
        self, recorder: Recorder, turn: str, agent: str, messages: list[Message], start: int, prompts: int
    ) -> None:
        self.turn = turn
        self.ended = False
        self.numbers: list[tuple[int, int]] = []
        self.resume_state: Callable[[], Mapping[str, Any] | None] = lambda: None
        self._recorder = recorder
        self._durable = recorder.durable
        self._agent = agent
        self._messages = messages
        self._start = start
        self._written = messages[start : start + prompts]  # recorded messages of the turn
        self._batches: list[list[Event]] = []  # shown, and not recorded yet
        self._answered: list[list[Event]] = []  # of the step under way, whose message has been recorded
        self._texts: dict[tuple[int, str], list[str]] = {}  # recorded text of the step under way, by attempt and field
        self.course = Course()
        self.spent: list[dict[str, Any]] = []  # the usage of each attempt, those of tasks included
        self._results: dict[str, str] = {}  # recorded outputs, by call, of the step under way
        self._timer: asyncio.TimerHandle | None = None
        self._end: Record | None = None

    def begin(self, again: Again | None = None) -> None:
        """Record the prompt, before anything else of the turn happens; of one that goes on, what is done of it too."""
        shapes = [dump_bounded(message) for message in self._written]
        prompt = self._make("prompt", agent=self._agent, messages=shapes)
        if again is None:
            number = self._recorder.begin_turn(prompt, self._written)
        else:
            if before := self._recorder.previous:
                self.spent = list(before.spent)
                own = self._messages[self._start + len(self._written) :]
                finished = sum(message.role == "assistant" for message in own)
                self.course.go_on(before.entries, finished, before.shown())
            course = self.course.taken()
            number, self.numbers = self._recorder.go_on({**prompt, "course": course}, ended=again.ended)
        self.numbers.append((number, number))
        self.append(*self._step())

    def see(self, batch: list[Event]) -> bool:
        """Take a batch of events that is about to be shown. Whether it has to wait until its records are durable.

        A batch that ends the turn has to wait in any case: `end` comes first.
        """
        kinds = {event["type"] for event in batch}
        if not kinds <= _STREAMED:
            return self._take(batch)
        if self.course.expects:
            self._first(batch)
        if self._durable:
            self._batches.append(joined(batch) if len(batch) > 1 and kinds == _DELTA else batch)
            if self._timer is None:
                self._write_later()
        return False

    def write(self) -> None:
        """Write the text that has been shown up to now, and how the step can be taken up, without waiting."""
        self._cancel()
        if self.ended or not self._recorder.durable:
            return
        items, state = self._items(), self.resume_state()
        if items or state or self.course.is_urgent:
            entries = self.course.taken()
            more = {**({"resume": dict(state)} if state else {}), **({"course": entries} if entries else {})}
            self.append(self._make("partial", items=items, **more))
            self._recorder.store.write_now()

    def append(self, *records: Record) -> None:
        """Queue records of this turn."""
        if records and (last := self._recorder.append(*records)):
            first = last - len(records) + 1
            if self.numbers and self.numbers[-1][1] == first - 1:
                first, _ = self.numbers.pop()
            self.numbers.append((first, last))

    async def intended(self, fields: dict[str, Any]) -> list[Event]:
        """Record a call that is about to change something; returns when that is durable. The events are warnings."""
        self.append(self._make("effect", **fields))
        return await self._recorder.settled([])

    def ran(self, fields: dict[str, Any]) -> None:
        """Record what such a call came to: durable before the event of its result is shown."""
        self.append(self._make("effect", **fields))

    def end(self, event: Event, *, kept: bool, partial: Message | None, **facts: Any) -> None:
        """Record the end of the turn, as its terminal event tells it.

        Args:
            event: the terminal event.
            kept: the turn's messages are in the conversation.
            partial: what an unfinished step has shown.
            facts: more fields of the record.
        """
        fields = cast("dict[str, Any]", event)
        outcome = {"finish": "finished", "error": "failed", "aborted": "aborted"}[fields["type"]]
        if outcome == "failed":
            names = ("message", "kind", "code", "hint", "retryable", "status", "provider", "model")
            facts["error"] = {name: fields[name] for name in names if name in fields}
            facts["partial"] = fields["partial_message"]
        elif outcome == "aborted":
            facts |= {"reason": fields["reason"], "partial": fields["message"]}
            outcome = "abandoned" if fields["reason"] == "consumer" else outcome
        else:
            facts |= {"reason": fields["reason"], "model": fields["model"]}
        if partial is not None:
            facts["parts"] = dump_bounded(partial)["parts"]
        self.close(outcome, kept=kept, usage=fields["usage"], **facts)

    def close(self, outcome: str, *, kept: bool, **facts: Any) -> None:
        """Record the end of the turn, once."""
        self._cancel()
        if self.ended:
            return
        self.ended = True
        step = self._step() if kept else []
        if step:
            self._batches.clear()  # the messages have the text
        items = self._items()
        records = [*([self._make("partial", items=items)] if items else []), *step]
        facts |= {"spent": self.spent, "course": self.course.entries}
        self._end = self._make("end", agent=self._agent, outcome=outcome, kept=kept, **facts)
        self._recorder.end_turn(self, [*records, self._end])
        for shown in (self._results, self._answered, self._texts):
            shown.clear()

    def compacted(self) -> list[Record]:
        """The one record that replaces the others of a turn that is over. Empty if it would be too large."""
        return [] if self._end is None else compact(self._end, self._written)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Of its course."""
        return self.course.entries

    def shown(self) -> dict[int, tuple[str, str]]:
        """The text and the reasoning of the step in which it has ended; 0 stands for the last attempt."""
        return {0: texts_of((self._end or {}).get("parts"))}

    # ------------------------------------------------------------------------------------------------------------

    def _take(self, batch: list[Event]) -> bool:
        """Record a batch that has more than streamed text."""
        waits = False
        records: list[Record] = []
        for place, event in enumerate(batch):
            fields = cast("dict[str, Any]", event)
            kind, own = fields["type"], "task" not in fields
            if kind in _STREAMED:
                if self.course.expects:
                    self._first([event])
                continue
            if kind == "usage":
                self.course.used(fields, len(self.spent))
                used = {k: v for k, v in fields.items() if k not in _NO_USAGE}
                self.spent.append({k: v for k, v in used.items() if v is not None})
                records.append(self._make("usage", **used))
            elif kind == "discard" and own:
                self.course.discard(fields["attempt"], *self._text(fields["attempt"], batch[:place]))
            elif own:
                if kind == "step":
                    self._answered.clear()
                    self._texts.clear()
                self.course.take(fields)
            if kind == "tool_result" and own:
                self._results[fields["id"]] = output = fields["output"][:MAX_OUTPUT]
                shown = {name: fields[name] for name in ("id", "name", "is_error")}
                records.append(self._make("step", result={**shown, "output": output}))
            waits = waits or (own and kind in _SETTLED)
        step = self._step(_sandboxed(batch))
        if any(shape["role"] == "assistant" for record in step for shape in record["messages"]):
            self._answered += self._batches  # the message has the text
            self._batches.clear()
        elif self._durable:
            self._batches.append(batch)
            self._write_later()
        self.append(*records, *step)
        if waits:
            self._recorder.append(*self._recorder.sync_state())
        return (waits and self._durable) or is_terminal(batch[-1])

    def _first(self, batch: list[Event]) -> None:
        """Note the attempt that shows its first output in this batch, if one does."""
        for event in batch:
            fields = cast("dict[str, Any]", event)
            if "task" not in fields and "call_id" not in fields and (fields["type"] in _SHOWN or "id" in fields):
                self.course.streamed(fields["attempt"])
                return

    def _text(self, attempt: int, batch: list[Event]) -> tuple[str, str]:
        """The text and the reasoning that an attempt has shown up to the end of `batch`."""
        texts = {name: list(self._texts.get((attempt, name), ())) for name in ("content", "reasoning")}
        for event in (event for each in (*self._answered, *self._batches, batch) for event in each):
            fields = cast("dict[str, Any]", event)
            if fields["type"] == "delta" and "task" not in fields and fields["attempt"] == attempt:
                name = "content" if "content" in fields else "reasoning"
                texts[name].append(fields[name])
        return "".join(texts["content"]), "".join(texts["reasoning"])

    def _write_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY, self.write)

    def _step(self, sandboxed: list[str] | None = None) -> list[Record]:
        """A record of how the turn's messages have changed; `sandboxed`: ids of new calls that run in the sandbox."""
        written, messages, start = self._written, self._messages, self._start
        same = min(len(written), len(messages) - start)
        while same and messages[start + same - 1] is not written[same - 1]:  # they are added and removed at the end
            same -= 1
        if same == len(written) == len(messages) - start:
            return []
        new = messages[start + same :]
        shapes = [self._dumped(message) for message in new]
        if any(message.role == "tool" for message in new):
            self._results.clear()
        self._written = messages[start:]
        marks = {"sandboxed": sandboxed} if sandboxed else {}
        return [self._make("step", start=same, messages=shapes, **marks)]

    def _dumped(self, message: Message) -> dict[str, Any]:
        """The stored shape of a message; a result that has been recorded is referred to."""
        known = self._results.get(message.tool_call_id or "")
        if message.role == "tool" and known == message.text and not message.media:
            return {"role": "tool", "tool_call_id": message.tool_call_id, "result": True}
        return dump_bounded(message)

    def _items(self) -> list[dict[str, Any]]:
        """What the batches show of the answer, in order; they are forgotten."""
        items = items_of(self._batches)
        self._batches.clear()
        for item in items:
            if "discarded" not in item:
                name = "content" if "content" in item else "reasoning"
                self._texts.setdefault((item["attempt"], name), []).append(item[name])
        return items

    def _make(self, kind: Any, **fields: Any) -> Record:
        return self._recorder.make(kind, turn=self.turn, **fields)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _sandboxed(batch: list[Event]) -> list[str]:
    """The ids of the calls in a batch that run in the code sandbox."""
    calls = cast("list[dict[str, Any]]", [event for event in batch if event["type"] == "tool_call"])
    return [call["id"] for call in calls if call.get("sandboxed") and "task" not in call]


def given_history(recorder: Recorder, agent: str, messages: list[Message]) -> Record:
    """A record of the messages that a session begins with, as if they were a turn."""
    end = recorder.make("end", turn="history", agent=agent, outcome="finished", kept=True, usage=None)
    return {**end, "messages": [dump_bounded(message) for message in messages]}
