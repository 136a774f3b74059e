"""`@tool`: how a function of the user's own Python says what kind of tool it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__sparewheel_tool__"


@dataclass(frozen=True, slots=True)
class Mark:
    """What `@tool` says of a function. `timeout` is in seconds; None is the toolset's."""

    read_only: bool = False
    timeout: float | None = None


@overload
def tool(function: Function, /) -> Function: ...


@overload
def tool(*, read_only: bool = False, timeout: float | None = None) -> Callable[[Function], Function]: ...


def tool(function: Any = None, /, *, read_only: bool = False, timeout: float | None = None) -> Any:
    """Make a function a tool; with or without options. The function itself stays what it was.

    A `read_only` tool changes nothing and runs without approval. `timeout` is in seconds, 0 for none; a function that
    blocks cannot be stopped by it. Raises TypeError or ValueError for options that cannot be meant.
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
