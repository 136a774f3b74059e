"""The `mcp` toolset: servers of every revision are connected to, and their tools listed and called."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.tools.base import ToolError
from sparewheel.tools.mcp.toolset import MAYBE_DONE
from tests.support.fakeloop import run
from tests.support.mcpserver import MODERN, Context, Server, as_events, call, names, opened, text

VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_of_every_revision(version: str) -> None:
    async def main() -> None:
        server = Server(version)
        toolset = opened(server)
        assert await call(toolset, "echo", text="hi") == '{"text": "hi"}'
        assert await call(toolset, "echo", text="ho") == '{"text": "ho"}'
        begin = [] if version == "2024-11-05" else ["server/discover"]
        shake = [] if version == MODERN else ["initialize", "notifications/initialized"]
        assert server.methods == [*begin, *shake, "tools/list", "tools/call", "tools/call"]
        await toolset.close()

    run(main())


@pytest.mark.parametrize(("refusals", "asked"), [(1, 2), (9, 2)])
def test_a_server_that_refuses_the_revision_that_it_names_is_asked_once_more(refusals: int, asked: int) -> None:
    async def main() -> None:
        server, left = Server(MODERN), [refusals]

        def discover(_: object) -> dict[str, Any]:
            left[0] -= 1
            if left[0] < 0:
                return {"supportedVersions": [MODERN], "capabilities": {"tools": {}}}
            return {"error": {"code": -32022, "message": "Unsupported", "data": {"supported": [MODERN]}}}

        server.replies["server/discover"] = discover
        toolset = opened(server)
        if refusals > 1:
            with pytest.raises(ToolError, match="Unsupported"):
                await names(toolset)
        else:
            assert await names(toolset) == ["echo"]
        assert server.methods.count("server/discover") == asked
        await toolset.close()

    run(main())


def test_a_session_has_its_id_and_its_revision() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await call(toolset, "echo")
        headers = server.requests[-1].headers
        assert (headers["Mcp-Session-Id"], headers["MCP-Protocol-Version"]) == ("s1", "2025-06-18")
        await toolset.close()
        assert server.requests[-1].method == "DELETE"

    run(main())


def test_a_request_without_a_session_has_all_that_it_needs() -> None:
    async def main() -> None:
        server = Server(MODERN, [{"name": "écho", "inputSchema": {"type": "object"}}])
        toolset = opened(server)
        await call(toolset, "_cho")
        headers, params = server.requests[-1].headers, server.called[0]
        assert headers["Mcp-Method"] == "tools/call"
        assert headers["Mcp-Name"] == "=?base64?w6ljaG8=?="
        assert params["_meta"]["io.modelcontextprotocol/clientCapabilities"] == {"elicitation": {"form": {}, "url": {}}}
        await toolset.close()

    run(main())


def test_an_expired_session_is_renewed_once_and_the_call_is_sent_again() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await names(toolset)
        server.expired = True
        assert await call(toolset, "echo", text="hi") == '{"text": "hi"}'
        assert (server.sessions, len(server.called)) == (2, 1)
        await toolset.close()

    run(main())


def test_a_call_is_not_sent_again_if_the_new_session_has_another_tool() -> None:
    async def main() -> None:
        server = Server()
        toolset = opened(server)
        await names(toolset)
        [tool] = await toolset.tools()
        server.expired = True
        server.tools = [{**server.tools[0], "description": "Deletes."}]
        with pytest.raises(ToolError, match="has changed this tool"):
            await tool.call({}, Context())
        assert server.called == []
        await toolset.close()

    run(main())


def test_a_call_whose_stream_breaks_is_not_sent_again() -> None:
    async def main() -> None:
        server = Server()
        server.replies["tools/call"] = lambda _: as_events({"jsonrpc": "2.0", "method": "notifications/message"})
        toolset = opened(server)
        found = await call(toolset, "echo")
        assert found == f"!mcp.example.test: the server ended its response without an answer{MAYBE_DONE}"
        assert len(server.called) == 1
        await toolset.close()

    run(main())


def test_a_stream_with_ids_is_read_on_after_its_last_event() -> None:
    async def main() -> None:
        server = Server("2025-11-25")
        server.replies["tools/call"] = lambda _: as_events("id: e7\nretry: 2000\ndata:\n\n")
        toolset = opened(server)
        await names(toolset)
        respond = server._respond

        def resumed(request: object) -> object:
            if getattr(request, "headers").get("Last-Event-ID") == "e7":  # noqa: B009  # mypy has `object`
                number = server.seen[-1]["id"]
                return as_events({"jsonrpc": "2.0", "id": number, "result": text("at last")})
            return respond(request)  # type: ignore[arg-type]  # the same request

        server._respond = resumed  # type: ignore[method-assign]
        assert await call(toolset, "echo") == "at last"
        await toolset.close()

    run(main())


def test_progress_is_shown() -> None:
    def reply(message: dict[str, object]) -> object:
        params = {"progress": 1, "total": 2, "message": "half"}
        token = message["params"]["_meta"]["progressToken"]  # type: ignore[index]
        report = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {**params, "progressToken": token}}
        other = {**report, "params": {**params, "progressToken": "another"}}
        return as_events(report, other, {"jsonrpc": "2.0", "id": message["id"], "result": text("done")})

    async def main(version: str) -> None:
        server, context = Server(version), Context()
        server.replies["tools/call"] = reply
        toolset = opened(server)
        assert await call(toolset, "echo", context) == "done"
        assert context.reported == ["half (1 of 2)"]
        await toolset.close()

    run(main("2025-06-18"))
    run(main(MODERN))
