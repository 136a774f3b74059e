"""Helpers for turns with tools: plain functions as a toolset, and short agent files."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from sparewheel.providers.base import ToolSpec
from sparewheel.state.approvals import Approvals
from sparewheel.testing import ToolCall, openai_chat
from sparewheel.tools.base import Tool, ToolResult
from tests.support.fakeloop import run
from tests.support.scripted import Played, Script, ScriptedTransport, State, collect, session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sparewheel.testing import Events

ANY = {"type": "object"}


def call(name: str, arguments: str = "{}", call_id: str = "c1") -> Events:
    """A model's answer that asks for one call."""
    return openai_chat(tool_calls=[ToolCall(call_id, name, arguments)])


def calls(*asked: tuple[str, str, str]) -> Events:
    """A model's answer that asks for several: (id, name, arguments)."""
    return openai_chat(tool_calls=[ToolCall(*one) for one in asked])


def say(text: str) -> Events:
    return openai_chat(text=text)


def tool(function: Callable[..., Any], *, parameters: Mapping[str, Any] = ANY, **options: Any) -> Tool:
    """A tool of a plain or an async function that takes the arguments by name; read-only unless told otherwise."""

    async def run_it(arguments: dict[str, Any], context: Any) -> ToolResult | str:
        more = {"context": context} if "context" in inspect.signature(function).parameters else {}
        result: Any = function(**arguments, **more)
        answer: ToolResult | str = await result if inspect.isawaitable(result) else result
        return answer

    options.setdefault("read_only", True)
    return Tool(ToolSpec(function.__name__, function.__doc__ or "", parameters), run_it, **options)


class Toolset:
    """A toolset of given tools."""

    def __init__(self, *tools: Tool) -> None:
        self.name = "test tools"
        self.closed = False
        self._tools = tools

    async def tools(self) -> Sequence[Tool]:
        return self._tools

    async def close(self) -> None:
        self.closed = True


def context(*tools: Tool, **approvals: Any) -> State:
    made = State(approvals=Approvals(**{"interactive": False, **approvals}))
    made.open_toolsets = lambda _: [Toolset(*tools)]
    return made


def agent_file(more: str = "", models: str = "openai/a") -> str:
    """One agent; `more` is lines of it, unindented."""
    lines = "".join(f"    {line}\n" for line in more.strip().splitlines())
    return f"agents:\n  root:\n    model: {models}\n    fallback: {{retries: -1}}\n{lines}"


def play_agent(
    replies: Sequence[Script] | Mapping[str, Sequence[Any]],
    *tools: Tool,
    text: str | None = None,
    own: State | None = None,
    prompts: Sequence[str] = ("hi",),
) -> tuple[list[Played], ScriptedTransport]:
    """Turns of one session, one for each prompt."""
    script = replies if isinstance(replies, dict) else {"a": replies}
    transport = ScriptedTransport(script)  # type: ignore[arg-type]  # a mapping by now

    async def main() -> list[Played]:
        conversation = session(transport, [], text=text or agent_file(), context=own or context(*tools))
        return [await collect(conversation, prompt) for prompt in prompts]

    played = run(main())
    assert transport.open == 0
    return played, transport
