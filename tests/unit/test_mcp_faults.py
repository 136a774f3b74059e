"""Servers that are down, slow, changed, too large or hostile: the turn goes on, and nothing runs twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.tools.base import ToolError
from sparewheel.tools.mcp.definitions import MAX_DESCRIPTION
from sparewheel.tools.mcp.toolset import MAYBE_DONE
from sparewheel.transports.base import no_answer
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.mcpserver import ECHO, MODERN, Context, Server, as_events, as_json, call, event, names, opened, text

OTHER = {"name": "other", "inputSchema": {"type": "object"}}


async def failure(toolset: Any) -> str:
    with pytest.raises(ToolError) as caught:
        await names(toolset)
    return str(caught.value)


def test_a_server_that_is_down_comes_back() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        server.down = True
        assert "gave no answer" in await failure(toolset)
        server.down = False
        assert await names(toolset) == ["echo"]
        server.down = True
        assert "gave no answer" in await call(toolset, "echo")
        assert "gave no answer" in await failure(toolset)
        server.down = False
        assert await names(toolset) == ["echo"]
        await toolset.close()

    run(main())


def test_a_server_that_hangs_delays_few_steps() -> None:
    async def hang(_: Any) -> LocalResponse:
        await asyncio.sleep(10_000)
        raise AssertionError

    async def main() -> None:
        server = Server()
        server.replies = {"initialize": hang}
        toolset = opened(server)
        clock = asyncio.get_running_loop().time
        assert "did not answer within 15 s" in await failure(toolset)
        assert clock() == 15
        assert "did not answer within 15 s" in await failure(toolset)
        assert clock() == 15
        await asyncio.sleep(75)
        server.replies = {}
        assert await names(toolset) == ["echo"]
        await toolset.close()

    run(main())


@pytest.mark.parametrize("version", ["2025-06-18", MODERN])
def test_a_call_that_takes_too_long(version: str) -> None:
    async def hang(_: Any) -> LocalResponse:
        await asyncio.sleep(10_000)
        raise AssertionError

    async def main() -> None:
        server = Server(version)
        toolset = opened(server, timeout=5)
        await names(toolset)
        server.replies["tools/call"] = hang
        assert await call(toolset, "echo") == f"!mcp.example.test: the server did not answer within 5 s{MAYBE_DONE}"
        await asyncio.sleep(0)
        await toolset.close()
        if version != MODERN:
            number = next(each["id"] for each in server.seen if each.get("method") == "tools/call")
            assert server.seen[-1]["method"] == "notifications/cancelled"
            assert server.seen[-1]["params"]["requestId"] == number

    run(main())


def test_a_cancelled_call_is_cancelled_at_the_server() -> None:
    async def hang(_: Any) -> LocalResponse:
        await asyncio.sleep(10_000)
        raise AssertionError

    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await names(toolset)
        server.replies["tools/call"] = hang
        running = asyncio.ensure_future(call(toolset, "echo"))
        await server.next_message()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.sleep(1)
        assert server.methods[-1] == "notifications/cancelled"
        await toolset.close()

    run(main())


def test_calls_side_by_side_renew_a_session_once() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await names(toolset)
        server.sessions += 1  # the id of the client's session is unknown now
        found = await asyncio.gather(*(call(toolset, "echo", number=number) for number in range(5)))
        assert found == [f'{{"number": {number}}}' for number in range(5)]
        assert server.methods.count("initialize") == 2
        assert len(server.called) == 5
        await toolset.close()

    run(main())


def test_a_session_that_always_expires_ends_the_call() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await names(toolset)
        server.replies["tools/call"] = lambda _: as_json({"error": {"code": -1, "message": "no session"}}, 404)
        assert "no session" in await call(toolset, "echo")
        assert len(server.called) == 2
        await toolset.close()

    run(main())


def test_an_answer_with_the_status_404_is_not_asked_for_again() -> None:
    """The session is known: the server has read the request, and may have done what it asks for."""

    async def main() -> None:
        server = Server()
        error = {"code": -32000, "message": "no such record"}
        server.replies["tools/call"] = lambda m: as_json({"jsonrpc": "2.0", "id": m["id"], "error": error}, 404)
        toolset = opened(server)
        assert await call(toolset, "echo") == "!mcp.example.test: no such record (code -32000)"
        assert (len(server.called), server.sessions) == (1, 1)
        await toolset.close()

    run(main())


def test_a_page_that_cannot_read_the_session_is_told_the_header() -> None:
    async def main() -> None:
        server = Server()
        server.replies["initialize"] = lambda m: as_json(
            {
                "jsonrpc": "2.0",
                "id": m["id"],
                "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}},
            }
        )
        server.replies["tools/list"] = lambda _: LocalResponse(400, body=b"no valid session")
        toolset = opened(server)
        assert "Access-Control-Expose-Headers: Mcp-Session-Id" in await failure(toolset)
        await toolset.close()

    run(main())


def test_a_server_that_takes_no_notifications() -> None:
    class Deaf(Server):
        def __call__(self, request: Any) -> Any:
            if b'"notifications/' in request.body:
                return LocalResponse(400, body=b"no id")
            return super().__call__(request)

    async def main() -> None:
        toolset = opened(Deaf())
        assert await call(toolset, "echo") == "{}"
        await toolset.close()

    run(main())


def test_cors_headers_that_do_not_allow_the_new_ones() -> None:
    """Neither `server/discover` nor the header of the revision passes the server's preflight."""

    class Picky(Server):
        def __call__(self, request: Any) -> Any:
            if {"Mcp-Method", "MCP-Protocol-Version"} & set(request.headers):
                raise no_answer("TypeError: Failed to fetch", request.url)
            return super().__call__(request)

    async def main() -> None:
        server = Picky()
        toolset = opened(server)
        assert await call(toolset, "echo", text="hi") == '{"text": "hi"}'
        await toolset.close()

    run(main())


