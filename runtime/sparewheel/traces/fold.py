"""Events to spans: a pure function of a log, also piece by piece. Ids come from the name of the turn.

A turn's span has its steps', a step's has its attempts' and tools', and a tool's those of the sub-agent that it runs.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..events import TERMINAL
from ..jsontext import write
from . import names
from .spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .spans import Kind, Value

MAX_SPANS: Final = 10_000  # of one turn
MAX_TEXT: Final = 8_000  # characters of one content
# Events that are told at the span of their attempt, else of their step, and which of their fields.
_NOTED: Final = {
    "retry": ("kind", "reason", "status", "delay_ms"),
    "fallback": ("from", "to", "kind", "reason", "status", "delay_ms"),
    "hedge": ("from", "to", "after_ms"),
    "skipped": ("model", "kind", "reason", "wait_ms"),
    "discard": ("chars",),
    "compacted": ("model", "dropped"),
    "offline": ("model", "wait_ms"),
    "recovered": ("model",),
    "resumed": ("model", "via"),
    "exhausted": ("models_tried",),
    "handoff": ("from", "to"),
    "tool_confirmation": ("name",),
    "tool_blocked": ("name",),
    "elicitation": ("mode",),
    "warning": (),
}
_TOKENS: Final = {
    "input_tokens": names.INPUT_TOKENS,
    "output_tokens": names.OUTPUT_TOKENS,
    "cached_tokens": names.CACHE_READ,
    "written_tokens": names.CACHE_CREATION,
    "reasoning_tokens": names.REASONING_TOKENS,
}


class Fold:
    """Folds the events of one session, turn after turn. `contents`: with arguments, results and answers."""

    def __init__(self, *, contents: bool = False) -> None:
        self._contents = contents
        self._turn: _Turn | None = None

    def push(self, at: int, event: Mapping[str, Any]) -> list[Span]:
        """Take an event, which came at `at` (ns); returns the spans of its turn when it ends it, else none."""
        if event["type"] == "delta" or event["type"] == "tool_call_delta":  # most events
            if self._turn is not None:
                self._turn.content(at, event)
            return []
        name = event.get("turn")
        if name is None:
            return []
        ended: list[Span] = []
        if self._turn is None or self._turn.name != name:
            ended = self.rest(at)
            self._turn = _Turn(str(name), at, event, self._contents)
        self._turn.push(at, event)
        if event["type"] in TERMINAL:
            ended += self.rest(at)
        return ended

    @property
    def open(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._turn is not None

    def rest(self, at: int) -> list[Span]:
        """The spans of a turn that has not ended in the log."""
        turn, self._turn = self._turn, None
        return [] if turn is None else turn.close(at)


def spans_of(log: Iterable[tuple[int, Mapping[str, Any]]], *, contents: bool = False) -> list[Span]:
    """The spans of a log: events, each with the time (ns) at which it came."""
    fold = Fold(contents=contents)
    spans: list[Span] = []
    at = 0
    for at, event in log:
        spans += fold.push(at, event)
    return spans + fold.rest(at)


class _Work:
    """The steps of an agent: those of the turn, or of a sub-agent's task."""

    def __init__(self, step: Span) -> None:
        self.step = step
        self.attempts: dict[int, Span] = {}  # that are open
        self.last = 0  # the number of the newest attempt


