"""Events of the turns that another driver runs, made from the records that it writes.

They fold to the same messages as the driver's own events. What records do not have is missing: retries, fallbacks,
questions to the user, what sub-agents do. Text comes in the portions in which it was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from .stored_messages import load_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...events import Event
    from ...messages import Message
    from .records import Record

_STAMPS: Final = frozenset({"session", "seq", "at", "v", "turn"})
_NO_RESULT: Final = "The turn ended before this call had a result."
_KINDS: Final = {"content": "text", "reasoning": "reasoning"}  # of blocks, by the field of a delta


class Retelling:
    """Takes records in order; `model` has the first model of each agent.

    Attributes:
        turn: the id of the turn that runs; None if none does.
    """

    def __init__(self, models: Mapping[str, str]) -> None:
        self.turn: str | None = None
        self._models = models
        self._told: _Turn | None = None  # the last turn
        self._over: frozenset[str] = frozenset()

    def leave_out(self, turns: Iterable[str]) -> None:
        """These turns are over, and are not told when their records are replaced by one."""
        self._over = frozenset(turns)

    def take(self, records: Iterable[Record]) -> list[Event]:
        """The events of further records. One of a wrong shape is left out."""
        events: list[Event] = []
        for record in records:
            try:
                events += self._take(record)
            except (AttributeError, KeyError, TypeError, ValueError):
                continue
        return events

    def break_off(self, message: str) -> list[Event]:
        """The end of a turn whose driver is gone."""
        if self.turn is None or self._told is None:
            return []
        facts = {"message": message, "kind": "internal", "code": "unknown", "retryable": True}
        facts["hint"] = "Send the prompt again, or resume the turn."
        partial = self._told.answer()
        self.turn = None
        return self._told.stamped(self._told.ended({"outcome": "failed", "error": facts, "partial": partial}))

    def _take(self, record: Record) -> list[Event]:
        turn, kind = record.get("turn"), record["type"]
        if not isinstance(turn, str) or turn == "history":
            return []
        if kind == "prompt":
            self._over -= {turn}  # it goes on
        elif turn in self._over:
            return []
        events: list[Event] = []
        if self._told is None or self._told.id != turn:
            events += self.break_off("The turn was interrupted.")
            self._told = told = _Turn(turn, str(record.get("agent", "")), self._models)
            self.turn = turn
            messages = record.get("messages", [])
            prompt = next((text for shape in messages if (text := _prompt(shape))), "")
            events += told.stamped([{"type": "start", "model": told.model, "prompt": prompt}])
        elif self.turn is None:
            return []  # the turn is over: its records have been replaced by one
        told = self._told
        match kind:
            case "partial":
                made = [event for item in record["items"] for event in told.streamed(item)]
            case "step" if "result" in record:
                made = told.result(record["result"])
            case "step":
                made = told.messages(record["messages"], frozenset(record.get("sandboxed", ())))
            case "usage":
                made = [{"type": "usage", **{key: record[key] for key in record if key not in _STAMPS}}]
            case "end":
                made = [*told.messages(record.get("messages", [])), *told.ended(record)]
                self.turn = None
            case _:
                made = []
        return [*events, *told.stamped(made)]


@dataclass(slots=True)
class _Turn:
    """What has been told of a turn. `shown` is the text of the step under way by attempt and field."""

    id: str
    agent: str
    models: Mapping[str, str]
    seq: int = 0
    step: int = 1
    attempt: int = 1
    index: int = -1
    shown: dict[int, dict[str, str]] = field(default_factory=dict)
    block: tuple[int, str] | None = None  # attempt and field of the block that is open
    text: list[str] = field(default_factory=list)  # of that block
    message: Message | None = None  # the answer of the step
    calls: dict[str, str] = field(default_factory=dict)  # names by id, of calls without a result

    @property
    def model(self) -> str:
        return self.models.get(self.agent, "")

    def stamped(self, events: Iterable[dict[str, Any]]) -> list[Event]:
        stamped = []
        for event in events:
            self.seq += 1
            stamped.append({**event, "turn": self.id, "seq": self.seq, "agent": self.agent})
        return cast("list[Event]", stamped)

    def streamed(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Events of one item of a `partial` record."""
        begun = self._begin_step() if self.message is not None else []
        attempt = int(item["attempt"])
        if "discarded" in item:
            return [*begun, *self._discard(attempt)]
        name = "content" if "content" in item else "reasoning"
        return [*begun, *self._delta(attempt, name, str(item[name]))]

    def messages(self, shapes: list[Any], sandboxed: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
        """Events of messages that the turn has gained; `sandboxed`: the ids of calls that run in the code sandbox."""
        events: list[dict[str, Any]] = []
        for shape in shapes:
            if shape.get("role") == "tool":
                if "result" not in shape:  # else it has been told
                    events += self._returned(load_message(shape))
            elif (message := load_message(shape)).role == "assistant":
                events += self._answered(message, sandboxed)
        return events

    def _returned(self, message: Message) -> list[dict[str, Any]]:
        """Events of a result of a tool, without what has been told of it."""
        place = {"type": "media", "attempt": self.attempt, "call_id": message.tool_call_id}
        shown = [{**place, "index": index, **media.to_dict()} for index, media in enumerate(message.media)]
        return [*shown, *self.result({"id": message.tool_call_id, "output": message.text})]

    def result(self, result: dict[str, Any]) -> list[dict[str, Any]]:
        name = self.calls.pop(result["id"], None)
        if name is None:
            return []
        shown = {"id": result["id"], "name": name, "output": result["output"]}
        return [{"type": "tool_result", **shown, "is_error": bool(result.get("is_error"))}]

    def ended(self, end: dict[str, Any]) -> list[dict[str, Any]]:
        """The end of the open block, results of open calls, and the terminal event."""
        outcome, usage, partial = end["outcome"], end.get("usage"), end.get("partial")
        events = self._close()
        for call in list(self.calls):
            events += self.result(
                {"id": call, "output": "The turn ended before this call had a result.", "is_error": True}
            )
        if outcome == "finished":
            facts = {"reason": end.get("reason", "other"), "model": end.get("model", self.model)}
            answer = self.answer() or {"role": "assistant", "content": ""}
            return [*events, {"type": "finish", **facts, "message": answer, "usage": usage or {}}]
        if outcome == "failed":
            facts = {"attempts": end.get("attempts", []), "partial_message": partial, "usage": usage}
            return [*events, {"type": "error", **end["error"], **facts}]
        text = partial["content"] if partial else ""
        facts = {"reason": end.get("reason", "dispose"), "partial": text, "message": partial, "usage": usage}
        return [*events, {"type": "aborted", **facts}]

    def answer(self) -> Any:
        """The message of the step under way, as far as it has been shown."""
        if self.message is not None:
            return self.message.to_answer()
        shown = {name: self._shown(name) for name in _KINDS}
        if not any(shown.values()):
            return None
        reasoning = {"reasoning": shown["reasoning"]} if shown["reasoning"] else {}
        return {"role": "assistant", "content": shown["content"], **reasoning}

    def _answered(self, message: Message, sandboxed: frozenset[str]) -> list[dict[str, Any]]:
        """Events of the answer of a step: what has not been shown of it, and its calls."""
        events = self._begin_step() if self.message is not None else []
        whole = {"reasoning": message.reasoning, "content": message.text}
        if any(not text.startswith(self._shown(name)) for name, text in whole.items()):
            events += [event for attempt in list(self.shown) for event in self._discard(attempt)]
            self.attempt += 1
        for name, text in whole.items():
            if rest := text[len(self._shown(name)) :]:
                events += self._delta(self.attempt, name, rest)
        events += self._close()
        for media in message.media:
            events.append({"type": "media", **self._place(), **media.to_dict()})
        for note in message.annotations:
            events.append({"type": "annotation", **self._place(), **note.to_dict()})
        for call in message.tool_calls:
            self.calls[call.id] = call.name
            mark = {"sandboxed": True} if call.id in sandboxed else {}
            events.append({"type": "tool_call", "id": call.id, "name": call.name, "args": call.arguments, **mark})
        self.message = message
        return events

    def _begin_step(self) -> list[dict[str, Any]]:
        self.step += 1
        self.attempt += 1
        self.message = None
        self.shown.clear()
        return [*self._close(), {"type": "step", "step": self.step, "model": self.model}]

    def _delta(self, attempt: int, name: str, text: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        if self.block != (attempt, name):
            events += self._close()
            self.attempt = attempt
            self.block = (attempt, name)
            events.append({"type": "block_start", **self._place(), "kind": _KINDS[name]})
        shown = self.shown.setdefault(attempt, {})
        shown[name] = shown.get(name, "") + text
        self.text.append(text)
        return [*events, {"type": "delta", "attempt": attempt, "index": self.index, name: text}]

    def _close(self) -> list[dict[str, Any]]:
        """The end of the open block."""
        if self.block is None:
            return []
        (attempt, name), content = self.block, "".join(self.text)
        self.block = None
        self.text.clear()
        end = {"attempt": attempt, "index": self.index, "kind": _KINDS[name], "content": content}
        return [{"type": "block_end", **end}]

    def _discard(self, attempt: int) -> list[dict[str, Any]]:
        void = self.shown.pop(attempt, {})
        events = self._close() if self.block and self.block[0] == attempt else []
        return [*events, {"type": "discard", "attempt": attempt, "chars": len(void.get("content", ""))}]

    def _place(self) -> dict[str, int]:
        self.index += 1
        return {"attempt": self.attempt, "index": self.index}

    def _shown(self, name: str) -> str:
        return "".join(texts.get(name, "") for texts in self.shown.values())


def _prompt(shape: Any) -> str:
    """The text of a message of the user."""
    return load_message(shape).text if shape.get("role") == "user" else ""
