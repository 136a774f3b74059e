"""One Python function as a tool: its description for the model, and how it is called.

An `async` function can be stopped at its `await`s. One that is not and blocks cannot be stopped: nothing else in the
event loop runs while it computes, and neither an abort nor a timeout reaches it.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticSerializationError, to_json

from ...providers.base import ToolSpec
from ..base import DEFAULT_TIMEOUT, Tool, ToolError
from .blocking import may_block, user_code
from .docstrings import read_docstring
from .mark import Mark, mark_of
from .signature import Signature

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from ..base import ToolContext

    Explain: TypeAlias = Callable[[BaseException], str]

_MAX_NAME: Final = 64  # characters; the limit of every provider


def function_tool(
    name: str,
    function: Callable[..., Any],
    explain: Explain,
    prepare: Callable[[ToolContext], Awaitable[None]] | None = None,
    *,
    timeout: float = DEFAULT_TIMEOUT,
) -> tuple[Tool, str]:
    """The tool that calls `function`, and a warning about it ("" if there is none).

    Args:
        name: what the model calls it.
        function: a plain or an `async` function; `@tool` may have marked it.
        explain: the error text, for the model, of what the function raises.
        prepare: awaited before every call.
        timeout: seconds, 0 for none; `@tool` takes precedence.

    Raises:
        ToolError: a model could not call it.
    """
    if not (name.isascii() and name.isidentifier()) or len(name) > _MAX_NAME:
        raise ToolError(f"its name must be of ASCII letters, digits and _, and not longer than {_MAX_NAME}")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ToolError("it is a generator; return a list")
    docstring = read_docstring(function.__doc__)
    signature = Signature(function, docstring.arguments)
    mark = mark_of(function) or Mark()

    async def call(arguments: dict[str, Any], context: ToolContext) -> str:
        positional, named = signature.bind(arguments, context)
        if prepare is not None:
            await prepare(context)
        async with user_code():
            with may_block(seconds):
                return _text(await _run(function, positional, named, explain), name)

    spec = ToolSpec(name, docstring.summary or name.replace("_", " "), signature.schema)
    seconds = timeout if mark.timeout is None else mark.timeout
    problem = ""
    if docstring.problem and signature.schema["properties"]:
        problem = f"the arguments of {name} have no descriptions: its docstring cannot be read ({docstring.problem})."
    return Tool(spec, call, read_only=mark.read_only, timeout=seconds), problem


async def _run(function: Callable[..., Any], positional: list[Any], named: dict[str, Any], explain: Explain) -> Any:
    try:
        if inspect.iscoroutinefunction(function):
            return await function(*positional, **named)
        return await _apart(function, positional, named)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ToolError(explain(error)) from None  # the function itself cancelled what it awaited
    except ToolError:
        raise
    except (Exception, SystemExit) as error:
        raise ToolError(explain(error)) from None


async def _apart(function: Callable[..., Any], positional: list[Any], named: dict[str, Any]) -> Any:
    """Call a function that may block. If the call is cancelled while the function waits, the function continues.

    With JSPI (Chromium, Firefox), `requests` and `time.sleep` let other tasks run while they wait.
    """

    async def call() -> tuple[Any, SystemExit | None]:
        try:
            result = function(*positional, **named)
            return (await result if inspect.isawaitable(result) else result), None
        except SystemExit as error:  # raised in a task, it would end the event loop
            return None, error

    task = asyncio.ensure_future(call())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # marks the exception as retrieved
    result, left = await asyncio.shield(task)
    if left is not None:
        raise left
    return result


def _text(result: Any, name: str) -> str:
    """The text for the model: a str unchanged, everything else as JSON."""
    if isinstance(result, str):
        return result
    try:
        return to_json(result, fallback=_plain, inf_nan_mode="strings").decode()
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise ToolError(f"{name} returned a {type(result).__name__} that cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    """Convert numbers and arrays of numpy and similar libraries to Python values."""
    if callable(convert := getattr(value, "tolist", None)):
        return convert()
    raise TypeError(f"{type(value).__name__} is not JSON; return text, numbers, lists, dicts, dataclasses or models")