class _Turn:
    def __init__(self, name: str, at: int, event: Mapping[str, Any], contents: bool) -> None:
        self.name = name
        self._contents = contents
        self._trace = hashlib.sha256(name.encode()).hexdigest()[:32]
        self._spans: list[Span] = []
        self._made = 0
        agent = str(event.get("agent") or "agent")
        self._root = self._open("", "turn", f"{names.INVOKE_AGENT} {agent}", at)
        self._root.attributes |= {names.OPERATION: names.INVOKE_AGENT, names.AGENT: agent, names.TURN: name}
        self._works: dict[str, _Work] = {}
        self._tools: dict[str, Span] = {}
        self._seen_content: set[str] = set()

    def _open(self, parent: str, kind: Kind, name: str, at: int) -> Span:
        number = self._made = self._made + 1
        id = hashlib.sha256(f"{self.name}/{number}".encode()).hexdigest()[:16]
        span = Span(self._trace, id, parent, kind, name, at)
        if number <= MAX_SPANS:
            self._spans.append(span)
        return span

    def content(self, at: int, event: Mapping[str, Any]) -> None:
        """A piece of an answer: the first one of an attempt counts."""
        span = self._attempt(event)
        if span is not None and span.id not in self._seen_content:
            self._seen_content.add(span.id)
            span.attributes[names.FIRST_CHUNK] = (at - span.start) / 1e9

    def push(self, at: int, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        work = self._work(event, at)
        if kind in _NOTED:
            fields = {name: event[name] for name in _NOTED[kind] if event.get(name) is not None}
            span = self._attempt(event) if kind in ("discard", "resumed") else None
            target = span or self._tools.get(event.get("call_id") or event.get("id") or "") or work.step
            target.note(at, kind, {f"sparewheel.{name}": _plain(value) for name, value in fields.items()})
        handler = getattr(self, f"_on_{kind}", None)
        if handler is not None:
            handler(at, event, work)

    def close(self, at: int) -> list[Span]:
        for span in self._spans:
            span.end = span.end or max(at, span.start)
        return self._spans

    def _work(self, event: Mapping[str, Any], at: int) -> _Work:
        task = str(event.get("task") or "")
        work = self._works.get(task)
        if work is None:
            tool = self._tools.get(task)
            work = self._works[task] = _Work(self._step(1, (tool or self._root).id, at))
        return work

    def _step(self, number: int, parent: str, at: int) -> Span:
        step = self._open(parent, "step", f"step {number}", at)
        step.attributes[names.STEP] = number
        return step

    def _attempt(self, event: Mapping[str, Any]) -> Span | None:
        work = self._works.get(str(event.get("task") or ""))
        return work.attempts.get(event.get("attempt") or 0) if work else None

    def _begin(self, work: _Work, number: int, model: str, at: int) -> None:
        provider, _, name = model.partition("/")
        span = self._open(work.step.id, "attempt", f"{names.CHAT} {name or provider}", at)
        work.attempts[number] = span
        work.last = max(work.last, number)
        span.attributes |= {
            names.OPERATION: names.CHAT,
            names.PROVIDER: names.PROVIDERS.get(provider, provider),
            names.REQUEST_MODEL: name or provider,
            names.ATTEMPT: number,
        }

    def _end(self, span: Span | None, at: int, outcome: str, kind: str = "", reason: str = "") -> None:
        if span is None or span.end:
            return
        span.end = max(at, span.start)
        span.attributes.setdefault(names.OUTCOME, outcome)
        if kind:
            span.attributes[names.ERROR] = kind
            span.error = reason or kind

    # What each type of event does. -----------------------------------------------------------------------------------

    def _on_start(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        self._begin(work, event.get("attempt", work.last + 1), event["model"], at)

    def _on_step(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        for span in work.attempts.values():
            self._end(span, at, "ok")
        parent = work.step.parent
        work.step.end = at
        work.attempts = {}
        work.step = self._step(event["step"], parent, at)
        self._begin(work, work.last + 1, event["model"], at)

    def _on_retry(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        self._failed(at, event, work)
        self._begin(work, event["attempt"], event["model"], at + int(event["delay_ms"]) * 1_000_000)

    def _on_fallback(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        self._failed(at, event, work)
        self._begin(work, event["attempt"], event["to"], at + int(event["delay_ms"]) * 1_000_000)

    def _on_hedge(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        self._begin(work, event["attempt"], event["to"], at)

    def _failed(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        """What was under way has failed."""
        self._drop([number for number in work.attempts if number >= event["attempt"]], work)
        for span in work.attempts.values():
            if isinstance(event.get("status"), int):
                span.attributes.setdefault(names.STATUS, event["status"])
            self._end(span, at, "failed", event["kind"], event["reason"])
        work.attempts = {}

    def _drop(self, numbers: list[int], work: _Work) -> None:
        """Take back attempts that were not made: their model was skipped, and the next one has their number."""
        for number in numbers:
            span = work.attempts.pop(number)
            self._spans = [each for each in self._spans if each is not span]
            work.last = number - 1

    def _on_usage(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        span = work.attempts.get(event["attempt"])
        if span is None:
            return
        span.attributes |= {name: event[key] for key, name in _TOKENS.items() if event.get(key) is not None}
        if event.get("cost") is not None:
            span.attributes[names.COST] = event["cost"]
        if event["discarded"]:
            span.attributes[names.DISCARDED] = True
        else:
            self._end(span, at, "ok")

    def _on_request(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        span = work.attempts.get(event["attempt"])
        if span is None:
            return
        parts = urlsplit(event["url"])
        span.attributes[names.SERVER] = parts.hostname or ""
        if parts.port is not None:
            span.attributes[names.PORT] = parts.port
        if event["status"] is not None:
            span.attributes[names.STATUS] = event["status"]
        span.note(
            at, "request", {"sparewheel.headers_ms": event["headers_ms"], "sparewheel.bytes": event["body_bytes"]}
        )

    def _on_tool_call(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        for span in work.attempts.values():
            self._end(span, at, "ok")
        span = self._open(work.step.id, "tool", f"{names.EXECUTE_TOOL} {event['name']}", at)
        span.attributes |= {
            names.OPERATION: names.EXECUTE_TOOL,
            names.TOOL_NAME: event["name"],
            names.TOOL_CALL: event["id"],
        }
        if self._contents:
            span.attributes[names.TOOL_ARGUMENTS] = event["args"][:MAX_TEXT]
        self._tools[event["id"]] = span

    def _on_tool_result(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        span = self._tools.get(event["id"])
        if span is None:
            return
        task = self._works.pop(event["id"], None)
        if task is not None:
            for attempt in task.attempts.values():
                self._end(attempt, at, "failed" if event["is_error"] else "ok")
            task.step.end = task.step.end or at
        if self._contents:
            span.attributes[names.TOOL_RESULT] = event["output"][:MAX_TEXT]
        failed = event["is_error"]
        self._end(
            span, at, "failed" if failed else "ok", "tool_error" if failed else "", "the tool failed" if failed else ""
        )

    def _on_finish(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        for span in work.attempts.values():
            self._end(span, at, "ok")
        self._root.attributes[names.FINISH_REASONS] = [event["reason"]]
        self._total(at, event, "finished", event["message"])

    def _on_error(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        made = {record["attempt"] for record in event["attempts"]}
        self._drop([number for number, span in work.attempts.items() if number not in made and not span.end], work)
        for each in self._works.values():
            for span in each.attempts.values():
                self._end(span, at, "failed", event["kind"], event["message"])
        self._root.attributes[names.ERROR] = event["kind"]
        self._root.error = event["message"]
        self._total(at, event, "failed", event["partial_message"])

    def _on_aborted(self, at: int, event: Mapping[str, Any], work: _Work) -> None:
        for each in self._works.values():
            for span in each.attempts.values():
                self._end(span, at, "aborted")
        self._total(at, event, "aborted", event["message"])

    def _total(self, at: int, event: Mapping[str, Any], outcome: str, message: Mapping[str, Any] | None) -> None:
        usage = event.get("usage") or {}
        root = self._root
        root.attributes |= {name: usage[key] for key, name in _TOKENS.items() if usage.get(key) is not None}
        root.attributes[names.OUTCOME] = outcome
        root.end = max(at, root.start)
        if self._contents and message is not None:
            parts = [{"type": "text", "content": str(message.get("content") or "")[:MAX_TEXT]}]
            root.attributes[names.OUTPUT_MESSAGES] = write([{"role": "assistant", "parts": parts}])


def _plain(value: object) -> Value:
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if isinstance(value, str | int | float) else str(value)
