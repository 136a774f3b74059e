"""The tool calls of one step: checked, allowed, run side by side where they may be, answered in the order of the calls.

Whatever happens to a call, the model gets exactly one result for it and the page one `tool_result`; a bad tool, a bad
argument, a hook that says no or a user who does never end the turn.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from ..messages import Message, Text
from ..providers.history import NOT_RUN
from ..tools.arguments import Validator, parse_arguments
from ..tools.base import ToolError, ToolResult
from ..tools.results import READ_ON
from .prompt import result_limit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from ..config.specs import ResolvedAgent
    from ..events import Event
    from ..hooks.engine import Hooks
    from ..messages import ToolCall
    from ..tools.base import Registry, Tool
    from .context import Context

SIDE_BY_SIDE: Final = 8
MOST_CALLS: Final = 128  # in one step; what is beyond is answered unrun
TOO_MANY: Final = f"Not executed: at most {MOST_CALLS} calls are run in one step."


class CallContext:
    """What a running tool may use. `emit` passes on events of a run inside the call."""

    def __init__(self, call: ToolCall, agent: str, context: Context, queue: asyncio.Queue[list[Event] | None]) -> None:
        self.call_id = call.id
        self.agent = agent
        self._name = call.name
        self._context = context
        self._queue = queue

    def emit(self, events: list[Event]) -> None:
        self._queue.put_nowait(events)

    def progress(self, output: str) -> None:
        self.emit([{"type": "tool_output", "id": self.call_id, "name": self._name, "output": output}])

    async def ask_user(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        if not self._context.approvals.interactive:
            return {"action": "decline"}
        question = secrets.token_hex(8)
        self._context.questions[question] = future = asyncio.get_running_loop().create_future()
        self.emit([{"type": "elicitation", "id": question, "message": message, "mode": "form", "schema": dict(schema)}])
        try:
            async with asyncio.timeout(self._context.approvals.timeout or None):
                answer: dict[str, Any] = await future
            return answer
        except TimeoutError:
            return {"action": "cancel"}
        finally:
            del self._context.questions[question]


class Calls:
    """Runs the calls of one step. After `run`, `results` holds the messages that answer them."""

    def __init__(
        self, calls: Sequence[ToolCall], registry: Registry, hooks: Hooks, context: Context, agent: ResolvedAgent
    ) -> None:
        self._calls = list(calls)
        self._registry = registry
        self._hooks = hooks
        self._context = context
        self._agent = agent
        self._limit = result_limit(agent)
        self._results: dict[int, ToolResult] = {}
        self._queue: asyncio.Queue[list[Event] | None] = asyncio.Queue()

    @property
    def results(self) -> list[Message]:
        messages: list[Message] = []
        for number, call in enumerate(self._calls):
            unrun = NOT_RUN if number < MOST_CALLS else TOO_MANY
            result = self._results.get(number) or ToolResult(unrun, is_error=True)
            shown = result.output
            if call.name != READ_ON:  # which cuts by itself
                shown = self._context.results.shorten(call.id, shown, self._limit)
            messages.append(Message("tool", (Text(shown),), tool_call_id=call.id))
        return messages

    async def run(self) -> AsyncGenerator[list[Event], None]:
        runnable = list(enumerate(self._calls[:MOST_CALLS]))
        yield [{"type": "tool_call", "id": c.id, "name": c.name, "args": c.arguments} for _, c in runnable]
        if len(self._calls) > MOST_CALLS:
            yield [{"type": "warning", "message": f"{len(self._calls)} tool calls in one step: {TOO_MANY}"}]
        for exclusive, group in groupby(runnable, key=lambda pair: self._exclusive(pair[1])):
            wave = list(group)
            for start in range(0, len(wave), 1 if exclusive else SIDE_BY_SIDE):
                part = wave[start : start + (1 if exclusive else SIDE_BY_SIDE)]
                work = asyncio.ensure_future(self._together(part))
                try:
                    while (events := await self._queue.get()) is not None:
                        yield events
                    await work
                finally:
                    work.cancel()
                    await asyncio.gather(work, return_exceptions=True)

    async def _together(self, part: list[tuple[int, ToolCall]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number, call in part:
                    group.create_task(self._one(number, call))
        finally:
            self._queue.put_nowait(None)

    def _exclusive(self, call: ToolCall) -> bool:
        tool = self._registry.tools.get(call.name)
        return tool is not None and tool.exclusive

    async def _one(self, number: int, call: ToolCall) -> None:
        result = await self._outcome(call)
        verdict = await self._hooks.run(
            "post_tool_use", self._facts(call, tool_response=result.output, is_error=result.is_error), call.name
        )
        transformed = await self._hooks.run(
            "tool_response_transform", self._facts(call, tool_response=result.output), call.name
        )
        output = transformed.updated.get("updated_tool_response", result.output)
        output = "\n\n".join([str(output), *verdict.context, *transformed.context])
        self._results[number] = result = ToolResult(output, result.is_error)
        event: Event = {
            "type": "tool_result",
            "id": call.id,
            "name": call.name,
            "output": output,
            "is_error": result.is_error,
        }
        self._queue.put_nowait([event])

    async def _outcome(self, call: ToolCall) -> ToolResult:
        tool = self._registry.tools.get(call.name)
        if tool is None:
            known = ", ".join(self._registry.tools) or "none"
            return ToolResult(f"There is no tool named {call.name!r}. There are: {known}.", is_error=True)
        try:
            validator = Validator(tool.spec.parameters)
            arguments = parse_arguments(call.arguments, validator)
            changed, refusal = await self._allowed(call, tool, arguments)
            if refusal is not None:
                self._queue.put_nowait([{"type": "tool_blocked", "id": call.id, "name": call.name, "reason": refusal}])
                return ToolResult(f"Not executed. {refusal}", is_error=True)
            if changed is not arguments:
                arguments = validator.check(changed, "arguments")
            return await self._execute(call, tool, arguments)
        except ToolError as error:
            return ToolResult(str(error), is_error=True)

    async def _execute(self, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> ToolResult:
        own = CallContext(call, self._agent.name, self._context, self._queue)
        try:
            async with asyncio.timeout(tool.timeout or None) as limit:
                result = await tool.call(arguments, own)
        except ToolError:
            raise
        except TimeoutError:
            if not limit.expired():
                return ToolResult("TimeoutError", is_error=True)
            return ToolResult(f"Stopped: the tool took longer than {tool.timeout:g} s.", is_error=True)
        except Exception as error:  # a tool is somebody else's code
            return ToolResult(f"{type(error).__name__}: {error}", is_error=True)
        return result if isinstance(result, ToolResult) else ToolResult(str(result))

    # Who may say no ---------------------------------------------------------------------------------------------

    async def _allowed(
        self, call: ToolCall, tool: Tool, arguments: dict[str, Any]
    ) -> tuple[dict[str, Any], str | None]:
        """The arguments to use, and why the call may not run, if it may not: deny beats ask beats allow."""
        facts = self._facts(call, tool_input=arguments)
        verdict = await self._hooks.run("pre_tool_use", facts, call.name)
        arguments = verdict.updated.get("updated_input", arguments)
        rule = self._rule(call.name)
        if verdict.denied or rule == "deny":
            return arguments, verdict.reason or "It is denied by the agent's permissions."
        asks = "ask" in (verdict.decision, rule)
        if not asks and ("allow" in (verdict.decision, rule) or self._unasked(tool)):
            return arguments, None
        if self._agent.safety == "restricted" and not tool.read_only:
            return arguments, "This agent may only use tools that change nothing."
        wish = await self._hooks.run("permission_request", facts, call.name)
        if wish.denied:
            return arguments, wish.reason or "A hook denied it."
        if wish.decision == "allow":
            return arguments, None
        return arguments, await self._ask(call)

    async def _ask(self, call: ToolCall) -> str | None:
        approvals = self._context.approvals
        approvals.open(call.id, call.name)
        if approvals.interactive:
            self._queue.put_nowait(
                [{"type": "tool_confirmation", "id": call.id, "name": call.name, "args": call.arguments}]
            )
        verdict = await approvals.wait(call.id)
        facts = self._facts(call, approved=verdict.allowed, reason=verdict.reason)
        await self._hooks.run("on_tool_approval_decision", facts, call.name)
        return None if verdict.allowed else verdict.reason

    def _unasked(self, tool: Tool) -> bool:
        """Whether the tool runs without a question, by what the user has granted and the agent's `safety`."""
        match self._agent.safety:
            case "strict":
                return self._context.approvals.granted(replace(tool, read_only=False))
            case "autonomous":
                return True
            case _:
                return self._context.approvals.granted(tool)

    def _rule(self, name: str) -> str | None:
        """What the file's permissions say of a tool: deny beats ask beats allow."""
        for rule in ("deny", "ask", "allow"):
            if any(fnmatchcase(name, pattern) for pattern in self._context.permissions.get(rule, ())):
                return rule
        return None

    def _facts(self, call: ToolCall, **more: Any) -> dict[str, Any]:
        return {"tool_name": call.name, "tool_use_id": call.id, "agent_name": self._agent.name, **more}
