"""Tools that a server runs as tasks: begun, looked at, and their results fetched."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from sparewheel.tools.mcp.toolset import MAYBE_DONE
from tests.support.fakeloop import run
from tests.support.mcpserver import ECHO, Context, Server, call, names, opened, text

TASK = {**ECHO, "name": "long", "execution": {"taskSupport": "required"}}
WORKING = {"taskId": "t1", "status": "working", "pollInterval": 2000}


def server(*states: dict[str, Any]) -> Server:
    """A server whose task has these states one after the other; the last one stays."""
    made, left = Server("2025-11-25", tools=[TASK]), list(states)
    made.capabilities = {"tools": {}, "tasks": {"requests": {"tools": {"call": {}}}}}
    made.replies["tools/call"] = lambda _: {"task": left[0]}
    made.replies["tasks/get"] = lambda _: left.pop(1) if len(left) > 1 else left[0]
    made.replies["tasks/result"] = lambda _: text("Found.")
    made.replies["tasks/cancel"] = lambda _: {}
    return made


def test_a_task_is_looked_at_until_it_is_over() -> None:
    async def main() -> None:
        told = {**WORKING, "statusMessage": "Reading"}
        mine, context = server(WORKING, told, told, {**WORKING, "status": "completed"}), Context()
        toolset = opened(mine)
        await names(toolset)
        began = asyncio.get_running_loop().time()
        assert await call(toolset, "long", context, text="hi") == "Found."
        assert asyncio.get_running_loop().time() - began == pytest.approx(6, abs=0.1)
        assert mine.called[0]["task"] == {"ttl": 3_600_000}
        assert mine.methods[-4:] == ["tasks/get", "tasks/get", "tasks/get", "tasks/result"]
        assert context.reported == ["Reading"]
        await toolset.close()

    run(main())


def test_the_result_waits_for_what_the_user_is_asked() -> None:
    async def main() -> None:
        mine = server({**WORKING, "status": "input_required"})
        toolset = opened(mine)
        assert await call(toolset, "long") == "Found."
        assert "tasks/get" not in mine.methods
        await toolset.close()

    run(main())


@pytest.mark.parametrize(
    "begun", [{}, {"task": 7}, {"task": {}}, {"task": {"taskId": ""}}, {"task": {"taskId": "t" * 1001}}]
)
def test_a_task_that_is_none(begun: Any) -> None:
    async def main() -> None:
        mine = server(WORKING)
        mine.replies["tools/call"] = lambda _: begun
        toolset = opened(mine)
        assert await call(toolset, "long") == "!mcp.example.test: the server has begun no task"
        await toolset.close()

    run(main())


def test_a_task_that_never_ends_is_cancelled() -> None:
    async def main() -> None:
        mine = server({**WORKING, "pollInterval": -1e300})
        toolset = opened(mine)
        problem = "the server's task was not finished within 600 s"
        assert await call(toolset, "long") == f"!mcp.example.test: {problem}{MAYBE_DONE}"
        assert mine.methods[-1] == "tasks/cancel"
        assert mine.methods.count("tasks/get") <= 600
        await toolset.close()

    run(main())


def test_a_task_of_a_call_that_is_stopped_is_cancelled() -> None:
    async def main() -> None:
        mine = server(WORKING)
        toolset = opened(mine)
        await names(toolset)
        calling = asyncio.ensure_future(call(toolset, "long"))
        while (await mine.next_message())["method"] != "tasks/get":
            pass
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
        assert calling.cancelled()
        assert mine.methods[-1] == "tasks/cancel"
        await toolset.close()

    run(main())


def test_a_failed_task_has_its_error() -> None:
    async def main() -> None:
        mine = server({**WORKING, "status": "failed"})
        mine.replies["tasks/result"] = lambda _: {"error": {"code": -32603, "message": "out of ink"}}
        toolset = opened(mine)
        assert await call(toolset, "long") == "!mcp.example.test: out of ink (code -32603)"
        await toolset.close()

    run(main())
