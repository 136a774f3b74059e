"""Takes up the broken stream of a model with `resume: background` where it broke, within one attempt.

Where the stream cannot be had again, the whole response is waited for. The model is not asked a second time: only if
the response is lost does the attempt fail, and the chain goes on as after any other failure.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from typing_extensions import TypedDict

from ..errors import FACTS, ErrorInfo, ProviderError, SparewheelError
from ..jsontext import read
from ..providers.cursor import UNFINISHED, Cursor, CursorReader, Refused
from ..providers.reader import TRUNCATED, http_error
from ..providers.reading import count, mapping, string
from ..providers.responses_background import follow, retrieve
from ..sse import MAX_EVENT_SIZE
from ..transports.base import read_at_most
from .backoff import backoff_delay
from .cancelling import cancel_response
from .offline import OFFLINE_LIMIT, is_offline
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..config.chains import BackoffConfig, TimeoutsConfig
    from ..config.specs import ModelSpec
    from ..events import Event
    from ..providers.assembly import Assembly
    from ..providers.base import StreamDecoder
    from ..transports.base import HttpRequest, Transport
    from .health import Health
    from .question import Question

MAX_RECONNECTIONS: Final = 5
"""Connections in a row to a stream that bring no content; then the whole response is waited for."""
MAX_CONNECTIONS: Final = 2000
"""Connections in all, also if each of them brings a little."""
MAX_POLL_FAILURES: Final = 2
"""Failures in a row to get the whole response; then it is lost."""
MAX_RETRY_AFTER: Final = 60.0
"""Seconds that a server can ask for between two connections."""
POLL_DELAY: Final = 10.0
"""Seconds between two requests for the whole response, at most."""
POLL_LIMIT: Final = 600.0
"""Seconds that the whole response is waited for: about as long as the provider keeps it."""

_TRY_AGAIN: Final = frozenset({408, 425, 429})  # other statuses from 400 to 499 refuse a request
_LOST: Final = ErrorInfo(
    "stream_truncated", "The provider no longer has the answer that was interrupted.", "It is asked for again."
)


class ResumeState(TypedDict):
    """Where another attempt can take up the response, also in another process: plain JSON, without a key.

    `cursor` is the `sequence_number` of the last event that was read, None before the first one; `chars` counts the
    text and reasoning that were shown.
    """

    model: str
    attempt: int
    response_id: str
    cursor: int | None
    chars: int


class Stored(NamedTuple):
    """The whole response, as one document."""

    status: str
    body: bytes

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def is_good(self) -> bool:
        """Whether there is an answer, or will be."""
        return self.status != "failed"


class Background:
    """One response from its request to its end, over any number of connections.

    `state` is that of an earlier attempt, whose response is read again from its first event on. A state of another
    model, or one that cannot be used, is ignored: the model is asked.
    """

    def __init__(
        self,
        spec: ModelSpec,
        backoff: BackoffConfig,
        random: Callable[[], float],
        health: Health,
        question: Question,
        state: Mapping[str, Any] | None,
    ) -> None:
        state = state if state and state.get("model") == spec.ref else {}
        self.cut: SparewheelError = ProviderError(_LOST)
        """Why the stream broke the last time."""
        self.lost = False
        """The response of an earlier attempt is gone, so the model has to be asked after all."""
        self._spec = spec
        self._backoff = backoff
        self._random = random
        self._health = health
        self._cursor = Cursor(state.get("response_id"), question.on_resumable)
        self._resumes = bool(self._cursor.response_id)  # the coming connection is not the first
        self._from: int | None = count(state.get("cursor"))  # the position at which it takes up
        self._reattached = self._resumes
        self._in_vain = 0  # connections in a row without content
        self._connections = 0
        self._size = 0  # of the answer, when the last connection with content broke
        self._reader: CursorReader | None = None
        self._polls = 0
        self._deadline: float | None = None  # for the whole response

    def first(self) -> HttpRequest | None:
        """The request for the response of an earlier attempt; None if the model has to be asked."""
        return follow(self._spec, self._cursor.response_id, None) if self._resumes else None

    def reader(
        self, decoder: StreamDecoder, assembly: Assembly, explain: Callable[[object], ErrorInfo]
    ) -> CursorReader:
        """A reader for the coming connection."""
        self._cursor.reconnect()
        self._reader = CursorReader(decoder, assembly, explain, self._cursor)
        return self._reader

    def resumed(self, attempt: int, via: Literal["stream", "document"]) -> list[Event]:
        """The event for a connection that takes up the response; none for the first connection."""
        if not self._resumes:
            return []
        return [
            {
                "type": "resumed",
                "model": self._spec.ref,
                "attempt": attempt,
                "response_id": self._cursor.response_id,
                "from_seq": self._from,
                "via": via,
            }
        ]

    def state(self, attempt: int, chars: int) -> ResumeState | None:
        """What another attempt needs to take up the response; None if there is nothing to take up."""
        cursor = self._cursor
        if not self._exists:
            return None
        return {
            "model": self._spec.ref,
            "attempt": attempt,
            "response_id": cursor.response_id,
            "cursor": cursor.after,
            "chars": chars,
        }

    def can_go_on(self, failure: SparewheelError) -> bool:
        """Whether the response may still come after a connection has failed."""
        if not self._exists:
            return False
        return self._cursor.reported or self._is_refused(failure) or _is_transient(failure)

    async def reconnect(self, failure: SparewheelError, size: int) -> HttpRequest | None:
        """The request for the rest of the stream, after a pause; None if only the whole response can help.

        `size` is that of the answer so far. After content the first connection is made at once, further ones after the
        backoff.
        """
        if size > self._size:
            self._size, self._in_vain = size, 0
        refused = self._is_refused(failure)
        if not refused:
            self.cut = failure
        self._from = self._cursor.after
        self._resumes = True
        if refused or self._cursor.reported or not self._cursor.is_sure:
            return None
        if self._in_vain == MAX_RECONNECTIONS or self._connections == MAX_CONNECTIONS:
            return None
        if self._in_vain:
            delay = backoff_delay(self._backoff, self._in_vain, self._random)
            await self._health.wait(max(delay, min(failure.info.retry_after or 0, MAX_RETRY_AFTER)), "network")
        if is_offline(self._health, self._spec):
            await self._health.back_online(OFFLINE_LIMIT)
        self._in_vain += 1
        self._connections += 1
        return follow(self._spec, self._cursor.response_id, self._from)

    async def poll(self, transport: Transport, limits: TimeoutsConfig) -> Stored:
        """The response as it is now. Waits between two calls.

        Raises why the stream broke if the response is lost, or is not finished in time.
        """
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + POLL_LIMIT
        failures = 0
        while now < self._deadline:
            if self._polls:
                delay = min(backoff_delay(self._backoff, self._polls, self._random), POLL_DELAY)
                await self._health.wait(delay, "network")
            self._polls += 1
            try:
                stored = await self._retrieve(transport, limits)
            except SparewheelError as error:
                failures += 1
                if self._is_refused(error):
                    self.lost = self._reattached
                    break
                if failures == MAX_POLL_FAILURES:
                    break
            else:
                self._cursor.ended = not stored.is_unfinished
                if stored.status != "cancelled":
                    return stored
                self.lost = self._reattached
                break
            now = asyncio.get_running_loop().time()
        raise self.cut

    @property
    def final(self) -> dict[str, Any]:
        """The response in the last event of a stream that was taken up; empty if there was none."""
        return self._cursor.final if self._resumes else {}

    def leave(self, transport: Transport) -> None:
        """Nothing reads the response any more: if it is still generated, cancel it, beside everything else."""
        if self._exists:
            cancel_response(transport, self._spec, self._cursor.response_id)

    def left(self, transport: Transport, read: bytes) -> bool:
        """Cancel the response if its id is in what was `read` of its first connection. Whether it is known."""
        if not self.is_known():
            self._cursor.identify_in(read.decode("utf-8", "replace").partition("data:")[2])
        if self.is_known():
            self.leave(transport)
        return self.is_known()

    def is_known(self) -> bool:
        """Whether the response has an id."""
        if self._reader is not None:
            self._reader.identify()
        return bool(self._cursor.response_id)

    @property
    def _exists(self) -> bool:
        """Whether there is a response, as far as is known, that has not ended."""
        return self.is_known() and not self._cursor.ended

    async def _retrieve(self, transport: Transport, limits: TimeoutsConfig) -> Stored:
        async with Watchdog() as dog, AsyncExitStack() as stack:
            dog.expect("timeout_connect", limits.connect)
            sent = transport.stream(retrieve(self._spec, self._cursor.response_id))
            response = await dog.watch(stack.enter_async_context(sent))
            if not 200 <= response.status < 300:
                raise await dog.watch(http_error(response, self._spec))
            dog.expect("timeout_idle", limits.idle)
            body = await dog.watch(read_at_most(response, MAX_EVENT_SIZE))
        try:
            document = mapping(read(body))
        except ValueError:
            document = {}
        if document.get("object") != "response":
            raise ProviderError(TRUNCATED)
        return Stored(string(document.get("status")), body)

    def _is_refused(self, failure: SparewheelError) -> bool:
        """Whether the server does not give what it was asked for, and will not."""
        status = failure.info.status
        refused = self._resumes and status is not None and 400 <= status < 500 and status not in _TRY_AGAIN
        return refused or isinstance(failure, Refused)


def _is_transient(failure: SparewheelError) -> bool:
    """Whether it is of the connection or the host, which may be different the next time."""
    kind = failure.info.kind
    return FACTS[kind].scope in ("network", "host") or kind == "rate_limit"
