"""The interface of tools and of their sources."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Mapping, Sequence

    from ..annotations import Annotation
    from ..events import SignIn
    from ..media import Media
    from ..page.code_messages import CodeSetup
    from ..providers.base import ToolSpec

DEFAULT_TIMEOUT: Final = 120.0  # seconds
SEARCH: Final = "search_tool"  # finds deferred tools; a server's tool must not take its place in a conversation
MAX_SHOWN: Final = 40  # tools of an agent, if the agent file does not say which of them have to be found
# Seconds. A browser's timer counts milliseconds in 31 bits, and fires at once when it is set for longer.
_MAX_TIMEOUT: Final = 2_000_000.0
# Visible ASCII: no name can look like the name of another tool.
_NAME: Final = re.compile(r"[!-~]+")


def seconds(timeout: float) -> float | None:
    """A timeout in the form that asyncio takes: None (no limit) for 0 and for more than a timer can count."""
    return timeout if 0 < timeout < _MAX_TIMEOUT else None


def distinct(name: str, taken: Container[str]) -> str:
    """`name`, or if it is taken, the first of `name_2`, `name_3`, ... that is free."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


class ToolError(Exception):
    """Raised by a tool to tell the model what went wrong. The text goes to the model, and the turn goes on."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The text that the model receives. `is_error` marks a call that failed. `sources`: what the text quotes.

    `media` are shown to the user; models get those of `media.SENT`, so that `output` has to name them all.
    """

    output: str
    is_error: bool = False
    sources: Sequence[Annotation] = ()
    media: Sequence[Media] = ()


class AskUser(Protocol):
    """Asks the user, by an `elicitation` event."""

    async def __call__(
        self, message: str, schema: Mapping[str, Any], *, url: str = "", sign_in: SignIn | None = None
    ) -> dict[str, Any]:
        """Ask, and wait for the answer: `{action: accept|decline|cancel, content?}`.

        Without a user to ask the action is `decline`, after the time limit for approvals it is `cancel`.

        Args:
            message: the question.
            schema: the JSON schema of the answer's content.
            url: an address that the user is to open instead of filling in a form.
            sign_in: set if `url` signs the session in to a server: then the answer comes when the user is back, and its
                content has the parameters of the address to which the user was sent back.

        Raises:
            ToolError: the schema cannot be written as JSON.
        """


async def unattended(*_: object, **_options: object) -> dict[str, Any]:
    """An `AskUser` without a user."""
    return {"action": "decline"}


class ToolContext(Protocol):
    """What a running tool may use of the session.

    `idempotency_key` is the same for this call whenever it runs again, after a crash for one, and differs from that of
    every other call: a server that takes such keys does the same thing only once.
    """

    call_id: str
    agent: str
    idempotency_key: str

    def progress(self, output: str) -> None:
        """Show progress to the user, as a `tool_output` event."""

    @property
    def ask_user(self) -> AskUser:
        """Asks the user."""


# Whether a model has to find tools before it sees them; a list names those. None: if there are too many.
Defer: TypeAlias = "bool | list[str] | None"
Call: TypeAlias = "Callable[[dict[str, Any], ToolContext], Awaitable[ToolResult | str]]"
# Calls a tool of the agent by its name, for a call with the context.
CallTool: TypeAlias = "Callable[[str, dict[str, Any], ToolContext], Awaitable[ToolResult]]"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Args:
        spec: name, description and schema, as the model sees them.
        call: receives arguments that match `spec.parameters`. May raise `ToolError`; any other exception becomes an
            error result as well. It is cancelled when the turn is aborted or the timeout has passed; what it returns
            after that is ignored.
        read_only: it changes nothing, so it needs no approval.
        exclusive: it never runs at the same time as other calls of the step.
        timeout: seconds, 0 for none.
        definition: what runs, as text: source code, or the entry of an agent file. A permanent approval ends when it
            changes.
        version: where what runs can change while the session is open: returns the name of its present version.
        sandboxed: it runs in the code sandbox, without network, storage and keys.
        with_tools: makes a tool of it that can call other tools, by the function that is passed.
    """

    spec: ToolSpec
    call: Call
    read_only: bool = False
    exclusive: bool = False
    timeout: float = DEFAULT_TIMEOUT
    definition: str = field(default="", repr=False)
    version: Callable[[], Awaitable[str]] | None = None
    sandboxed: bool = False
    with_tools: Callable[[Sequence[ToolSpec], CallTool], Tool] | None = None


class Toolset(Protocol):
    """A source of tools, opened once for a session.

    It may have an attribute `defer`. One whose tools have the names that a server gave them also has `renamed(tool,
    taken)`, which returns the tool under a name that is not taken.
    """

    name: str

    async def tools(self) -> Sequence[Tool]:
        """The tools it has now. Called before every step; `ToolError` means that it has none, and why."""

    async def close(self) -> None:
        """Release what the toolset holds. Called when the session ends."""


@runtime_checkable
class Connecting(Toolset, Protocol):
    """A source of tools that has to connect to a server first."""

    async def connect(self, ask: AskUser) -> None:
        """Connect, unless it is connected. Called before each step, for all sources of an agent side by side.

        A failure is not raised here, but by `tools`.
        """


@runtime_checkable
class Coding(Toolset, Protocol):
    """A source whose tool runs code in the sandbox, which the page does as well."""

    async def setup(self, code: str) -> CodeSetup:
        """What a run of this code is given. Raises `ToolError` if a package cannot be had."""


@dataclass(slots=True)
class Registry:
    """The tools of one agent by name. Of two with one name the first is kept; `warnings` tell what is left out.

    `sources` are the names of their toolsets, `deferrals` the `defer` of these. `hidden` are the tools that a model has
    to find, `shown` those that it is shown, in order (None: all); it may call the others.
    """

    tools: dict[str, Tool] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    deferrals: dict[str, Defer] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    shown: Sequence[str] | None = None
    warnings: list[str] = field(default_factory=list)

    async def add(self, toolset: Toolset) -> None:
        """Add the tools of a source. A source that fails adds a warning instead."""
        try:
            found = await toolset.tools()
        except Exception as error:  # a source that fails must not stop the agent
            self.warnings.append(f"The tools of {toolset.name} are not available: {error}")
            return
        self.warnings += getattr(toolset, "warnings", ())  # about functions or operations that could not become tools
        renamed: Callable[[Tool, Container[str]], Tool] | None = getattr(toolset, "renamed", None)
        defer: Defer = getattr(toolset, "defer", None)
        for tool in found:
            name = tool.spec.name
            if renamed and (name in self.tools or name == SEARCH):
                tool = renamed(tool, self.tools)
                name = tool.spec.name
            if not _NAME.fullmatch(name):
                self.warnings.append(f"{toolset.name}: the name of a tool must be visible ASCII: {ascii(name)[:200]}.")
            elif name in self.tools:
                self.warnings.append(f"{toolset.name} has another tool named {name}; the first one is used.")
            else:
                self.tools[name] = tool
                self.sources[name] = toolset.name
                self.deferrals[name] = defer

    @property
    def deferred(self) -> set[str]:
        """The names of the tools that a model has to find before it is shown them."""
        marked, others = set(), set()
        for name in self.tools:
            defer = self.deferrals.get(name, False)
            if defer is True or (isinstance(defer, list) and name in defer):
                marked.add(name)
            elif defer is not False:
                others.add(name)
        return marked | others if len(self.tools) - len(marked) > MAX_SHOWN else marked

    @property
    def specs(self) -> list[ToolSpec]:
        """What a model is shown."""
        return [self.tools[name].spec for name in (self.tools if self.shown is None else self.shown)]
