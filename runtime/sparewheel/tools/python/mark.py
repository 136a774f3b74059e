"""`@tool`: marks a Python function as a tool, with options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__sparewheel_tool__"


@dataclass(frozen=True, slots=True)
class Mark:
    """The options of `@tool`. `timeout` is in seconds; None: that of the toolset."""

    read_only: bool = False
    timeout: float | None = None


@overload
def tool(function: Function, /) -> Function: ...


@overload
def tool(*, read_only: bool = False, timeout: float | None = None) -> Callable[[Function], Function]: ...


def tool(function: Any = None, /, *, read_only: bool = False, timeout: float | None = None) -> Any:
    """Mark a function as a tool, with or without options; the function itself is not changed.

        @tool(read_only=True, timeout=10)
        async def weather(city: str) -> str:
            \"\"\"Look up the weather.\"\"\"
            return f"Sunny in {city}."

    The docstring tells the model what the function does, type hints and the docstring describe its arguments. An
    argument annotated with `ToolContext` is the context of the call; the model does not see it.

    Args:
        function: the function, where the decorator is used without options.
        read_only: it changes nothing, so it runs without approval.
        timeout: seconds until the call is given up, 0 for never; None: as for other tools. It cannot stop a function
            that blocks.

    Raises:
        TypeError: the decorator is not on a function.
        ValueError: the timeout is negative.
    """
    if timeout is not None and not timeout >= 0:
        raise ValueError("@tool: timeout must be a number of seconds that is not negative")
    mark = Mark(read_only=bool(read_only), timeout=timeout)

    def put_on(target: Any) -> Any:
        if not callable(target):
            raise TypeError("@tool belongs on a function; its options are named: @tool(read_only=True)")
        setattr(target, _ATTRIBUTE, mark)
        return target

    return put_on if function is None else put_on(function)


def mark_of(function: object) -> Mark | None:
    """The mark of a function, None if it has none."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Mark) else None
