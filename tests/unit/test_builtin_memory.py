"""The `memory` toolset."""

from __future__ import annotations

import json

import pytest

from sparewheel.tools.base import ToolResult
from sparewheel.tools.builtin.memory import MAX_LENGTH, MAX_MEMORIES
from tests.support.builtintools import call, flags, opened, services

FIRST = {"id": "memory_1", "created_at": "2026-01-01T12:01:00Z", "memory": "Likes green tea", "category": "preference"}
SECOND = {"id": "memory_2", "created_at": "2026-01-01T12:02:00Z", "memory": "Lives in Oslo"}


async def test_memories_are_kept_found_changed_and_forgotten() -> None:
    session = services()
    memories = opened("memory", session)
    added = await call(memories, "add_memory", memory="Likes green tea", category="preference")
    assert added == ToolResult("Memory added: memory_1.")
    await call(memories, "add_memory", memory="Lives in Oslo")
    assert json.loads((await call(opened("memory", session), "get_memories")).output) == [FIRST, SECOND]
    updated = await call(memories, "update_memory", id="memory_1", memory="Likes black tea")
    assert updated == ToolResult("Memory updated: memory_1.")
    changed = {**FIRST, "memory": "Likes black tea"}
    assert json.loads((await call(memories, "get_memories")).output) == [changed, SECOND]
    assert await call(memories, "delete_memory", id="memory_2") == ToolResult("Memory deleted: memory_2.")
    await call(memories, "add_memory", memory="Lives in Bergen")
    assert [each["id"] for each in json.loads((await call(memories, "get_memories")).output)] == [
        "memory_1",
        "memory_3",
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"query": "TEA likes"}, [FIRST]),
        ({"query": "tea oslo"}, []),
        ({"category": "Preference"}, [FIRST]),
        ({"query": "oslo", "category": "preference"}, []),
        ({}, [FIRST, SECOND]),
    ],
)
async def test_search(arguments: dict[str, str], found: list[dict[str, str]]) -> None:
    memories = opened("memory")
    await call(memories, "add_memory", memory="Likes green tea", category="preference")
    await call(memories, "add_memory", memory="Lives in Oslo")
    assert json.loads((await call(memories, "search_memories", **arguments)).output) == found


@pytest.mark.parametrize(("name", "more"), [("update_memory", {"memory": "x"}), ("delete_memory", {})])
async def test_a_memory_that_is_not_there(name: str, more: dict[str, str]) -> None:
    result = await call(opened("memory"), name, id="m" * 500, **more)
    assert result == ToolResult(
        f"There is no memory '{'m' * 100}…': use search_memories or get_memories to find one.", is_error=True
    )


async def test_sizes_are_bounded() -> None:
    memories = opened("memory")
    long = await call(memories, "add_memory", memory="x" * (MAX_LENGTH + 1))
    assert long == ToolResult(f"arguments.memory must be shorter than or equal to {MAX_LENGTH} characters", True)
    for _ in range(MAX_MEMORIES):
        await call(memories, "add_memory", memory="x")
    refused = await call(memories, "add_memory", memory="x")
    assert refused == ToolResult(f"There are {MAX_MEMORIES} memories already: delete or update some instead.", True)


async def test_what_changes_memories_needs_approval() -> None:
    assert await flags(opened("memory")) == {
        "add_memory": "alone",
        "get_memories": "read",
        "delete_memory": "alone",
        "search_memories": "read",
        "update_memory": "alone",
    }
