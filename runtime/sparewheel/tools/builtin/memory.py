"""`memory`: notes that the agent keeps for later, found by keyword and category."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, Field

from ..base import ToolError
from ..toolset import Arguments, Contents, NoArguments, make_tool, shown, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

MAX_MEMORIES: Final = 1_000
MAX_LENGTH: Final = 4_000  # characters
_KEY: Final = "memory"

_INSTRUCTION = """## Memory tools

- Before you act, look for what you already know: `search_memories` by keyword or category, `get_memories` for all.
- Store what will matter later: preferences, corrections, decisions, facts of the project. Do not announce it.
- Use `update_memory` for what has changed; add only what is new.
- Useful categories: preference, fact, project, decision."""

Text = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]
Category = Annotated[str, Field(max_length=100)]


class _Memory(BaseModel):
    id: str
    created_at: str
    memory: str
    category: str = ""

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in self.model_dump().items() if value != ""}


class _Memories(BaseModel):
    created: int = 0  # in total, so that no id is used twice
    items: dict[str, _Memory] = {}


class _Add(Arguments):
    memory: Text = Field(description="The text to remember.")
    category: Category = Field("", description="A category, such as preference, fact or project.")


class _Identified(Arguments):
    id: str = Field(description="The memory's id.")


class _Search(Arguments):
    query: str = Field("", max_length=1_000, description="Keywords, separated by spaces; all of them must occur.")
    category: Category = Field("", description="Only memories of this category.")


class _Update(_Identified):
    memory: Text = Field(description="The new text.")
    category: Category = Field("", description="Its new category; unchanged if omitted.")


class _Tools:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def add(self, given: _Add, _: ToolContext) -> str:
        async with self._services.change(_KEY, _Memories) as memories:
            if len(memories.items) >= MAX_MEMORIES:
                raise ToolError(f"There are {MAX_MEMORIES} memories already: delete or update some instead.")
            memories.created += 1
            identity = f"memory_{memories.created}"
            created_at = self._services.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            memories.items[identity] = _Memory(
                id=identity, created_at=created_at, memory=given.memory, category=given.category
            )
        return f"Memory added: {identity}."

    async def update(self, given: _Update, _: ToolContext) -> str:
        async with self._services.change(_KEY, _Memories) as memories:
            known = _find(memories, given.id)
            known.memory = given.memory
            known.category = given.category or known.category
        return f"Memory updated: {given.id}."

    async def delete(self, given: _Identified, _: ToolContext) -> str:
        async with self._services.change(_KEY, _Memories) as memories:
            del memories.items[_find(memories, given.id).id]
        return f"Memory deleted: {given.id}."

    async def get(self, given: NoArguments, _: ToolContext) -> str:
        return _report((await self._services.load(_KEY, _Memories)).items.values())

    async def search(self, given: _Search, _: ToolContext) -> str:
        words = given.query.casefold().split()
        category = given.category.casefold()
        memories = (await self._services.load(_KEY, _Memories)).items.values()
        return _report(
            memory
            for memory in memories
            if all(word in memory.memory.casefold() for word in words)
            and (not category or memory.category.casefold() == category)
        )


def _find(memories: _Memories, identity: str) -> _Memory:
    memory = memories.items.get(identity)
    if memory is None:
        raise ToolError(f"There is no memory {shown(identity)}: use search_memories or get_memories to find one.")
    return memory


def _report(memories: Iterable[_Memory]) -> str:
    return to_json([memory.facts() for memory in memories])


def memory(entry: ToolsetConfig, services: Services) -> Contents:
    calls = _Tools(services)
    tools = [
        make_tool("add_memory", "Stores a new memory.", _Add, calls.add, exclusive=True),
        make_tool("get_memories", "Reads all memories.", NoArguments, calls.get, read_only=True),
        make_tool("delete_memory", "Deletes a memory.", _Identified, calls.delete, exclusive=True),
        make_tool("search_memories", "Finds memories by keyword or category.", _Search, calls.search, read_only=True),
        make_tool("update_memory", "Changes a memory.", _Update, calls.update, exclusive=True),
    ]
    return Contents(tools, _INSTRUCTION)
