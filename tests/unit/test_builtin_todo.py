"""The `todo` toolset."""

from __future__ import annotations

import asyncio
import json

from sparewheel.tools.base import ToolResult
from sparewheel.tools.builtin.todo import MAX_TODOS
from tests.support.builtintools import Context, call, flags, opened, services


def todo(number: int, description: str, status: str = "pending") -> dict[str, str]:
    return {"id": f"todo_{number}", "description": description, "status": status}


async def test_a_list_is_made_worked_off_and_read() -> None:
    todos = opened("todo")
    assert json.loads((await call(todos, "create_todo", description="plan")).output) == {
        "created": todo(1, "plan"),
        "all_todos": [todo(1, "plan")],
        "reminder": "1 of 1 not completed yet.",
    }
    assert json.loads((await call(todos, "create_todos", descriptions=["build", "test"])).output) == {
        "created": [todo(2, "build"), todo(3, "test")],
        "all_todos": [todo(1, "plan"), todo(2, "build"), todo(3, "test")],
        "reminder": "3 of 3 not completed yet.",
    }
    changes = [{"id": "todo_1", "status": "completed"}, {"id": "todo_9", "status": "completed"}]
    result = await call(todos, "update_todos", updates=changes)
    assert not result.is_error
    assert json.loads(result.output) == {
        "not_found": ["todo_9"],
        "all_todos": [todo(1, "plan", "completed"), todo(2, "build"), todo(3, "test")],
        "reminder": "2 of 3 not completed yet.",
    }
    await call(todos, "update_todos", updates=[{"id": f"todo_{n}", "status": "completed"} for n in (2, 3)])
    assert json.loads((await call(todos, "list_todos")).output) == {
        "all_todos": [todo(n, text, "completed") for n, text in enumerate(["plan", "build", "test"], 1)]
    }


async def test_an_update_of_nothing_is_an_error() -> None:
    result = await call(opened("todo"), "update_todos", updates=[{"id": "x", "status": "pending"}])
    assert result == ToolResult('{"not_found":["x"],"all_todos":[]}', is_error=True)


async def test_writing_needs_no_approval_but_is_done_alone() -> None:
    assert await flags(opened("todo")) == {
        "create_todo": "read alone",
        "create_todos": "read alone",
        "update_todos": "read alone",
        "list_todos": "read",
    }


async def test_a_status_that_is_none_is_refused() -> None:
    result = await call(opened("todo"), "update_todos", updates=[{"id": "todo_1", "status": "done"}])
    assert result.is_error
    assert "must be one of ['pending', 'in-progress', 'completed']" in result.output


async def test_ten_thousand_todos_are_too_many() -> None:
    todos = opened("todo")
    result = await call(todos, "create_todos", descriptions=["x"] * 10_000)
    assert result == ToolResult(f"arguments.descriptions must contain less than or equal to {MAX_TODOS} items", True)
    assert (await call(todos, "list_todos")).output == '{"all_todos":[]}'


async def test_completed_todos_give_way_and_open_ones_do_not() -> None:
    todos = opened("todo")
    await call(todos, "create_todos", descriptions=[f"t{number}" for number in range(1, MAX_TODOS + 1)])
    refused = await call(todos, "create_todo", description="one more")
    assert refused == ToolResult(
        f"There is room for {MAX_TODOS} todos, and {MAX_TODOS} are not completed. "
        "Nothing was added: complete some first, or create fewer and larger ones.",
        is_error=True,
    )
    await call(todos, "update_todos", updates=[{"id": f"todo_{n}", "status": "completed"} for n in (2, 5)])
    await call(todos, "create_todo", description="one more")
    left = [each["id"] for each in json.loads((await call(todos, "list_todos")).output)["all_todos"]]
    assert left == [f"todo_{number}" for number in range(1, MAX_TODOS + 2) if number != 2]


async def test_lists_are_shared_when_the_file_says_so() -> None:
    session = services()
    own, shared = opened("todo", session), opened("todo", session, shared=True)
    await call(own, "create_todo", Context(agent="a"), description="mine")
    await call(shared, "create_todo", Context(agent="a"), description="ours")
    assert (await call(own, "list_todos", Context(agent="b"))).output == '{"all_todos":[]}'
    assert json.loads((await call(shared, "list_todos", Context(agent="b"))).output)["all_todos"] == [todo(1, "ours")]


async def test_the_list_outlives_its_toolset() -> None:
    session = services()
    await call(opened("todo", session), "create_todo", description="stay")
    await opened("todo", session).close()
    assert json.loads((await call(opened("todo", session), "list_todos")).output)["all_todos"] == [todo(1, "stay")]


async def test_sub_agents_side_by_side_lose_nothing() -> None:
    session = services()
    shared = opened("todo", session, shared=True)
    kept = session.store.get

    async def slow(key: str) -> str | None:
        await asyncio.sleep(0)
        return await kept(key)

    session.store.get = slow  # type: ignore[method-assign]  # a store that lets others run
    await asyncio.gather(*(call(shared, "create_todo", description=f"t{number}") for number in range(5)))
    assert len(json.loads((await call(shared, "list_todos")).output)["all_todos"]) == 5
