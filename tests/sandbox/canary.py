"""A host that code in the sandbox must not reach: TCP (HTTP and WebSocket), UDP, and names that are looked up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from tests.sandbox.corpus import Snippet

DOMAIN: Final = "canary.test"
_CONNECTED: Final = "TCP, a connection"
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
)


class Canary:
    """`asked` are the first lines of what came, each with its protocol."""

    def __init__(self, resolver: str | None = None, port: int = 53) -> None:
        """`resolver`: an address at which names are looked up, on this port. None: they are not watched."""
        self.asked: list[str] = []
        self.came = asyncio.Event()  # set by each of them
        self._resolver = resolver
        self.resolver_port = port
        self._port = self._udp = 0
        self._closing: list[asyncio.Server | asyncio.DatagramTransport] = []

    async def __aenter__(self) -> Canary:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._closing.append(server)
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=("127.0.0.1", 0))
        self._udp = transport.get_extra_info("sockname")[1]
        self._closing.append(transport)
        if self._resolver:
            names, _ = await loop.create_datagram_endpoint(
                lambda: _Names(self), local_addr=(self._resolver, self.resolver_port)
            )
            self.resolver_port = names.get_extra_info("sockname")[1]
            self._closing.append(names)
        return self

    async def __aexit__(self, *error: object) -> None:
        for each in self._closing:
            each.close()

    def arm(self, code: str, snippet: Snippet) -> str:
        """The code with this host in the places that are kept for it."""
        name = "".join(c if c.isalnum() else "-" for c in f"{snippet.kind}-{snippet.name}".lower())[:60].strip("-")
        places = {
            "@HTTP@": f"http://127.0.0.1:{self._port}/{name}",
            "@WS@": f"ws://127.0.0.1:{self._port}/{name}",
            "@NAMED@": f"http://{name}.{DOMAIN}:{self._port}/",
            "@HOST@": "127.0.0.1",
            "@PORT@": str(self._port),
            "@UDP@": str(self._udp),
            "@NAME@": name,
        }
        for place, value in places.items():
            code = code.replace(place, value)
        return code

    def take(self) -> list[str]:
        """What has come since the last time."""
        asked, self.asked = self.asked, []
        return asked

    def note(self, line: str) -> None:
        self.asked.append(line)
        self.came.set()

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.note(_CONNECTED)
        try:
            first = await asyncio.wait_for(reader.read(2000), 5)
            self.asked.remove(_CONNECTED)
            self.note(f"TCP, {first.decode('latin-1').partition(chr(13))[0]!r}")
            writer.write(_ANSWER)
            await writer.drain()
        except (OSError, ValueError, TimeoutError):  # it is gone, or was taken already
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, canary: Canary) -> None:
        self._canary = canary

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._canary.note(f"UDP, {data[:60]!r}")


class _Names(asyncio.DatagramProtocol):
    """Answers every question of the domain with 127.0.0.1, and all others with a failure."""

    def __init__(self, canary: Canary) -> None:
        self._canary = canary
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # its class is another one before Python 3.12

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        labels, at = [], 12
        while at < len(data) and data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
            at += data[at] + 1
        question, name = data[12 : at + 5], ".".join(labels)
        ours = name.endswith(DOMAIN)
        if ours:
            self._canary.note(f"DNS, {name!r}")
        is_address = ours and question[-4:-2] == b"\x00\x01"
        head = (
            data[:2]
            + (b"\x81\x80" if ours else b"\x81\x82")
            + b"\0\1"
            + (b"\0\1" if is_address else b"\0\0")
            + bytes(4)
        )
        answer = b"\xc0\x0c\0\1\0\1" + bytes(4) + b"\0\4\x7f\0\0\1" if is_address else b""
        assert self._transport
        self._transport.sendto(head + question + answer, addr)
