"""Lists of tools that change, have many pages, or are too large."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.tools.base import ToolError
from sparewheel.tools.mcp.definitions import MAX_DESCRIPTION
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.mcpserver import (
    ECHO,
    MODERN,
    OTHER,
    Context,
    Server,
    as_json,
    names,
    opened,
)


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
