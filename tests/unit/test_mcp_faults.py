"""Servers that are down, slow, changed, too large or hostile: the turn goes on, and nothing runs twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.tools.base import ToolError
from sparewheel.tools.mcp.toolset import MAYBE_DONE
from sparewheel.transports.base import no_answer
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.mcpserver import (
    MODERN,
    Server,
    as_json,
    call,
    names,
    opened,
)


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


@pytest.mark.parametrize("status", [400, 404])
def test_an_answer_that_has_the_word_session_is_not_asked_for_again(status: int) -> None:
    async def main() -> None:
        server = Server()
        error = {"code": -32000, "message": "charged, but the checkout session could not be closed"}
        server.replies["tools/call"] = lambda m: as_json({"jsonrpc": "2.0", "id": m["id"], "error": error}, status)
        toolset = opened(server)
        told = await call(toolset, "echo")
        assert "the checkout session could not be closed" in told
        assert told.endswith(MAYBE_DONE)
        assert len(server.called) == 1
        del server.replies["tools/call"]
        assert await call(toolset, "echo") == "{}"
        assert server.sessions == 2
        await toolset.close()

    run(main())


def test_a_call_whose_answer_the_browser_hides_may_have_been_done() -> None:
    async def hide(_: Any) -> LocalResponse:
        raise no_answer("TypeError: Failed to fetch", "https://mcp.example.test/mcp")

    async def main() -> None:
        server = Server()
        toolset = opened(server)
        server.replies["tools/call"] = hide
        told = await call(toolset, "echo")
        assert "gave no answer" in told
        assert told.endswith(MAYBE_DONE)
        assert len(server.called) == 1
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
