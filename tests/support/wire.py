"""A wire format without a network: a whole body decoded in any chunking, and one attempt over recorded bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparewheel.providers.assembly import Assembly
from sparewheel.providers.attempt import run_attempt
from sparewheel.sse import SSEDecoder
from sparewheel.transports.mock import MockResponse, MockTransport
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from sparewheel.providers.assembly import ProviderEvent
    from sparewheel.providers.base import ModelRequest, WireFormat


def assemble_body(wire: WireFormat, origin: str, body: bytes, size: int | None = None) -> Assembly:
    """Decode a whole body, in chunks of `size` bytes; it must reach the end marker."""
    assembly = Assembly(origin)
    decoder, lines = wire.decoder(assembly), SSEDecoder()
    for start in range(0, len(body), size or len(body)):
        for event in lines.feed(body[start : start + (size or len(body))]):
            decoder.feed(event)
    assert decoder.ended
    assembly.close_all()
    return assembly


def attempt_body(wire: WireFormat, request: ModelRequest, body: bytes) -> list[ProviderEvent]:
    """Every provider event of one attempt whose answer is `body`."""

    async def main() -> list[ProviderEvent]:
        transport = MockTransport(lambda _: MockResponse(body=body))
        return [event async for batch in run_attempt(wire, request, transport) for event in batch]

    return run(main())
