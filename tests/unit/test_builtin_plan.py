"""The `plan` toolset."""

from __future__ import annotations

import json

import pytest

from sparewheel.tools.base import ToolResult
from sparewheel.tools.builtin.plan import MAX_CONTENT, MAX_PLANS
from tests.support.builtintools import call, flags, opened, services

WRITTEN = {"name": "move", "title": "Moving", "revision": 1, "updated_at": "2026-01-01T12:01:00Z"}


async def test_a_plan_from_its_first_word_to_its_end() -> None:
    plans = opened("plan")
    assert json.loads((await call(plans, "list_plans")).output) == {"plans": []}
    written = await call(plans, "write_plan", name="move", content="# Move\n1. pack", title="Moving")
    assert json.loads(written.output) == WRITTEN
    changed = await call(plans, "write_plan", name="move", content="# Move\n1. packed", author="root")
    second = {**WRITTEN, "author": "root", "revision": 2, "updated_at": "2026-01-01T12:02:00Z"}
    assert json.loads(changed.output) == second
    status = await call(plans, "set_plan_status", name="move", status="done")
    assert status == ToolResult('{"name":"move","status":"done","revision":3}')
    assert await call(plans, "get_plan_status", name="move") == status
    third = {**second, "status": "done", "revision": 3, "updated_at": "2026-01-01T12:03:00Z"}
    assert json.loads((await call(plans, "read_plan", name="move")).output) == {
        **third,
        "content": "# Move\n1. packed",
    }
    assert json.loads((await call(plans, "list_plans")).output) == {"plans": [third]}
    assert await call(plans, "delete_plan", name="move") == ToolResult('{"deleted":"move"}')
    assert json.loads((await call(plans, "list_plans")).output) == {"plans": []}


async def test_what_changes_a_plan_needs_approval() -> None:
    assert await flags(opened("plan")) == {
        "write_plan": "alone",
        "read_plan": "read",
        "list_plans": "read",
        "delete_plan": "alone",
        "set_plan_status": "alone",
        "get_plan_status": "read",
    }


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("write_plan", {"content": "new"}),
        ("set_plan_status", {"status": "done"}),
        ("delete_plan", {}),
    ],
)
async def test_a_plan_that_somebody_changed_is_left_alone(name: str, arguments: dict[str, str]) -> None:
    plans = opened("plan")
    await call(plans, "write_plan", name="p", content="old")
    await call(plans, "set_plan_status", name="p", status="busy", last_known_revision=1)
    result = await call(plans, name, name="p", last_known_revision=1, **arguments)
    assert result == ToolResult(
        "The plan 'p' has been changed: it is at revision 2, not 1. "
        "Read it again, then repeat the call with that revision.",
        is_error=True,
    )
    read = json.loads((await call(plans, "read_plan", name="p")).output)
    assert (read["content"], read["status"], read["revision"]) == ("old", "busy", 2)


@pytest.mark.parametrize("name", ["read_plan", "get_plan_status", "delete_plan"])
async def test_a_plan_that_is_not_there(name: str) -> None:
    plans = opened("plan")
    await call(plans, "write_plan", name="other", content="x")
    result = await call(plans, name, name="missing")
    assert result == ToolResult("There is no plan 'missing'. There are: other.", is_error=True)


async def test_a_status_makes_no_plan() -> None:
    plans = opened("plan")
    result = await call(plans, "set_plan_status", name="new", status="x")
    assert result == ToolResult("There is no plan 'new'. There are: none.", is_error=True)


@pytest.mark.parametrize("name", ["", "../etc", "A", "a b", "-a", "a\0", "x" * 101])
async def test_names_are_plain(name: str) -> None:
    result = await call(opened("plan"), "write_plan", name=name, content="x")
    assert result == ToolResult("arguments.name must match pattern ^[a-z0-9][a-z0-9_-]{0,99}$", is_error=True)


async def test_sizes_are_bounded() -> None:
    plans = opened("plan")
    long = await call(plans, "write_plan", name="p", content="x" * (MAX_CONTENT + 1))
    assert long == ToolResult(f"arguments.content must be shorter than or equal to {MAX_CONTENT} characters", True)
    for number in range(MAX_PLANS):
        await call(plans, "write_plan", name=f"p{number}", content="x")
    refused = await call(plans, "write_plan", name="p", content="x")
    assert refused == ToolResult(f"There are {MAX_PLANS} plans already: delete one first.", is_error=True)
    assert not (await call(plans, "write_plan", name="p0", content="y")).is_error


async def test_agents_of_a_session_share_plans() -> None:
    session = services()
    await call(opened("plan", session), "write_plan", name="p", content="x")
    assert json.loads((await call(opened("plan", session), "read_plan", name="p")).output)["content"] == "x"
