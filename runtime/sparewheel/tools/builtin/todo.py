"""`todo`: the steps of a task and their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from ..base import ToolError, ToolResult
from ..toolset import Arguments, Contents, NoArguments, make_tool, to_json

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

MAX_TODOS: Final = 200
MAX_DESCRIPTION: Final = 1_000  # characters

_INSTRUCTION = """## Todo tools

- Before a task of several steps, create a todo for each step (`create_todos` creates several at once).
- Set a todo to in-progress when you start it and to completed when it is done; `update_todos` changes several.
- Complete all todos before your final answer."""

Status = Literal["pending", "in-progress", "completed"]
Description = Annotated[str, Field(min_length=1, max_length=MAX_DESCRIPTION)]


class _Todo(BaseModel):
    id: str
    description: str
    status: Status = "pending"


class _Todos(BaseModel):
    created: int = 0  # in total, so that no id is used twice
    items: list[_Todo] = []


class _Create(Arguments):
    description: Description = Field(description="What to do.")


class _CreateMany(Arguments):
    descriptions: list[Description] = Field(
        min_length=1, max_length=MAX_TODOS, description="What to do, one entry for each todo."
    )


class _Update(Arguments):
    id: str = Field(description="The todo's id.")
    status: Status = Field(description="Its new status.")


class _UpdateMany(Arguments):
    updates: list[_Update] = Field(
        min_length=1, max_length=MAX_TODOS, description="The changes, one entry for each todo."
    )


class _Tools:
    """The calls. Each agent has its own list, unless it is `shared`."""

    def __init__(self, services: Services, shared: bool) -> None:
        self._services = services
        self._shared = shared

    def _key(self, context: ToolContext) -> str:
        return "todo" if self._shared else f"todo/{context.agent}"

    async def create(self, given: _Create, context: ToolContext) -> str:
        async with self._services.change(self._key(context), _Todos) as todos:
            return _report(todos, created=_add(todos, [given.description])[0])

    async def create_many(self, given: _CreateMany, context: ToolContext) -> str:
        async with self._services.change(self._key(context), _Todos) as todos:
            return _report(todos, created=_add(todos, given.descriptions))

    async def update(self, given: _UpdateMany, context: ToolContext) -> ToolResult:
        async with self._services.change(self._key(context), _Todos) as todos:
            by_id = {todo.id: todo for todo in todos.items}
            missing = [update.id[:100] for update in given.updates if update.id not in by_id]
            for update in given.updates:
                if update.id in by_id:
                    by_id[update.id].status = update.status
            facts = {"not_found": missing} if missing else {}
            return ToolResult(_report(todos, **facts), is_error=len(missing) == len(given.updates))

    async def list(self, given: NoArguments, context: ToolContext) -> str:
        return _report(await self._services.load(self._key(context), _Todos))


def _add(todos: _Todos, descriptions: list[str]) -> list[dict[str, Any]]:
    """Add todos; where there would be too many, the oldest completed ones are dropped."""
    excess = len(todos.items) + len(descriptions) - MAX_TODOS
    done = [todo for todo in todos.items if todo.status == "completed"]
    if excess > len(done):
        raise ToolError(
            f"There is room for {MAX_TODOS} todos, and {len(todos.items) - len(done)} are not completed. "
            "Nothing was added: complete some first, or create fewer and larger ones."
        )
    dropped = {todo.id for todo in done[: max(excess, 0)]}
    added = [
        _Todo(id=f"todo_{number}", description=description)
        for number, description in enumerate(descriptions, todos.created + 1)
    ]
    todos.created += len(added)
    todos.items = [*(todo for todo in todos.items if todo.id not in dropped), *added]
    return [todo.model_dump() for todo in added]


def _report(todos: _Todos, **facts: Any) -> str:
    still_open = sum(todo.status != "completed" for todo in todos.items)
    report = {**facts, "all_todos": [todo.model_dump() for todo in todos.items]}
    if still_open:
        report["reminder"] = f"{still_open} of {len(todos.items)} not completed yet."
    return to_json(report)


def todo(entry: ToolsetConfig, services: Services) -> Contents:
    calls = _Tools(services, entry.shared)
    # Marked read-only although they write: the list is the agent's own, so no approval is needed.
    tools = [
        make_tool("create_todo", "Adds one todo.", _Create, calls.create, read_only=True, exclusive=True),
        make_tool(
            "create_todos", "Adds several todos.", _CreateMany, calls.create_many, read_only=True, exclusive=True
        ),
        make_tool(
            "update_todos", "Sets the status of todos.", _UpdateMany, calls.update, read_only=True, exclusive=True
        ),
        make_tool("list_todos", "Lists all todos with their status.", NoArguments, calls.list, read_only=True),
    ]
    return Contents(tools, _INSTRUCTION)
