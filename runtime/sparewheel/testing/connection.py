"""One client connection, with HTTP/1.1 written here: an HTTP library cannot produce the faults that are scripted.

The socket is read at all times, so a disconnect is detected at once, also while an answer is held back.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from .record import Request
from .script import Finish, Head, Hold, Pause, Reply, Send, steps

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from .record import Record
    from .script import CutKind, Step

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Provider(Protocol):
    """What a connection needs from its server."""

    record: Record
    keep_alive: bool

    def reply_to(self, request: Request) -> Reply:
        """The scripted answer to a request."""

    def preflight_headers(self, request: Request) -> dict[str, str]:
        """The headers of the answer to an OPTIONS request."""

    def cors_headers(self, request: Request, reply: Reply) -> dict[str, str]:
        """The Access-Control headers of an answer."""

    def opened(self, connection: Connection) -> None:
        """Register a new connection."""

    def closed(self, connection: Connection, error: BaseException | None) -> None:
        """Unregister a connection. `error` is the exception that ended it; None if the client disconnected."""


class ClientGone(Exception):
    """The client closed the connection before the answer was complete."""


class Connection(asyncio.Protocol):
    """Reads requests one after another and plays the reply to each."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._received = bytearray()
        self._readable = asyncio.Event()
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    # called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # Every write must have reached the kernel before the next step: a cut or a gate comes after its bytes.
        transport.set_write_buffer_limits(high=0)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._provider.opened(self)
        self.task = asyncio.get_running_loop().create_task(self._serve())
        self.task.add_done_callback(self._done)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._readable.set()

    def eof_received(self) -> bool:
        self.connection_lost(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        for event in (self._gone, self._readable, self._writable):
            event.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._transport.abort()
        self._provider.closed(self, None if task.cancelled() else task.exception())

    # reading

    async def _serve(self) -> None:
        with contextlib.suppress(ClientGone):
            while await self._answer(await self._read_request()):
                pass

    async def _read_request(self) -> Request:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            await self._more()
        lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
        method, target, _version = lines[0].split(" ")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        while len(self._received) < end + 4 + length:
            await self._more()
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, body)

    async def _more(self) -> None:
        if self._gone.is_set():
            raise ClientGone
        self._readable.clear()
        await self._readable.wait()

    # answering

    async def _answer(self, request: Request) -> bool:
        """Play the reply to a request. Returns whether the connection can serve another one."""
        record = self._provider.record
        record.add(request)
        if request.method == "OPTIONS":
            await self._write(
                _head(HTTPStatus.NO_CONTENT, self._persistence() | self._provider.preflight_headers(request))
            )
            return self._provider.keep_alive
        reply = self._provider.reply_to(request)
        gone = False
        try:
            for step in steps(reply):
                await self._play(step, reply, request)
        except ClientGone:
            gone = True
            raise
        finally:
            record.update(request, disconnected=gone, finished=True)  # together: a test reads both
        wanted = self._provider.keep_alive and request.headers.get("connection", "").lower() != "close"
        return wanted and not reply.raw and reply.framing != "close" and not self._gone.is_set()

    async def _play(self, step: Step, reply: Reply, request: Request) -> None:
        match step:
            case Head():
                if not reply.raw:
                    await self._write(_head(reply.status, self._reply_headers(reply, request)))
            case Send(data, events):
                await self._write(_framed(data, reply))
                bytes_sent = request.bytes_sent + len(data)
                self._provider.record.update(request, events_sent=events, bytes_sent=bytes_sent)
            case Pause(seconds):
                await self._pause(seconds)
            case Hold(gate, ping_every):
                passed = gate.passed() if gate else asyncio.Event().wait()
                await self._hold(passed, ping_every, _framed(reply.ping, reply))
            case Finish(kind):
                await self._finish(kind, reply)

    def _persistence(self) -> dict[str, str]:
        return {} if self._provider.keep_alive else {"connection": "close"}

    def _reply_headers(self, reply: Reply, request: Request) -> dict[str, str]:
        headers = {"content-type": reply.content_type, "cache-control": "no-cache", **self._persistence()}
        headers.update((name.lower(), value) for name, value in reply.headers.items())
        if reply.framing == "chunked":
            headers["transfer-encoding"] = "chunked"
        elif reply.framing == "length":
            headers["content-length"] = str(len(reply.body))
        else:
            headers["connection"] = "close"
        return headers | self._provider.cors_headers(request, reply)

    async def _hold(self, passed: Coroutine[object, object, object], ping_every: float | None, ping: bytes) -> None:
        """Wait until the gate opens or the client disconnects; send a keep-alive every `ping_every` seconds."""
        waiting = asyncio.ensure_future(passed)
        try:
            while not await self._done_or_gone(waiting, ping_every):
                await self._write(ping)
        finally:
            waiting.cancel()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), seconds)
            raise ClientGone

    async def _done_or_gone(self, waiting: asyncio.Future[object], seconds: float | None) -> bool:
        """Return whether `waiting` ends within `seconds`. Raises ClientGone as soon as the client disconnects."""
        gone: asyncio.Future[object] = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({waiting, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if self._gone.is_set():
            raise ClientGone
        return waiting.done()

    async def _write(self, data: bytes) -> None:
        if data and not self._gone.is_set():
            self._transport.write(data)
            await self._writable.wait()
        # A failed write closes the transport at once; `connection_lost` follows in the next iteration of the loop.
        if self._gone.is_set() or self._transport.is_closing():
            raise ClientGone

    async def _finish(self, kind: CutKind, reply: Reply) -> None:
        if kind == "end":
            if reply.framing == "chunked" and not reply.raw:
                await self._write(b"0\r\n\r\n")
            complete = reply.framing == "chunked" or reply.cut_at is None
            if not complete or reply.raw or reply.framing == "close":
                self._transport.close()
        elif kind == "close":
            self._transport.close()
        else:
            linger = self._transport.get_extra_info("socket")
            linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()


def _framed(data: bytes, reply: Reply) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if reply.framing == "chunked" and not reply.raw else data


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        # 529, which Anthropic sends, is not in the registry.
        reason = "Unknown"
    lines = [f"HTTP/1.1 {int(status)} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
