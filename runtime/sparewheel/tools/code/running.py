"""One run of code: what it prints is passed on, what it calls is answered, what it comes to is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .results import Printed, read_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...annotations import Annotation
    from ...page.code_messages import CodeRunRequest
    from ..base import CallTool, ToolContext
    from .results import Outcome
    from .sandbox import CodeRun, Sandbox

MAX_CALLS: Final = 200  # of functions in one run
MAX_NAME: Final = 200  # characters of the name of a function that is called
START: Final = 180.0  # seconds for a sandbox to start, on a busy machine without a snapshot
_MANY: Final = f"At most {MAX_CALLS} functions can be called in one run."


class Running:
    """A run for one call of the tool. `call` calls a tool of the agent; if it is None, there are no functions.

    `tools` are the names of the tools by those of the functions.
    """

    def __init__(self, context: ToolContext, call: CallTool | None, tools: Mapping[str, str]) -> None:
        self._context = context
        self._call = call
        self._tools = tools
        self._printed = Printed()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None
        self._calls = 0
        self.sources: list[Annotation] = []  # what the results of its calls quote

    async def run(self, sandbox: Sandbox, request: CodeRunRequest, known: list[str]) -> Outcome:
        """Run code and wait for its end.

        Raises:
            SandboxUnavailable: there is no sandbox.
            ToolError: the sandbox does not answer.
        """
        limits = request["limits"]
        async with sandbox.run(request) as run:
            try:
                while True:
                    event = await self._next(run, limits["time_ms"] / 1000 + START)
                    if event.get("type") == "end":
                        return read_outcome(event, self._printed, request["code"], limits, known)
                    self._take(event, run)
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _next(self, run: CodeRun, patience: float) -> Mapping[str, Any]:
        """What the code does next. Raises what a call has raised that is no result, as when it is in doubt."""
        waiting = asyncio.ensure_future(run.next())
        try:
            while not waiting.done():
                done, _ = await asyncio.wait(
                    {waiting, *self._tasks},
                    timeout=None if self._tasks else patience,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self._failed is not None:
                    raise self._failed
                if not done:
                    raise ToolError("The sandbox does not answer. Try again.")
            return waiting.result()
        finally:
            waiting.cancel()

    def _take(self, event: Mapping[str, Any], run: CodeRun) -> None:
        match event:
            case {"type": "output", "text": str(text)} if text:
                self._printed.add(text)
                self._context.progress(text)
            case {"type": "call", "id": number, "name": name, "args": arguments}:
                task = asyncio.ensure_future(self._answer(run, number, name, arguments))
                self._tasks.add(task)
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = error

    async def _answer(self, run: CodeRun, number: object, name: object, arguments: object) -> None:
        """Make a call of the code, and pass in its result, or the reason why there is none."""
        self._calls += 1
        tool = self._tools.get(name) if isinstance(name, str) else None
        if self._calls > MAX_CALLS:
            await run.answer(number, error=_MANY)
        elif self._call is None or tool is None or not isinstance(arguments, dict):
            await run.answer(number, error=f"There is no function {str(name)[:MAX_NAME]!r}.")
        else:
            result = await self._call(tool, arguments, self._context)
            self.sources += result.sources
            given = {"error": result.output} if result.is_error else {"value": result.output}
            await run.answer(number, **given)
