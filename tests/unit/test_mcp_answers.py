"""Answers of MCP servers of every kind, and those that are none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.mcpserver import (
    Context,
    Server,
    as_events,
    call,
    event,
    names,
    opened,
    text,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@pytest.mark.parametrize(
    "response",
    [
        LocalResponse(200, {"content-type": "text/html"}, b"<h1>hello</h1>"),
        LocalResponse(200, {"content-type": "application/json"}, b"{"),
        LocalResponse(200, {"content-type": "application/json"}, b"[" * 100_000),
        LocalResponse(200, {"content-type": "application/json"}, b"7"),
        LocalResponse(200, {"content-type": "application/json"}, b'{"jsonrpc": "2.0", "id": 3, "result": 7}'),
        LocalResponse(200, {"content-type": "application/json"}, b"x" * (13 * 1024 * 1024)),
        LocalResponse(200, {"content-type": "text/event-stream"}, b"data: {\n\n"),
        LocalResponse(200, {"content-type": "text/event-stream"}, b"data: " + b"x" * (13 * 1024 * 1024)),
        LocalResponse(500, {}, b"x" * 100_000),
        LocalResponse(204),
    ],
    ids=["html", "cut", "deep", "number", "result", "large", "event", "large event", "error", "empty"],
)
def test_an_answer_that_is_none(response: LocalResponse) -> None:
    async def main() -> None:
        server = Server()
        server.replies["tools/call"] = lambda _: response
        toolset = opened(server)
        found = await call(toolset, "echo")
        assert found.startswith("!mcp.example.test: ")
        assert len(found) < 1_200
        assert len(server.called) == 1
        await toolset.close()

    run(main())


def test_results_of_every_kind() -> None:
    async def main(result: Any) -> str:
        server = Server()
        server.replies["tools/call"] = lambda _: result
        toolset = opened(server)
        found = await call(toolset, "echo")
        await toolset.close()
        return found

    def result(*parts: Any, **more: Any) -> Any:
        return {"content": list(parts), **more}

    picture = {"type": "image", "data": "AAAA", "mimeType": "image/png"}
    assert run(main(result(picture))) == "[image: image/png, 3 bytes]"
    assert run(main(result({"type": "resource", "resource": {"uri": "a:b", "text": "t"}}))) == "[a:b]\nt"
    assert run(main(result({"type": "resource_link", "uri": "a:b", "name": "n"}))) == "[n: a:b]"
    assert run(main(result(structuredContent={"a": 1}))) == '{"a":1}'
    same = {"type": "text", "text": '{"a": 1}'}
    assert run(main(result(same, structuredContent={"a": 1}))) == '{"a": 1}'
    assert run(main(result({"type": "text", "text": "no"}, isError=True))) == "!no"
    assert run(main(result("odd", {"type": 7}, None))) == "The tool returned nothing."
    assert run(main({"content": 7})) == "The tool returned nothing."
    assert len(run(main(result({"type": "text", "text": "x" * 5_000_000})))) < 1_100_000
    error = {"error": {"code": -32602, "message": "wrong"}}
    assert run(main(error)) == "!mcp.example.test: wrong (code -32602)"


@pytest.mark.parametrize(("limit", "seconds"), [(5, 600), (120, 600), (900, 900)])
def test_progress_does_not_hold_a_call_for_ever(limit: float, seconds: float) -> None:
    async def main() -> None:
        server = Server()

        def reply(message: dict[str, Any]) -> Any:
            params = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": 1}

            async def reports() -> AsyncGenerator[bytes, None]:
                while True:
                    await asyncio.sleep(4)
                    yield event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

            return LocalResponse(200, {"content-type": "text/event-stream"}, reports())

        server.replies["tools/call"] = reply
        toolset = opened(server, timeout=limit)
        await names(toolset)
        began = asyncio.get_running_loop().time()
        result = await call(toolset, "echo")
        assert f"the server did not answer within {seconds} s" in result
        assert asyncio.get_running_loop().time() - began == pytest.approx(seconds, abs=1)
        await toolset.close()

    run(main())


def test_a_flood_of_progress_is_bounded() -> None:
    async def main() -> None:
        server, context = Server(), Context()

        def reply(message: dict[str, Any]) -> Any:
            params = {
                "progressToken": message["params"]["_meta"]["progressToken"],
                "progress": 1,
                "message": "x" * 5_000,
            }
            report = {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
            return as_events(*[report] * 3_000, {"jsonrpc": "2.0", "id": message["id"], "result": text("ok")})

        server.replies["tools/call"] = reply
        toolset = opened(server)
        assert await call(toolset, "echo", context) == "ok"
        assert len(context.reported) == 1_000
        assert max(map(len, context.reported)) < 1_100
        await toolset.close()

    run(main())


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(3, 4, ["3 of 4"]), (1, 10**400, ["1"]), (10**400, 1, []), (True, 1, []), ("1", None, [])],
)
def test_progress_in_numbers_of_any_size(done: Any, total: Any, shown: list[str]) -> None:
    async def main() -> None:
        server, context = Server(), Context()

        def reply(message: dict[str, Any]) -> Any:
            params = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": done, "total": total}
            report = {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
            return as_events(report, {"jsonrpc": "2.0", "id": message["id"], "result": text("ok")})

        server.replies["tools/call"] = reply
        toolset = opened(server)
        assert await call(toolset, "echo", context) == "ok"
        assert context.reported == shown
        await toolset.close()

    run(main())


@pytest.mark.parametrize("wrong", [True, 999, "999", [1], None])
def test_an_answer_to_another_request_is_not_taken(wrong: Any) -> None:
    async def main() -> None:
        server = Server()
        server.replies["tools/call"] = lambda message: as_events(
            {"jsonrpc": "2.0", "id": wrong, "result": text("theirs")},
            {"jsonrpc": "2.0", "id": message["id"], "result": text("ours")},
            {"jsonrpc": "2.0", "id": message["id"], "result": text("once more")},
        )
        toolset = opened(server)
        assert await call(toolset, "echo") == "ours"
        await toolset.close()

    run(main())


@pytest.mark.parametrize("wrong", [True, 999, [1], None])
def test_answers_on_one_stream_are_told_apart_by_their_ids(wrong: Any) -> None:
    """The right id comes as text, as some servers send it."""

    async def main() -> None:
        server = Server("2024-11-05")

        def reply(message: dict[str, Any]) -> str:
            theirs = {"jsonrpc": "2.0", "id": wrong, "result": text("theirs")}
            ours = {"jsonrpc": "2.0", "id": str(message["id"]), "result": text("ours")}
            return (event(theirs) + event(ours) * 2).decode()

        server.replies["tools/call"] = reply
        toolset = opened(server)
        assert await call(toolset, "echo") == "ours"
        assert await call(toolset, "echo") == "ours"
        await toolset.close()

    run(main())
