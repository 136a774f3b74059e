"""Responses in the background, as OpenAI has them: generated whether or not they are read, kept, and read again.

    words = openai_responses(text=["Hel", "lo"], usage=Usage(9, 2))
    server.script("gpt-x", Background(words, every=0.02, connections=[Reply(cut_at=700), Reply(silent_after=3)]))
    ...                                           # the first stream is cut, the second stalls, the third is whole
    [response] = server.responses
    assert (response.tokens, response.status) == (2, "completed")     # nothing was generated twice

What is emulated: `POST /responses` with `background: true`; `GET /responses/ID?stream=true&starting_after=N`, refused
with 400 once the response is older than `streamable_for`; `GET /responses/ID`; `POST /responses/ID/cancel`, any number
of times; 404 once it is older than `kept_for`. A request without `background: true` gets the events as a plain stream.

Source: OpenAI, guide "Background mode"; API reference, "Responses".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import parse_qs, unquote

from .errors.openai import openai_invalid_request, openai_response_not_found
from .script import BEFORE_HEAD, Finish, Head, Hold, Pause, Reply, Send
from .streams import sse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .record import Request
    from .script import Step

Status: TypeAlias = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]

_PATH = re.compile(r"/responses/([^/]+)(/cancel)?$")
_FINAL = {f"response.{status}": status for status in ("completed", "incomplete", "failed", "cancelled")}
_TOO_OLD = "This response can no longer be streamed because it is more than 5 minutes old."
_SYNCHRONOUS = "Cannot cancel a synchronous response."


@dataclass(frozen=True)
class Background:
    """A scripted answer that is generated in the background.

    events:         the whole stream, as `openai_responses` makes it; each response gets an id of its own
    every:          seconds between two events, whether they are read or not; 0: all exist at once
    connections:    what happens to each connection to the stream, the POST first: its cut_at, cut, silent_after, split,
                    delay, gates and ping_every; one with events of its own is the answer. Further ones are whole
    polls:          answers to the first requests for the response itself, in place of the response
    streamable_for: seconds after which the stream is refused
    kept_for:       seconds after which the response is gone
    repeat:         answer every further request with it, each with a response of its own
    """

    events: Sequence[bytes]
    every: float = 0.0
    connections: Sequence[Reply] = ()
    polls: Sequence[Reply] = ()
    streamable_for: float = 300.0
    kept_for: float = 600.0
    repeat: bool = False


class BackgroundResponse:
    """A response that the provider keeps.

    id:          as in its events
    model:       the model that was asked
    connections: connections to its stream so far, the first request included
    polls:       requests for the response itself
    cancels:     requests to cancel it
    """

    def __init__(self, number: int, model: str, script: Background, clock: Callable[[], float]) -> None:
        self.id = f"resp_background_{number}"
        self.model = model
        self.connections = self.polls = self.cancels = 0
        self._script = script
        self._clock = clock
        self._began = clock()
        self._stopped: float | None = None  # when it was cancelled
        self._events = [_Event.read(event, number, self.id) for number, event in enumerate(script.events)]

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""
        return self._clock() - self._began

    @property
    def generated(self) -> int:
        """How many of its events exist."""
        age = self.age if self._stopped is None else min(self.age, self._stopped)
        every = self._script.every
        return min(int(age / every + 1e-6) + 1, len(self._events)) if every else len(self._events)

    @property
    def tokens(self) -> int:
        """Tokens generated so far: each delta of text, reasoning or arguments is one."""
        return sum(event.is_token for event in self._events[: self.generated])

    @property
    def status(self) -> Status:
        made = self._events[: self.generated]
        if made and (final := _FINAL.get(made[-1].type)):
            return final  # type: ignore[return-value]  # a key of the table is a status
        if self._stopped is not None:
            return "cancelled"
        return "in_progress"

    def cancel(self) -> None:
        """End the generation, unless it has ended."""
        self.cancels += 1
        if self._stopped is None and self.status == "in_progress":
            self._stopped = self.age

    def document(self) -> dict[str, Any]:
        """The response as it is now."""
        made = [event.response for event in self._events[: self.generated] if event.response]
        shape = made[-1] if made else {"id": self.id, "object": "response", "output": []}
        return {**shape, "status": self.status}

    def stream(self, after: int = -1) -> Reply:
        """The reply for the next connection, with the events whose `sequence_number` is above `after`."""
        number, self.connections = self.connections, self.connections + 1
        planned = self._script.connections
        fault = planned[number] if number < len(planned) else Reply()
        return fault if fault.events or fault.raw else fault.replace(live=lambda: self._steps(after, fault))

    def poll(self) -> Reply:
        """The reply to a request for the response itself."""
        number, self.polls = self.polls, self.polls + 1
        planned = self._script.polls
        return planned[number] if number < len(planned) else Reply.json(200, self.document())

    def _steps(self, after: int, fault: Reply) -> Iterator[Step]:
        """What a connection sends. The events come when they are generated, or at once if they have been."""
        if fault.delay:
            yield Pause(fault.delay)
        yield from _holds(fault, BEFORE_HEAD)
        yield Head()
        body = sent = 0
        for number, event in enumerate(self._events):
            if event.number <= after:
                continue
            yield from _holds(fault, sent)
            while number >= self.generated and self._stopped is None:
                yield Pause(max(number * self._script.every - self.age, 0.001))
            if number >= self.generated:
                break  # cancelled: the stream ends without an end marker
            pieces = _pieces(event.data, fault.split)
            for place, piece in enumerate(pieces, 1):
                room = len(piece) if fault.cut_at is None else max(fault.cut_at - body, 0)
                body += len(piece[:room])
                if room < len(piece):
                    if piece[:room]:
                        yield Send(piece[:room], sent)
                    yield Finish(fault.cut)
                    return
                yield Send(piece, sent + (place == len(pieces)))
            sent += 1
        yield from _holds(fault, sent)
        yield Finish("end" if fault.cut_at is None or fault.cut_at > body else fault.cut)


@dataclass(frozen=True)
class _Event:
    number: int  # its sequence_number
    type: str
    data: bytes  # as it is sent
    response: dict[str, Any] | None

    @property
    def is_token(self) -> bool:
        return self.type.endswith(".delta")

    @classmethod
    def read(cls, data: bytes, place: int, response_id: str) -> _Event:
        """An event of a script, as one of the response; bytes that are no event of the API stay as they are."""
        try:
            value = json.loads(b"".join(line[5:] for line in data.splitlines() if line.startswith(b"data:")))
        except ValueError:
            return cls(place, "", data, None)
        if not isinstance(value, dict):
            return cls(place, "", data, None)
        response = value.get("response")
        if isinstance(response, dict):
            response.update({"id": response_id, "background": True, "store": True})
            data = sse(value, value.get("type"))
        return cls(value.get("sequence_number", place), str(value.get("type")), data, response)


class BackgroundStore:
    """The responses of a provider. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.responses: list[BackgroundResponse] = []
        self._clock = clock
        self._numbers = count(1)

    def create(self, script: Background, request: Request) -> Reply:
        """The reply to a request that is answered by `script`."""
        body = request.json if isinstance(request.json, dict) else {}
        if not body.get("background"):
            return Reply(tuple(script.events), every=script.every)
        response = BackgroundResponse(next(self._numbers), request.model or "", script, self._clock)
        self.responses.append(response)
        return response.stream() if body.get("stream") else Reply.json(200, response.document())

    def reply_to(self, request: Request) -> Reply | None:
        """The reply to a request for one of the responses; None for any other request."""
        found = _PATH.search(request.path)
        if found is None or request.method != ("POST" if found[2] else "GET"):
            return None
        name = unquote(found[1])
        response = next((each for each in self.responses if each.id == name), None)
        if response is None or response.age >= response._script.kept_for:
            return openai_response_not_found(name)
        if found[2]:
            response.cancel()
            return Reply.json(200, response.document())
        query = parse_qs(request.query)
        if query.get("stream") != ["true"]:
            return response.poll()
        if response.age >= response._script.streamable_for:
            return openai_invalid_request(_TOO_OLD)
        return response.stream(int(query.get("starting_after", ["-1"])[0]))


def _holds(fault: Reply, sent: int) -> Iterator[Step]:
    """The places at which a connection waits after `sent` events."""
    if sent in fault.gates:
        yield Hold(fault.gates[sent], fault.ping_every)
    if fault.silent_after == sent:
        yield Hold(None, fault.ping_every)


def _pieces(data: bytes, split: int | tuple[int, ...] | None) -> list[bytes]:
    size = split if isinstance(split, int) else len(data) or 1
    return [data[start : start + size] for start in range(0, len(data), size)]
