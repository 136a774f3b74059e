"""One request to a server while it runs: its time limit, its progress, and the user who may be asked about it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..base import seconds, unattended
from .failures import Unanswered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from types import TracebackType

    from ...events import SignIn
    from ..base import AskUser, ToolContext
    from .rpc import Message

MAX_PROGRESS: Final = 1_000  # reports of one request that are shown
MAX_TEXT: Final = 1_000  # characters of one of them
MAX_COUNT: Final = 1e300  # of what is done, and of all that there is to do
MAX_TOTAL: Final = 600.0  # seconds that a request may take which reports progress, unless its limit is longer


class Patience:
    """The time limit of a request in seconds, 0 for none: since it began, or since the last sign of progress.

    All signs of progress together extend it to `MAX_TOTAL`. The time inside `paused` does not count; `waited` is how
    much it was, in seconds. Raises `Unanswered` at the end of `async with` when the time is over.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._timeout = asyncio.timeout(seconds(limit))
        self._end: float | None = None
        self._pauses = 0
        self._is_on = False
        self.waited = 0.0

    async def __aenter__(self) -> Patience:
        if seconds(self._limit) is not None:
            self._end = asyncio.get_running_loop().time() + max(self._limit, MAX_TOTAL)
        await self._timeout.__aenter__()
        self._is_on = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_on = False
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            used_up = self._end is not None and asyncio.get_running_loop().time() >= self._end
            limit = max(self._limit, MAX_TOTAL) if used_up else self._limit
            raise Unanswered(f"the server did not answer within {limit:g} s") from None

    def extend(self) -> None:
        """Start the limit anew."""
        if self._end is not None and not self._pauses and self._is_on and not self._timeout.expired():
            self._timeout.reschedule(min(asyncio.get_running_loop().time() + self._limit, self._end))

    @contextmanager
    def paused(self) -> Iterator[None]:
        clock = asyncio.get_running_loop().time
        began = clock()
        self._pauses += 1
        if self._is_on and not self._timeout.expired():
            self._timeout.reschedule(None)
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses:
                self.waited += clock() - began
                if self._end is not None:
                    self._end += clock() - began
            self.extend()


@dataclass(slots=True)
class Exchange:
    """A request and what belongs to it.

    `name` is the tool, the prompt or the address of the resource that it is about, `headers` come from its arguments.
    `context` is that of the tool call that it is made for; `asker` asks the user.
    `renewed` is called when the session with the server had to be renewed, before the request is sent again.
    `explain`: if a browser refuses the request, find out why.
    """

    method: str
    params: Message
    limit: float
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    context: ToolContext | None = None
    asker: AskUser = unattended
    explain: bool = True
    renewed: Callable[[], Awaitable[None]] | None = None
    patience: Patience = field(init=False)
    questions: int = 0
    _reports: int = 0

    def __post_init__(self) -> None:
        self.patience = Patience(self.limit)

    async def ask(
        self, message: str, schema: Mapping[str, Any], *, url: str = "", sign_in: SignIn | None = None
    ) -> dict[str, Any]:
        """See `AskUser`. The time that the user takes does not count."""
        with self.patience.paused():
            return await self.asker(message, schema, url=url, sign_in=sign_in)

    def progress(self, params: Mapping[str, Any]) -> None:
        """The server has reported progress."""
        self.patience.extend()
        self._reports += 1
        if self.context is not None and self._reports <= MAX_PROGRESS and (text := _progress_text(params)):
            self.context.progress(text)


def _progress_text(params: Mapping[str, Any]) -> str:
    message, done, total = params.get("message"), params.get("progress"), params.get("total")
    text = message[:MAX_TEXT] if isinstance(message, str) else ""
    if not _is_count(done):
        return text
    count = f"{done:g} of {total:g}" if _is_count(total) else f"{done:g}"
    return f"{text} ({count})" if text else count


def _is_count(value: object) -> bool:
    """Whether a value is a number that a float holds: JSON may have an integer of thousands of digits."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -MAX_COUNT <= value <= MAX_COUNT
