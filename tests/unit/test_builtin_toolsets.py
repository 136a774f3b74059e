"""What all built-in toolsets have in common: options, schemas, errors. And `think`, which has little else."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.config.unsupported import TOOLSETS
from sparewheel.errors import ConfigError
from sparewheel.jsonschema.dialects import normalise
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.registry import TYPES, open_toolset
from tests.support.builtintools import Context, call, flags, opened, services

STATIC = sorted(set(TYPES) - {"api", "openapi"})


def test_every_type_that_a_file_may_name_is_there() -> None:
    assert set(TYPES) == TOOLSETS - {"code", "python", "mcp"}


def test_another_type_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        open_toolset(ToolsetConfig(type="shell"), services())
    assert caught.value.info.message == 'toolset type "shell" is not built in.'


@pytest.mark.parametrize("kind", STATIC)
async def test_schemas_suit_every_api(kind: str) -> None:
    needed: dict[str, dict[str, Any]] = {
        "model_picker": {"models": ["openai/small"]},
        "rag": {"rag_config": {"strategies": [{"type": "bm25"}]}},
    }
    for tool in await opened(kind, **needed.get(kind, {})).tools():
        for dialect in ("openai", "anthropic", "gemini"):
            normalise(tool.spec.parameters, dialect)
        assert tool.spec.parameters["type"] == "object"
        assert tool.spec.description


async def test_tools_are_kept_by_name() -> None:
    assert await flags(opened("todo", tools=["list_todos"])) == {"list_todos": "read"}


def test_a_name_to_keep_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        opened("plan", tools=["read_plan", "export_plan_to_file"])
    assert caught.value.info.message == "The plan toolset has no tool named export_plan_to_file."


async def test_readonly_keeps_what_changes_nothing() -> None:
    assert list(await flags(opened("memory", readonly=True))) == ["get_memories", "search_memories"]


def test_an_instruction_takes_the_place_of_ours_and_may_hold_it() -> None:
    ours = opened("think").instruction
    assert ours.startswith("## Think tool")
    assert opened("think", instruction="Think twice.").instruction == "Think twice."
    assert opened("think", instruction="A {ORIGINAL_INSTRUCTIONS} B").instruction == f"A {ours} B"


def test_a_toolset_is_called_by_its_name() -> None:
    assert [opened("think").name, opened("think", name="pondering").name] == ["think", "pondering"]


async def test_think_says_little() -> None:
    toolset = opened("think")
    assert await flags(toolset) == {"think": "read"}
    assert await call(toolset, "think", thought="x" * 100_000) == ToolResult("Noted.")


async def test_arguments_are_checked_again_behind_the_schema() -> None:
    [tool] = await opened("think").tools()
    for given, problem in (
        ({"thought": 1}, "The arguments do not match the schema. thought: must be text; put 1 in quotes"),
        ({"thought": "\ud800"}, "The arguments are nested too deeply, or contain half a character (a lone surrogate)."),
    ):
        with pytest.raises(ToolError) as caught:
            await tool.call(given, Context())
        assert str(caught.value) == problem


async def test_a_closed_toolset_can_be_asked_again() -> None:
    toolset = opened("think")
    first = await toolset.tools()
    assert await toolset.tools() is first
    await toolset.close()
    assert [tool.spec.name for tool in await toolset.tools()] == ["think"]