@pytest.mark.parametrize(
    ("status", "location", "problem"),
    [
        (307, "/mcp/", ""),
        (308, "https://mcp.example.test/mcp/", ""),
        (308, "https://evil.test/mcp", "redirects to https://evil.test/mcp: name that address"),
        (301, "/mcp/", "redirects to https://mcp.example.test/mcp/: name that address"),
        (307, "/mcp", "redirects more than 3 times"),
        (307, "http://[", "redirects to what is not a URL"),
        (307, "http://127.0.0.1/", "private network"),
        (302, "", "redirects to https://mcp.example.test/mcp: name"),
    ],
)
def test_redirects(status: int, location: str, problem: str) -> None:
    class Moved(Server):
        def __call__(self, request: Any) -> Any:
            assert request.url.startswith("https://mcp.example.test/")
            if request.url.endswith("/mcp"):
                return LocalResponse(status, {"location": location})
            return super().__call__(request)

    async def main() -> None:
        toolset = opened(Moved(), remote={"headers": {"Authorization": "Bearer key"}})
        if problem:
            assert problem in await failure(toolset)
        else:
            assert await call(toolset, "echo") == "{}"
        await toolset.close()

    run(main())


def test_an_error_for_a_request_that_the_server_could_not_read() -> None:
    async def main() -> None:
        server = Server()
        error = {"code": -32700, "message": "unreadable"}
        server.replies["tools/call"] = lambda _: as_json({"jsonrpc": "2.0", "id": None, "error": error})
        toolset = opened(server)
        assert await call(toolset, "echo") == "!mcp.example.test: unreadable (code -32700)"
        await toolset.close()

    run(main())


# Lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2025-06-18", MODERN])
def test_a_list_that_changes_is_read_again(version: str) -> None:
    async def main() -> None:
        server = Server(version)
        server.capabilities = {"tools": {"listChanged": True}, "listens": True}
        toolset = opened(server)
        assert await names(toolset) == ["echo"]
        await asyncio.sleep(1)  # the stream is opened beside
        server.tools.append(OTHER)
        assert await names(toolset) == ["echo"]
        server.push({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await asyncio.sleep(1)
        assert await names(toolset) == ["echo", "other"]
        server.end()
        await asyncio.sleep(30)
        server.push({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await asyncio.sleep(1)
        server.tools.pop()
        assert await names(toolset) == ["echo"]
        await toolset.close()

    run(main())


def test_a_tool_that_changed_after_its_approval_is_not_run() -> None:
    async def main() -> None:
        server = Server()
        server.capabilities = {"tools": {"listChanged": True}, "listens": True}
        toolset = opened(server)
        await names(toolset)
        [before] = await toolset.tools()
        await asyncio.sleep(1)
        server.tools = [{**ECHO, "annotations": {"title": "Other"}}]
        server.push({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await asyncio.sleep(1)
        with pytest.raises(ToolError, match="Not executed: the server has changed this tool"):
            await before.call({}, Context())
        [after] = await toolset.tools()
        assert after.definition != before.definition
        assert server.called == []
        await toolset.close()

    run(main())


def pages(*found: list[dict[str, Any]]) -> Any:
    """A reply to `tools/list` with these pages."""

    def reply(message: dict[str, Any]) -> dict[str, Any]:
        number = int(message["params"].get("cursor", "0"))
        more = {"nextCursor": str(number + 1)} if number + 1 < len(found) else {}
        return {"tools": found[number], **more}

    return reply


def test_pages() -> None:
    async def main() -> None:
        server = Server()
        server.replies["tools/list"] = pages([ECHO], [], [OTHER])
        toolset = opened(server)
        assert await names(toolset) == ["echo", "other"]
        await toolset.close()

    run(main())


def test_pages_without_end() -> None:
    async def main(cursor: Any) -> str:
        server = Server()
        server.replies["tools/list"] = lambda m: {"tools": [], "nextCursor": cursor(m)}
        toolset = opened(server)
        try:
            await names(toolset)
            return " ".join(toolset.warnings) + f" {len(server.seen)}"
        except ToolError as error:
            return str(error)
        finally:
            await toolset.close()

    assert "comes to the same page again" in run(main(lambda _: "again"))
    counted = run(main(lambda m: str(int(m["params"].get("cursor", "0")) + 1)))
    assert "has more tools" in counted and int(counted.split()[-1]) < 250


def test_slow_pages_do_not_hold_up_a_step_for_long() -> None:
    async def slowly(message: Any) -> LocalResponse:
        await asyncio.sleep(25)
        number = int(message["params"].get("cursor", "0")) + 1
        result = {"tools": [{**OTHER, "name": f"t{number}"}], "nextCursor": str(number)}
        return as_json({"jsonrpc": "2.0", "id": message["id"], "result": result})

    async def main() -> None:
        server = Server()
        server.replies["tools/list"] = slowly
        toolset = opened(server)
        assert await names(toolset) == ["t1", "t2"]
        assert asyncio.get_running_loop().time() == 50
        assert len(toolset.warnings) == 1
        await toolset.close()

    run(main())


def test_ten_thousand_tools() -> None:
    async def main() -> None:
        many = [{"name": f"t{number}", "inputSchema": {"type": "object"}} for number in range(10_000)]
        server = Server(tools=many)
        toolset = opened(server)
        assert len(await names(toolset)) == 1_000
        assert toolset.warnings == [
            "mcp.example.test has more tools than the first 1000: name those that are needed under tools"
        ]
        few = opened(server, tools=["t9999"])
        assert await names(few) == ["t9999"]
        await toolset.close()
        await few.close()

    run(main())


def test_schemas_that_grow_when_their_references_are_resolved() -> None:
    async def main() -> None:
        steps = {f"d{n}": {"properties": {f"p{m}": {"$ref": f"#/$defs/d{n + 1}"} for m in range(6)}} for n in range(8)}
        bomb = {"type": "object", "$defs": {**steps, "d8": {}}, "properties": {"a": {"$ref": "#/$defs/d0"}}}
        server = Server(tools=[ECHO, *({"name": f"b{number}", "inputSchema": bomb} for number in range(1_000)), OTHER])
        toolset = opened(server)
        assert await names(toolset) == ["echo"]
        assert "too large: more than 3000 parts" in toolset.warnings[0]
        assert len(toolset.warnings) <= 20
        await toolset.close()

    run(main())


def test_texts_and_schemas_that_are_too_large() -> None:
    async def main() -> None:
        deep: dict[str, Any] = {"type": "object"}
        for _ in range(60):
            deep = {"type": "object", "properties": {"a": deep}}
        wide = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(10_000)}}
        server = Server(
            tools=[
                {**ECHO, "description": "x" * 5_000_000},
                {"name": "deep", "inputSchema": deep},
                {"name": "wide", "inputSchema": wide},
                {"name": "none", "inputSchema": None},
                {"name": "text", "inputSchema": {"type": "string"}},
                {"name": 7},
                {**ECHO, "name": "n" * 2_000},
                {},
            ]
        )
        toolset = opened(server)
        assert await names(toolset) == ["echo"]
        assert len((await toolset.tools())[0].spec.description) < MAX_DESCRIPTION + 10
        assert len(toolset.warnings) == 7
        await toolset.close()

    run(main())


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
