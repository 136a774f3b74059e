"""A wire format without a network: a whole body decoded in any chunking, and one attempt over recorded bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparewheel.chain.attempt import Attempt
from sparewheel.classify import classify
from sparewheel.config.schema import TimeoutsConfig
from sparewheel.errors import SparewheelError
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.frames import Frames
from sparewheel.sse import SSEDecoder
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sparewheel.providers.base import ModelRequest, StreamDecoder, WireFormat


def framed(decoder: StreamDecoder) -> Frames:
    """What feeds a decoder with the events of a stream."""
    return Frames(decoder, lambda body: classify(body=body))


def assemble_body(wire: WireFormat, origin: str, body: bytes, size: int | None = None) -> Assembly:
    """Decode a whole body, in chunks of `size` bytes; it must reach the end marker."""
    assembly = Assembly(origin)
    frames, lines = framed(wire.decoder(assembly)), SSEDecoder()
    for start in range(0, len(body), size or len(body)):
        for event in lines.feed(body[start : start + (size or len(body))]):
            frames.feed(event)
    assert frames.ended or frames.ends_with_body
    frames.finish()
    assembly.close_all()
    if assembly.reason == "stop":
        assembly.settle_calls()
    return assembly


@dataclass
class Attempted:
    """The outcome of one attempt."""

    events: list[Any]
    assembly: Assembly
    error: SparewheelError | None = None

    @property
    def kind(self) -> str | None:
        """The kind of its failure."""
        return self.error.info.kind if self.error else None

    @property
    def lines(self) -> list[tuple[Any, ...]]:
        return [line(event) for event in self.events]


def attempt_body(
    request: ModelRequest,
    body: bytes,
    size: int | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    empty_is_fine: bool = True,
) -> Attempted:
    """One attempt whose answer is `body`, in chunks of `size` bytes: every block it opens is closed."""
    chunks = [body[start : start + (size or len(body))] for start in range(0, len(body), size or len(body) or 1)]

    async def main() -> Attempted:
        transport = MockTransport(lambda _: LocalResponse(status, headers or {}, chunks))
        attempt = Attempt(request, {"attempt": 1, "model": "", "outcome": "aborted"}, empty_is_fine=empty_is_fine)
        found = Attempted([], attempt.assembly)
        try:
            async for batch in attempt.run(transport, TimeoutsConfig()):
                assert batch
                found.events += batch
        except SparewheelError as error:
            found.error = error
        return found

    found = run(main())
    check_blocks(found.events)
    return found


def check_blocks(events: Iterable[Mapping[str, Any]]) -> None:
    """Check that every block starts and ends once, and that events belong to an open block."""
    opened: set[int] = set()
    seen: set[int] = set()
    for event in events:
        if event["type"] in ("annotation", "warning"):
            continue
        index = event["index"]
        if event["type"] == "media":  # a block of its own
            assert index not in seen
            seen.add(index)
        elif event["type"] == "block_start":
            assert index not in seen
            opened.add(index)
            seen.add(index)
        else:
            assert index in opened
            if event["type"] == "block_end":
                opened.remove(index)
    assert not opened


def line(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """An event of a block in one line: what happened, to which block, the text, and the call's id and name if any."""
    what = event["type"].removeprefix("block_").removeprefix("tool_call_")
    kind = event.get("kind") or ("reasoning" if "reasoning" in event else "tool_call" if "id" in event else "text")
    text = event.get("content") or event.get("reasoning") or event.get("arguments") or ""
    call = (event["id"], event["name"]) if kind == "tool_call" else ()
    return (f"{kind} {what}", event["index"], text, *call)
