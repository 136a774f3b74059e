"""Several turns of one session, each stopped at some moment or left alone: how each has to end, and what is sent.

The invariants of a turn stand here and in `scripted.check_rules`; the properties and both rings share them.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sparewheel.errors import SparewheelError
from sparewheel.testing import Reply, openai_chat
from sparewheel.testing.record import Request
from sparewheel.testing.strict import violation
from tests.support.scripted import ScriptedTransport, check_rules, folded_message, folded_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sparewheel.session import Session
    from sparewheel.transports.base import HttpRequest
    from tests.support.scripted import Script

    Stop = tuple[float, int, bool]
    Told = dict[str, Any]

LAST: Final = Reply(openai_chat(text="Last."))


class Patient(ScriptedTransport):
    """When a model's script is used up, it gives the `last` answer."""

    def __init__(self, script: Mapping[str, Sequence[Script]], last: Reply = LAST) -> None:
        super().__init__(script)
        self._last = last

    def recover(self) -> None:
        """From now on every model gives the last answer."""
        self._script.clear()

    def next_reply(self, model: str) -> Script:
        return super().next_reply(model) if self._script.get(model) else self._last


async def take_turns(
    conversation: Session,
    transport: ScriptedTransport,
    stops: Iterable[Stop | None],
    see: Callable[[Mapping[str, Any]], object] = lambda _: None,
) -> list[list[Told]]:
    """A turn for each of `stops`, then one that is left alone; the events of each turn.

    A stop is after so many seconds and passes of the loop, once or twice. `see` gets each event.
    """
    turns: list[list[Told]] = []
    for stop in [*stops, None]:
        events: list[Told] = []
        turns.append(events)

        async def consume(events: list[Told] = events) -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events += [dict(event) for event in batch]
                    for event in batch:
                        see(event)

        task = asyncio.ensure_future(consume())
        if stop is not None:
            await stopped(task, *stop)
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        check_outcome(conversation, events, outcome)
        assert transport.open == 0, "a connection was left open"
    check_requests(transport.requests)
    return turns


async def stopped(task: asyncio.Task[None], seconds: float, passes: int, twice: bool) -> None:
    """Cancel the task then, perhaps twice; it ends at once."""
    await asyncio.wait([task], timeout=seconds)
    for _ in range(passes):
        await asyncio.sleep(0)
    at = asyncio.get_running_loop().time()
    task.cancel()
    if twice:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    assert asyncio.get_running_loop().time() == at, "an abort took time"


def check_outcome(conversation: Session, events: Sequence[Told], outcome: BaseException | None) -> None:
    """The turn ended in one of three ways, and the events, the exception and the result agree on it."""
    if not events:  # stopped before its first step
        assert isinstance(outcome, asyncio.CancelledError)
        return
    check_rules(events)
    match events[-1]["type"]:
        case "finish":
            assert outcome is None
            assert conversation.result is not None
            assert folded_message(events) == conversation.result["message"]
            attempts = conversation.result["attempts"]
            assert [record["attempt"] for record in attempts] == list(range(1, len(attempts) + 1))
        case "error":
            assert isinstance(outcome, SparewheelError)
            assert events[-1]["kind"] != "internal", events[-1]["message"]
        case _:
            assert isinstance(outcome, asyncio.CancelledError)
            assert events[-1]["partial"] == folded_text(events)


def check_requests(requests: Iterable[HttpRequest]) -> None:
    """Every request is one that a strict API takes."""
    for request in requests:
        url = urlsplit(request.url)
        seen = Request("POST", url.path, url.query, request.headers, request.body)
        assert seen.format is not None, request.url
        found = violation(seen)
        assert found is None, found
        if seen.format == "openai_chat":
            _check_pairs(json.loads(request.body)["messages"])


def _check_pairs(messages: Sequence[Mapping[str, Any]]) -> None:
    """No model has the last word, no message is empty, and each call has exactly one result behind it."""
    assert messages[-1]["role"] in ("user", "tool")
    open_calls: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            open_calls.remove(message["tool_call_id"])
        else:
            assert not open_calls
            assert message["content"] or message.get("tool_calls")
            open_calls = [call["id"] for call in message.get("tool_calls", [])]
    assert not open_calls
