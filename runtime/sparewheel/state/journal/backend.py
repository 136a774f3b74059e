"""What a storage has to do for a journal. Each call of `write` is one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from ...errors import ErrorInfo, SparewheelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Cause: TypeAlias = Literal["quota", "blocked", "corrupted", "future", "unavailable"]
News: TypeAlias = Literal["records", "wanted"]

_HINTS: Final[dict[Cause, str]] = {
    "quota": "Delete sessions that are no longer needed, or free space on the device.",
    "blocked": "Close other tabs of this page, and load it again.",
    "corrupted": "Export what can still be read, then delete the storage of this page.",
    "future": "A newer version has written it: load the page again, or update this program.",
    "unavailable": "A private window, or a setting of the browser or the system, may forbid storage.",
}


class StoreFailed(SparewheelError):
    """A storage does not do what it is asked for; nothing that was stored is lost.

    Attributes:
        cause: `quota`: it is full. `blocked`: it does not answer, or another tab is upgrading it. `corrupted`: it
            cannot be read. `future`: a newer version has written it. `unavailable`: it cannot be opened, or is closed.
    """

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(ErrorInfo("storage", message, _HINTS[cause]))
        self.cause = cause


@dataclass(slots=True)
class Change:
    """What one transaction does to one session: remove first, then add.

    Attributes:
        session: the name of the session.
        records: number and JSON text of each record to add, in order. A number that is still there is an error.
        header: JSON text of the row of the session in lists; None: it stays as it is.
        dropped: ranges of numbers, first and last inclusive, of records to remove.
        deleted: remove every record and the header.
    """

    session: str
    records: list[tuple[int, str]] = field(default_factory=list)
    header: str | None = None
    dropped: list[tuple[int, int]] = field(default_factory=list)
    deleted: bool = False


class Backend(Protocol):
    """A storage of journals. Every method may raise `StoreFailed`.

    Attributes:
        durable: what is stored outlives this process or tab. If not, text of an unfinished answer is not recorded and
            no event waits for its record.
    """

    durable: bool

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        """Make all of the changes, or none of them; never called twice at a time.

        Returns when they survive the end of the process or tab and, if `strict`, a failure of the power as well.
        """

    async def read(self, session: str, after: int = 0) -> list[tuple[int, str]]:
        """Number and JSON text of the records of a session above the number `after`, by number."""

    async def last(self, session: str) -> int:
        """The highest number that a record of the session has; 0 without records. Reads no record."""

    async def headers(self) -> list[tuple[str, str]]:
        """Name and JSON text of every header, in any order."""

    async def header(self, session: str) -> str | None:
        """JSON text of the header of a session; None if there is no such session."""

    async def claim(self, session: str, *, wait: bool = False) -> bool:
        """Become the one driver of a session; whether that succeeded.

        With `wait`, wait until the other driver releases it or dies. True again for a session that is claimed already.
        """

    async def release(self, session: str) -> None:
        """Let another driver claim the session. A session that is not claimed is no error."""

    async def claimed(self) -> set[str]:
        """The sessions that any driver has claimed: in this store, in another tab or in another process."""

    async def wanted(self, session: str) -> bool:
        """Whether another driver waits for the session, as far as that can be told."""

    def tell(self, session: str, news: News) -> None:
        """Call the other stores that watch the session. No state travels with it. Never raises.

        `records`: there are new ones. `wanted`: another driver would like to have it.
        """

    def watch(self, session: str, callback: Callable[[News], Any]) -> Callable[[], None]:
        """Call `callback` after another store has told news of the session. Returns what ends that."""

    async def close(self) -> None:
        """Release every claim and close. Closing twice is no error."""
