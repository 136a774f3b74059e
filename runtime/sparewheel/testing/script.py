"""Scripted replies: what the server sends, in which pieces, how fast, and where it breaks.

A `Reply` is a plain value. `steps` turns it into the exact order of writes, pauses, holds and the ending, without any
I/O; the server plays them. Byte offsets count the body, never the HTTP framing around it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BEFORE_HEAD = -1
"""A place in `Reply.gates` and `Reply.silent_after`: before the status line."""

CutKind: TypeAlias = Literal["reset", "close", "end"]
Framing: TypeAlias = Literal["chunked", "length", "close"]


class Gate:
    """A point where a reply waits until the test opens the gate. Thread-safe; once open it stays open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = False
        self._reached = threading.Event()
        self._waiters: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def open(self) -> None:
        """Release every reply that waits here now or arrives later."""
        with self._lock:
            self._opened = True
            for event, loop in self._waiters.items():
                loop.call_soon_threadsafe(event.set)
            self._waiters.clear()

    def wait_reached(self, timeout: float = 30.0) -> None:
        """Block until a reply has arrived here. Raises TimeoutError after `timeout` seconds."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no reply reached the gate within {timeout} s")

    async def passed(self) -> None:
        """Wait in the server's event loop until the gate is open."""
        event = asyncio.Event()
        with self._lock:
            if self._opened:
                event.set()
            else:
                self._waiters[event] = asyncio.get_running_loop()
        self._reached.set()
        try:
            await event.wait()
        finally:
            with self._lock:
                self._waiters.pop(event, None)


@dataclass(frozen=True)
class Reply:
    """One scripted answer to one request.

    events:       the body, one item per SSE event (the builders in `streams` make them); any bytes are allowed
    status:       HTTP status
    headers:      extra headers, sent as they are; a `content-type` here replaces `content_type`
    content_type: sent unless `headers` has its own
    delay:        seconds before the status line
    every:        seconds between two events
    split:        None: one write per event; n: n bytes per write, across event borders; a tuple: write borders at these
                  offsets; (): the whole body in one write. With `every`, event borders are write borders too
    cut_at:       stop after this many body bytes; `cut` sets how it ends
    cut:          "reset": TCP reset; "close": connection closed without the end of the HTTP body;
                  "end": the HTTP body ends as if it were complete, so only the stream's own end marker is missing
    silent_after: send this many events, then nothing more until the client disconnects or the server closes
    gates:        {events sent: gate}: wait there until the gate is opened
    ping_every:   while silent or at a gate, send `ping` every so many seconds
    ping:         the bytes of a keep-alive; by default an SSE comment
    framing:      "chunked"; "length": Content-Length; "close": the body ends with the connection, as in HTTP/1.0
    raw:          the events are the whole response, status line included
    cors:         False: no Access-Control headers on this answer
    expose:       header names for Access-Control-Expose-Headers; a browser hides every other (Retry-After too)
    repeat:       answer every further request with it; it must be the last of its queue
    live:         the steps, made while they are played, in place of those of all other fields but status and headers
    """

    events: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/event-stream; charset=utf-8"
    delay: float = 0.0
    every: float = 0.0
    split: int | tuple[int, ...] | None = None
    cut_at: int | None = None
    cut: CutKind = "reset"
    silent_after: int | None = None
    gates: Mapping[int, Gate] = field(default_factory=dict)
    ping_every: float | None = None
    ping: bytes = b": ping\n\n"
    framing: Framing = "chunked"
    raw: bool = False
    cors: bool = True
    expose: tuple[str, ...] = ()
    repeat: bool = False
    live: Callable[[], Iterator[Step]] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.split, int) and self.split < 1:
            raise ValueError("split must be at least one byte")
        if self.cut_at is not None and self.cut_at < 0:
            raise ValueError("cut_at must not be negative")
        if self.cut not in ("reset", "close", "end") or self.framing not in ("chunked", "length", "close"):
            raise ValueError(f"unknown cut {self.cut!r} or framing {self.framing!r}")

    @classmethod
    def json(cls, status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
        """A complete JSON answer with a Content-Length, as the APIs send their errors."""
        text = json.dumps(value, ensure_ascii=False, indent=2).encode()
        return cls((text,), status, headers or {}, content_type="application/json", framing="length")

    def replace(self, **changes: Any) -> Reply:
        """A copy with some fields changed: `errors.openai_rate_limit().replace(expose=("retry-after",))`."""
        return dataclasses.replace(self, **changes)

    @property
    def body(self) -> bytes:
        """All events in one piece."""
        return b"".join(self.events)


def dropped(cut: CutKind = "reset") -> Reply:
    """A connection that breaks before the first byte of an answer."""
    return Reply(raw=True, cut_at=0, cut=cut)


@dataclass(frozen=True)
class Head:
    """Send the status line and the headers."""


@dataclass(frozen=True)
class Send:
    """Send body bytes; afterwards `events` whole events are out."""

    data: bytes
    events: int


@dataclass(frozen=True)
class Pause:
    """Wait some seconds."""

    seconds: float


@dataclass(frozen=True)
class Hold:
    """Wait for a gate; without one, until the connection ends. Meanwhile a keep-alive every `ping_every` seconds."""

    gate: Gate | None
    ping_every: float | None = None


@dataclass(frozen=True)
class Finish:
    """End the answer: complete ("end"), or by a reset or close."""

    kind: CutKind


Step: TypeAlias = Head | Send | Pause | Hold | Finish


def _write_borders(reply: Reply, ends: list[int], total: int) -> set[int]:
    """The body offsets at which one write ends and the next begins."""
    borders: set[int] = set()
    if reply.split is None or reply.every:
        borders.update(ends)
    if isinstance(reply.split, int):
        borders.update(range(reply.split, total, reply.split))
    elif reply.split is not None:
        borders.update(reply.split)
    return borders


def _holds(reply: Reply, ends: list[int]) -> dict[int, list[Gate | None]]:
    """Where the reply waits: body offset (or `BEFORE_HEAD`) to what it waits for, gates before silence."""
    places: list[tuple[int, Gate | None]] = [*reply.gates.items()]
    if reply.silent_after is not None:
        places.append((reply.silent_after, None))
    holds: dict[int, list[Gate | None]] = {}
    for events, gate in places:
        reached = min(events, len(ends))
        holds.setdefault(ends[reached - 1] if reached > 0 else reached, []).append(gate)
    return holds


def steps(reply: Reply) -> Iterator[Step]:
    """Everything the server does for a reply, in order."""
    if reply.live is not None:
        yield from reply.live()
        return
    body, ends = reply.body, list(accumulate(map(len, reply.events)))
    event_borders = set(ends)
    stop = len(body) if reply.cut_at is None else min(reply.cut_at, len(body))
    holds = _holds(reply, ends)
    borders = _write_borders(reply, ends, len(body)) | set(holds)
    offsets = [0, *sorted(offset for offset in borders if 0 < offset < stop), *([stop] if stop else [])]
    if reply.delay:
        yield Pause(reply.delay)
    yield from map(Hold, holds.get(BEFORE_HEAD, ()))
    yield Head()
    for index, start in enumerate(offsets):
        for gate in holds.get(start, ()):
            yield Hold(gate, reply.ping_every)
        if index + 1 < len(offsets):
            if reply.every and start in event_borders:
                yield Pause(reply.every)
            end = offsets[index + 1]
            yield Send(body[start:end], bisect_right(ends, end))
    yield Finish("end" if reply.cut_at is None else reply.cut)
