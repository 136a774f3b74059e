"""Asking the page: one question, one answer, over the message port.

For everything that lives where the worker is not: functions of the embedder (tools, hooks) and the user (approvals are
events, but a tool's own question is asked here). A question that nobody answers is the caller's to time out; cancelling
tells the page that the answer is no longer wanted.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class PageError(Exception):
    """The page answered that it failed; the text is what it threw."""


class PageLine:
    """`post` takes a message for the page; `answer` takes what the page says to an earlier one."""

    def __init__(self, post: Callable[[dict[str, Any]], None]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        self._open: dict[int, asyncio.Future[Any]] = {}

    async def ask(self, what: str, **params: Any) -> Any:
        """Post `{type: "ask", ask, what, ...params}` and wait for the answer. Raises `PageError`."""
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        try:
            self._post({"type": "ask", "ask": number, "what": what, **params})
            return await future
        except asyncio.CancelledError:
            self._post({"type": "ask_cancel", "ask": number})
            raise
        finally:
            del self._open[number]

    def answer(self, params: dict[str, Any]) -> None:
        """`{ask, result}` or `{ask, error}`. Late, second and unknown answers are ignored."""
        number = params.get("ask")
        future = self._open.get(number) if isinstance(number, int) else None
        if future is None or future.done():
            return
        if "error" in params:
            future.set_exception(PageError(str(params["error"])[:2000]))
        else:
            future.set_result(params.get("result"))
