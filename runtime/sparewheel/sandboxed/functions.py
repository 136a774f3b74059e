"""The functions that the code may call: each call is made outside of the sandbox, which also decides about it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ..jsontext import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ToolError(Exception):
    """A function was refused, or has failed. The text is the reason."""

    __module__ = "builtins"  # a traceback names it as the code does


class Functions:
    """The open calls of one run. `send` gets the number of a call, the name of the function, and the arguments."""

    def __init__(self, send: Callable[[int, str, dict[str, Any]], object]) -> None:
        self._send = send
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._closed = False

    def make(self, specs: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The functions by name."""
        return {spec["name"]: self._function(spec["name"], spec.get("args", []), spec.get("doc", "")) for spec in specs}

    def answer(self, call: object, value: object, error: object) -> None:
        """Take the answer to a call: text, of which JSON objects and arrays are parsed."""
        future = self._waiting.pop(call, None) if isinstance(call, int) else None
        if future is None or future.done():
            return
        if error is not None:
            future.set_exception(ToolError(str(error)))
        else:
            future.set_result(_parsed(value))

    def close(self) -> None:
        """The run is over: what still waits is cancelled."""
        self._closed = True
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()

    def _function(self, name: str, parameters: list[str], doc: str) -> Any:
        async def function(*given: Any, **named: Any) -> Any:
            if len(given) > len(parameters):
                raise TypeError(f"{name}() takes {len(parameters)} arguments: {', '.join(parameters) or 'none'}")
            arguments = dict(zip(parameters, given, strict=False))
            if twice := arguments.keys() & named.keys():
                raise TypeError(f"{name}() got two values for {', '.join(sorted(twice))}")
            return await self._call(name, _plain(name, arguments | named))

        function.__name__ = function.__qualname__ = name
        function.__doc__ = doc
        return function

    async def _call(self, name: str, arguments: dict[str, Any]) -> Any:
        if self._closed:
            raise ToolError("The run has ended.")
        self._number += 1
        number = self._number
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        try:
            self._send(number, name, arguments)
            return await future
        finally:
            self._waiting.pop(number, None)


def _plain(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A copy of the arguments that is JSON. Raises `TypeError`."""
    try:
        plain: dict[str, Any] = read(json.dumps(arguments, default=_simpler, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the arguments of {name}() must be JSON: {error}") from None
    return plain


def _simpler(value: Any) -> Any:
    """Dates as ISO text, sets and numbers of other libraries as what JSON has."""
    for method in ("isoformat", "tolist", "item"):
        if callable(getattr(value, method, None)):
            return getattr(value, method)()
    if isinstance(value, set | frozenset | range):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is not")


def _parsed(value: object) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return read(value)
        except (ValueError, RecursionError):
            return value
    return value
