"""Chunking, cuts, silence and gates as a raw socket sees them."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sparewheel.testing import BEFORE_HEAD, Gate, Reply, ScriptedProvider, dropped, openai_chat

EVENTS = ("data: é\n\n".encode(), b"data: b\r\n\r\n", b"data: c\n\n")
BODY = b"".join(EVENTS)


def request_bytes(model: str = "m") -> bytes:
    body = json.dumps({"model": model}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@contextmanager
def asking(reply: Reply) -> Iterator[tuple[ScriptedProvider, socket.socket]]:
    """A server that plays one reply, and a client that has asked for it."""
    with ScriptedProvider({"m": [reply]}) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(request_bytes())
            yield server, client


def read_all(client: socket.socket) -> tuple[bytes, bool]:
    """Everything up to the end of the connection, and whether that end was a reset."""
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionResetError:
        return received, True
    return received, False


def read_until(client: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        data = client.recv(1)
        assert data, f"the connection ended after {received!r}"
        received += data
    return received


def chunks(response: bytes) -> tuple[list[bytes], bool]:
    """The HTTP chunks of a response, and whether the last one was there."""
    head, rest = response.split(b"\r\n\r\n", 1)
    assert b"transfer-encoding: chunked" in head
    found: list[bytes] = []
    while rest:
        size, rest = rest.split(b"\r\n", 1)
        length = int(size, 16)
        if length == 0:
            assert rest == b"\r\n"
            return found, True
        found.append(rest[:length])
        rest = rest[length + 2 :]
    return found, False


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (None, list(EVENTS)),
        (1, [bytes([byte]) for byte in BODY]),
        (7, [BODY[i : i + 7] for i in range(0, len(BODY), 7)]),
        ((), [BODY]),
        ((7, 18, 19), [BODY[:7], BODY[7:18], BODY[18:19], BODY[19:]]),
    ],
)
def test_every_write_is_an_http_chunk(split: int | tuple[int, ...] | None, expected: list[bytes]) -> None:
    with asking(Reply(EVENTS, split=split)) as (_, client):
        assert chunks(read_all(client)[0]) == (expected, True)


@pytest.mark.parametrize("split", [None, 1])
def test_a_clean_close_at_every_offset(split: int | None) -> None:
    for offset in range(len(BODY) + 1):
        with asking(Reply(EVENTS, split=split, cut_at=offset, cut="close")) as (server, client):
            response, reset = read_all(client)
            found, complete = chunks(response)
            assert (b"".join(found), complete, reset) == (BODY[:offset], False, False)
            assert server.wait_for_finish().bytes_sent == offset


def test_a_reset_at_every_offset() -> None:
    for offset in range(len(BODY) + 1):
        with asking(Reply(EVENTS, cut_at=offset)) as (server, client):
            response, reset = read_all(client)
            assert reset
            # What a reset leaves readable is up to the client's system: at most what was sent.
            assert BODY[:offset].startswith(b"".join(chunks(response)[0]) if response else b"")
            assert server.wait_for_finish().bytes_sent == offset
            assert not server.requests[0].disconnected


def test_an_early_end_is_a_complete_http_body() -> None:
    for offset in range(len(BODY) + 1):
        with asking(Reply(EVENTS, cut_at=offset, cut="end")) as (_, client):
            found, complete = chunks(read_all(client)[0])
            assert (b"".join(found), complete) == (BODY[:offset], True)


@pytest.mark.parametrize(("cut", "is_reset"), [("reset", True), ("close", False)])
def test_a_dropped_connection_sends_nothing(cut: str, is_reset: bool) -> None:
    with asking(dropped("reset" if cut == "reset" else "close")) as (_, client):
        assert read_all(client) == (b"", is_reset)


def test_raw_events_are_the_whole_response() -> None:
    with asking(Reply((b"HTTP/1.1 200 OK\r\n", b"\r\nnot chunked"), raw=True)) as (_, client):
        assert read_all(client) == (b"HTTP/1.1 200 OK\r\n\r\nnot chunked", False)


def test_a_body_framed_by_the_connection() -> None:
    with asking(Reply(EVENTS, framing="close")) as (_, client):
        head, _, body = read_all(client)[0].partition(b"\r\n\r\n")
        assert (b"connection: close" in head, b"content-length" in head, body) == (True, False, BODY)


def test_a_body_shorter_than_its_length() -> None:
    with asking(Reply(EVENTS, framing="length", cut_at=5, cut="close")) as (_, client):
        head, _, body = read_all(client)[0].partition(b"\r\n\r\n")
        assert (f"content-length: {len(BODY)}".encode() in head, body) == (True, BODY[:5])


def test_status_and_headers_are_sent_as_scripted() -> None:
    reply = Reply(status=529, headers={"Retry-After": "3", "Content-Type": "text/html"})
    with asking(reply) as (_, client):
        lines = read_all(client)[0].split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1.1 529 ")
        assert [line for line in lines if line.startswith((b"retry-after", b"content-type"))] == [
            b"content-type: text/html",
            b"retry-after: 3",
        ]


def test_pacing_spreads_the_events() -> None:
    started = time.monotonic()
    with asking(Reply(EVENTS, delay=0.03, every=0.03)) as (_, client):
        assert chunks(read_all(client)[0]) == (list(EVENTS), True)
        assert time.monotonic() - started >= 0.08


def test_a_gate_holds_the_stream_until_it_is_opened() -> None:
    gate = Gate()
    with asking(Reply(EVENTS, gates={1: gate})) as (server, client):
        gate.wait_reached()
        read_until(client, EVENTS[0] + b"\r\n")
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        assert server.requests[0].events_sent == 1
        assert not server.requests[0].finished
        client.settimeout(10)
        gate.open()
        assert read_all(client)[0].endswith(EVENTS[2] + b"\r\n0\r\n\r\n")


def test_a_gate_before_the_head_holds_everything() -> None:
    gate = Gate()
    with asking(Reply(EVENTS, gates={BEFORE_HEAD: gate}, ping_every=0.001)) as (_, client):
        gate.wait_reached()
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        client.settimeout(10)
        gate.open()
        assert chunks(read_all(client)[0]) == (list(EVENTS), True)


def test_an_open_gate_stops_nobody() -> None:
    gate = Gate()
    gate.open()
    with asking(Reply(EVENTS, gates={0: gate, 2: gate})) as (_, client):
        assert chunks(read_all(client)[0]) == (list(EVENTS), True)


def test_silence_with_keep_alives() -> None:
    with asking(Reply(EVENTS, silent_after=1, ping_every=0.001)) as (server, client):
        read_until(client, EVENTS[0] + b"\r\n")
        for _ in range(3):
            assert read_until(client, b": ping\n\n\r\n") == b"8\r\n: ping\n\n\r\n"
        client.close()
        request = server.wait_for_disconnect()
        assert (request.events_sent, request.bytes_sent) == (1, len(EVENTS[0]))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(EVENTS, silent_after=1),
        Reply(EVENTS, every=3600.0),
        Reply(EVENTS, gates={1: Gate()}),
        Reply((EVENTS[0], b"x" * 50_000_000)),
    ],
    ids=["silent", "pausing", "at a gate", "writing"],
)
@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_leaves_is_noticed_at_once(reply: Reply, reset: bool) -> None:
    with asking(reply) as (server, client):
        read_until(client, EVENTS[0] + b"\r\n")
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        request = server.wait_for_disconnect()
        assert (request.disconnected, request.finished, request.events_sent) == (True, True, 1)


def test_a_client_that_leaves_before_the_answer_is_noticed() -> None:
    with asking(Reply(EVENTS, silent_after=BEFORE_HEAD)) as (server, client):
        server.wait_for_request()
        client.close()
        assert server.wait_for_disconnect().events_sent == 0


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_problem() -> None:
    with ScriptedProvider() as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(request_bytes()[:-3])
            client.shutdown(socket.SHUT_WR)
            assert read_all(client)[0] == b""
        assert server.requests == []


async def test_many_async_clients_are_answered_side_by_side() -> None:
    gate, reply = Gate(), Reply(openai_chat(text=["Hel", "lo"]))
    with ScriptedProvider({"m": [reply.replace(gates={2: gate}, repeat=True)]}) as server:
        host, port = server.url.removeprefix("http://").split(":")

        async def ask() -> tuple[list[bytes], bool]:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request_bytes())
            response = await reader.read()
            writer.close()
            await writer.wait_closed()
            return chunks(response)

        tasks = [asyncio.create_task(ask()) for _ in range(20)]
        await asyncio.to_thread(server.wait_for, lambda request: request.events_sent == 2, 20)
        assert not any(task.done() for task in tasks)
        gate.open()
        assert await asyncio.gather(*tasks) == [(list(reply.events), True)] * 20
