"""`plan`: named documents that all agents of a session can read and change."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, Field

from ..base import ToolError
from ..toolset import Arguments, Contents, NoArguments, make_tool, shown, to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

MAX_PLANS: Final = 100
MAX_CONTENT: Final = 200_000  # characters
_KEY: Final = "plan"

_INSTRUCTION = """## Plan tools

Plans are named documents that all agents of this session share.

- `list_plans` lists them; read a plan before you act on it or change it.
- `write_plan` replaces the whole content, so keep what is still needed. Set title and author (your name).
- The status is a word of your choice (in-progress, blocked, done); `set_plan_status` changes only the status.
- Every change raises the revision. Pass the revision you read as last_known_revision: if another agent has changed the
  plan since then, nothing is written; read it again.
- Names consist of lower-case letters, digits, `-` and `_`."""

Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,99}$")]
Label = Annotated[str, Field(max_length=200)]
Revision = Annotated[int, Field(ge=0)]


class _Plan(BaseModel):
    name: str
    title: str = ""
    author: str = ""
    status: str = ""
    revision: int = 0
    updated_at: str = ""
    content: str = ""

    def summary(self) -> dict[str, Any]:
        """The fields that are set, without the content."""
        return {key: value for key, value in self.model_dump(exclude={"content"}).items() if value != ""}


class _Plans(BaseModel):
    plans: dict[str, _Plan] = {}


class _Named(Arguments):
    name: Name = Field(description="The plan's name.")


class _Guarded(_Named):
    last_known_revision: Revision | None = Field(
        None, description="The revision you read; the call fails if the plan has a newer one."
    )


class _Write(_Guarded):
    content: str = Field(
        min_length=1,
        max_length=MAX_CONTENT,
        description="The whole plan in Markdown; replaces the former content.",
    )
    title: Label = Field("", description="A title; unchanged if omitted.")
    author: Label = Field("", description="The author, such as your name; unchanged if omitted.")
    status: Label = Field("", description="The status; unchanged if omitted.")


class _SetStatus(_Guarded):
    status: str = Field(min_length=1, max_length=200, description="The new status.")


class _Tools:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def write(self, given: _Write, _: ToolContext) -> str:
        async with self._changing(given, create=True) as plan:
            plan.content = given.content
            plan.title = given.title or plan.title
            plan.author = given.author or plan.author
            plan.status = given.status or plan.status
        return to_json(plan.summary())

    async def set_status(self, given: _SetStatus, _: ToolContext) -> str:
        async with self._changing(given) as plan:
            plan.status = given.status
        return to_json(_status(plan))

    async def get_status(self, given: _Named, _: ToolContext) -> str:
        return to_json(_status(await self._find(given.name)))

    async def read(self, given: _Named, _: ToolContext) -> str:
        plan = await self._find(given.name)
        return to_json({**plan.summary(), "content": plan.content})

    async def list(self, given: NoArguments, _: ToolContext) -> str:
        plans = (await self._services.load(_KEY, _Plans)).plans
        return to_json({"plans": [plans[name].summary() for name in sorted(plans)]})

    async def delete(self, given: _Guarded, _: ToolContext) -> str:
        async with self._services.change(_KEY, _Plans) as stored:
            _check_revision(_known(stored, given.name), given)
            del stored.plans[given.name]
        return to_json({"deleted": given.name})

    @asynccontextmanager
    async def _changing(self, given: _Guarded, *, create: bool = False) -> AsyncIterator[_Plan]:
        """Yield the plan for changes, then raise its revision and store it."""
        async with self._services.change(_KEY, _Plans) as stored:
            if create and given.name not in stored.plans:
                if len(stored.plans) >= MAX_PLANS:
                    raise ToolError(f"There are {MAX_PLANS} plans already: delete one first.")
                stored.plans[given.name] = _Plan(name=given.name)
            plan = _known(stored, given.name)
            _check_revision(plan, given)
            yield plan
            plan.revision += 1
            plan.updated_at = self._services.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def _find(self, name: str) -> _Plan:
        return _known(await self._services.load(_KEY, _Plans), name)


def _known(stored: _Plans, name: str) -> _Plan:
    plan = stored.plans.get(name)
    if plan is None:
        names = ", ".join(sorted(stored.plans)) or "none"
        raise ToolError(f"There is no plan {shown(name)}. There are: {names[:1000]}.")
    return plan


def _check_revision(plan: _Plan, given: _Guarded) -> None:
    if given.last_known_revision not in (None, plan.revision):
        raise ToolError(
            f"The plan {shown(plan.name)} has been changed: it is at revision {plan.revision}, not "
            f"{given.last_known_revision}. Read it again, then repeat the call with that revision."
        )


def _status(plan: _Plan) -> dict[str, Any]:
    return {"name": plan.name, "status": plan.status, "revision": plan.revision}


def plan(entry: ToolsetConfig, services: Services) -> Contents:
    calls = _Tools(services)
    tools = [
        make_tool("write_plan", "Creates a plan or replaces its content.", _Write, calls.write, exclusive=True),
        make_tool(
            "read_plan", "Reads a plan: content, title, author, status, revision.", _Named, calls.read, read_only=True
        ),
        make_tool("list_plans", "Lists all plans, without their content.", NoArguments, calls.list, read_only=True),
        make_tool("delete_plan", "Deletes a plan.", _Guarded, calls.delete, exclusive=True),
        make_tool("set_plan_status", "Sets a plan's status.", _SetStatus, calls.set_status, exclusive=True),
        make_tool("get_plan_status", "Reads a plan's status and revision.", _Named, calls.get_status, read_only=True),
    ]
    return Contents(tools, _INSTRUCTION)
