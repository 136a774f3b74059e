"""What a tool is, and what it may do while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Mapping, Sequence

    from ..providers.base import ToolSpec

DEFAULT_TIMEOUT: Final = 120.0  # seconds
# Seconds. A browser's timer counts milliseconds in 31 bits; one that is set for longer rings at once.
_MAX_TIMEOUT: Final = 2_000_000.0


def seconds(timeout: float) -> float | None:
    """`timeout` as asyncio takes it: None for 0 and for what is too long to be counted, which are no limit."""
    return timeout if 0 < timeout < _MAX_TIMEOUT else None


def distinct(name: str, taken: Container[str]) -> str:
    """`name`, or if it is taken, the first of `name_2`, `name_3`, ... that is not."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


class ToolError(Exception):
    """What a tool raises to tell the model what went wrong. The text goes to the model; a turn never fails by it."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model gets to read. `is_error` says that the call did not do what was asked."""

    output: str
    is_error: bool = False


class ToolContext(Protocol):
    """What the loop offers to a running tool."""

    call_id: str
    agent: str

    def progress(self, output: str) -> None:
        """Show the user how far the call is; becomes a `tool_output` event."""

    async def ask_user(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the user (`elicitation`); `{action: accept|decline|cancel, content?}`. Declined when nobody is there."""


Call: TypeAlias = "Callable[[dict[str, Any], ToolContext], Awaitable[ToolResult | str]]"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as the loop runs it.

    `call` gets the arguments, which have been checked against `spec.parameters`; it may raise `ToolError`, and any
    other exception becomes an error result too. It is cancelled when the turn is stopped or after `timeout` seconds
    (0: never); one that goes on nevertheless is left behind, and nothing that it says then is heard. A `read_only` tool
    needs no approval. An `exclusive` one runs with no other call of the step beside it.
    """

    spec: ToolSpec
    call: Call
    read_only: bool = False
    exclusive: bool = False
    timeout: float = DEFAULT_TIMEOUT


class Toolset(Protocol):
    """A source of tools, opened once for a session."""

    name: str

    async def tools(self) -> Sequence[Tool]:
        """The tools it has now; asked at the start of every turn. With a `ToolError` it has none, and says why."""

    async def close(self) -> None:
        """The session has ended."""


@dataclass(slots=True)
class Registry:
    """The tools of one agent by name, the first source winning; what could not be had is in `warnings`."""

    tools: dict[str, Tool] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    async def add(self, toolset: Toolset) -> None:
        """Take a source's tools. A source that fails costs its own tools and nothing else."""
        try:
            found = await toolset.tools()
        except Exception as error:  # one bad source must not take the agent down
            self.warnings.append(f"The tools of {toolset.name} are not available: {error}")
            return
        self.warnings += getattr(toolset, "warnings", ())  # what a source could not make tools of
        for tool in found:
            if tool.spec.name in self.tools:
                self.warnings.append(f"{toolset.name} has another tool named {tool.spec.name}; the first one is used.")
            else:
                self.tools[tool.spec.name] = tool

    @property
    def specs(self) -> list[ToolSpec]:
        return [tool.spec for tool in self.tools.values()]
