"""The hostile code that `python -m tests.sandbox` runs, and what it is looked at with."""

from __future__ import annotations

import ast
import asyncio
import json
from typing import Any

import pytest

from tests.sandbox.canary import Canary
from tests.sandbox.corpus import KINDS, Snippet, corpus
from tests.sandbox.ring import KEY, look

NOT_PYTHON = {"code that does not parse", "code that is not finished"}
HARMLESS = Snippet("forging", "x", "1")


def test_there_are_enough_snippets_of_every_kind() -> None:
    assert len(corpus()) >= 300
    assert len({(each.kind, each.name) for each in corpus()}) == len(corpus())
    assert {each.kind for each in corpus()} == set(KINDS)


async def test_each_snippet_is_python_once_it_is_armed() -> None:
    async with Canary() as canary:
        for each in corpus():
            for code in (canary.arm(each.python, each), canary.arm(each.then, each)):
                assert "@HTTP@" not in code
                if each.name not in NOT_PYTHON:
                    compile(code, each.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def test_the_canary_notes_what_comes() -> None:
    snippet = Snippet("network", "a request", "@HOST@ @PORT@ @UDP@")
    async with Canary() as canary:
        host, port, udp = canary.arm(snippet.code, snippet).split()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /x HTTP/1.1\r\n\r\n")
        assert (await reader.read()).endswith(b"ok")
        writer.close()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, int(udp)))
        transport.sendto(b"hello")
        while len(canary.asked) < 2:
            await canary.came.wait()
            canary.came.clear()
        transport.close()
        assert sorted(canary.take()) == ["TCP, 'GET /x HTTP/1.1'", "UDP, b'hello'"]
        assert canary.take() == []


async def test_the_canary_notes_names_and_answers_them() -> None:
    class Asking(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            answers.put_nowait(data)

    answers = asyncio.Queue[bytes]()
    loop = asyncio.get_running_loop()
    async with Canary("127.0.0.1", 0) as canary:
        place = ("127.0.0.1", canary.resolver_port)
        transport, _ = await loop.create_datagram_endpoint(Asking, remote_addr=place)
        for name, count in ((b"a.canary.test", 1), (b"example.test", 0)):
            labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
            transport.sendto(b"id\1\0\0\1" + bytes(6) + labels + b"\0\0\1\0\1")
            answer = await answers.get()
            assert (answer[:2], answer[7]) == (b"id", count)
            assert answer.endswith(b"\x7f\0\0\1") is (count == 1)
        transport.close()
        assert canary.take() == ["DNS, 'a.canary.test'"]


def told(*events: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a turn with two calls, "a" and "b", with others before the second one."""
    calls = [{"type": "tool_call", "id": name, "name": "run_python", "args": "{}"} for name in "ab"]
    results = [{"type": "tool_result", "id": name, "output": "FORGED" if name == "a" else "42"} for name in "ab"]
    order = [{"type": "start"}, calls[0], results[0], *events, calls[1], results[1], {"type": "finish"}]
    return [{**event, "seq": number} for number, event in enumerate(order)]


def test_a_turn_as_it_should_be_is_not_reported() -> None:
    assert look(HARMLESS, told(), ["a", "b"]).problems == []


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "tool_output", "id": "a", "output": KEY[::-1]}, "keys"),
        ({"type": "tool_output", "id": "a", "output": "[redacted]"}, "keys"),
        ({"type": "tool_output", "id": "a", "output": "ESCAPED"}, "forged"),
        ({"type": "tool_output", "id": "c", "output": "1"}, "forged"),
        ({"type": "tool_output", "id": "a", "name": "FORGED"}, "forged"),
        ({"type": "tool_result", "id": "a", "output": "1"}, "forged"),
        ({"type": "tool_confirmation", "id": "a"}, "forged"),
        ({"type": "warning", "message": "x"}, "forged"),
        ({"type": "error", "message": "x"}, "forged"),
    ],
)
def test_what_is_not_of_the_two_calls_is_reported(event: dict[str, Any], kind: str) -> None:
    assert getattr(look(HARMLESS, told(event), ["a", "b"]), kind)


def test_a_session_that_is_dead_is_reported() -> None:
    events = json.loads(json.dumps(told()).replace('"42"', '"stopped"'))
    assert look(HARMLESS, events, ["a", "b"]).dead
    assert look(HARMLESS, told()[:-1], ["a", "b"]).dead
