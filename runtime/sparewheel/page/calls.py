"""Host calls: the worker calls a function of the page and reads the answer piece by piece.

Tools and hooks of the embedder, models of the page and the page's `fetch` all use it:

    worker → page   call          start; the page may send `credit` pieces
    page → worker   piece         a value or bytes; the last one has `done` or `error`
    worker → page   call_credit   pieces were read: the page may send so many more
    worker → page   call_cancel   the answer is no longer wanted

So the page sends at most `CREDIT` pieces that the worker has not read. Time limits are the caller's: cancelling
the task that waits cancels the call.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from .call_messages import CallCancel, CallCredit, HostCall, Piece, What

CREDIT: Final = 8  # pieces: enough to keep the worker busy, and little memory
GRANT: Final = 4  # pieces read for each message that grants more
MAX_ERROR: Final = 2000  # characters of an error's text that are kept


class HostCallError(Exception):
    """The function of the page failed. The text is that of what it threw; `kind` is empty if the page named none."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class HostCalls:
    """The open host calls of a worker.

    `post` sends a message to the page. `deliver` takes the pieces that come back.
    """

    def __init__(self, post: Callable[[HostCall | CallCancel | CallCredit], object]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        self._open: dict[int, OpenCall] = {}

    async def ask(self, what: What, input: Mapping[str, object], *, session: str) -> Any:
        """Call a function of a session and return its result. Raises `HostCallError`."""
        async with self.open(what, input, session=session) as call:
            return (await call.next()).get("value")

    @asynccontextmanager
    async def open(self, what: What, input: Mapping[str, object], **scope: str) -> AsyncIterator[OpenCall]:
        """Start a call. Leaving the context before the last piece has come cancels it.

        `scope` is `session` for functions of a session.
        """
        number = next(self._numbers)
        message: Any = {"type": "call", "call": number, "what": what, **scope, "input": input, "credit": CREDIT}
        self._post(message)
        call = self._open[number] = OpenCall(number, lambda pieces: self._grant(number, pieces))
        try:
            yield call
        finally:
            del self._open[number]
            if not call.ended:
                self._post({"type": "call_cancel", "call": number, "linger": call.linger})

    def deliver(self, piece: Piece) -> None:
        """Take a piece. One for a call that is unknown or has ended is ignored."""
        number: object = piece.get("call")
        if isinstance(number, int) and (call := self._open.get(number)) is not None:
            call.put(piece)

    def _grant(self, number: int, pieces: int) -> None:
        self._post({"type": "call_credit", "call": number, "pieces": pieces})


class OpenCall:
    """A call whose answer is wanted, with its number.

    `ended`: the last piece has come, though it may not have been read. Set `linger` before leaving early when all that
    is needed has been read.
    """

    def __init__(self, number: int, grant: Callable[[int], None]) -> None:
        self.number = number
        self.ended = False
        self.linger = False
        self._grant = grant
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue()
        self._read = 0  # pieces, since the last grant

    def put(self, piece: Piece) -> None:
        if self.ended:
            return
        self.ended = "error" in piece or piece.get("done") is True
        self._pieces.put_nowait(piece)

    async def next(self) -> Piece:
        """Wait for the next piece; after the one with `done` there is none. Raises `HostCallError`."""
        piece = await self._pieces.get()
        if "error" in piece:
            raise HostCallError(str(piece["error"])[:MAX_ERROR], str(piece.get("kind") or ""))
        self._read += 1
        if self._read == GRANT and not self.ended:
            self._read = 0
            self._grant(GRANT)
        return piece
