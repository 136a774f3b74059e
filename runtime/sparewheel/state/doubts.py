"""What the user decides about calls that are in doubt: they may or may not have had their effect."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from ..errors import ConfigError, ErrorInfo, SparewheelError
from ..tools.base import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

Wish: TypeAlias = Literal["done", "again", "skip"]

DONE: Final = "The call was interrupted; the user says that it has had its effect. Its output is not known."
_HINT: Final = "Decide about it (session.resolve: done, again or skip), then resume the turn."
SKIPPED: Final = "Not executed again: it is not known whether the call has had its effect before it was interrupted."


class InDoubt(SparewheelError):
    """A call may have had its effect, and nothing decides whether it runs again."""

    def __init__(self, name: str) -> None:
        message = f"The call of {name} was interrupted, and it is not known whether it has had its effect."
        super().__init__(ErrorInfo("in_doubt", message, _HINT))


@dataclass(frozen=True, slots=True)
class Resolution:
    """`done`: it has had its effect, with this `result` if it is known. `again`: run it. `skip`: do not."""

    wish: Wish
    result: str | None = None

    @property
    def output(self) -> str:
        """The result for the model of a call that does not run again."""
        return SKIPPED if self.wish == "skip" else DONE if self.result is None else self.result


class Doubts:
    """The calls in doubt of one session, by their ids, and the decisions about them."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._decided: dict[str, Resolution] = {}
        self._open: dict[str, asyncio.Future[Resolution]] = {}

    def expect(self, calls: Iterable[str]) -> None:
        """Take decisions about these calls, before anything asks for one. Earlier ones are forgotten."""
        self._known = set(calls)
        self._decided.clear()

    def decide(self, call_id: object, wish: object, result: object = None) -> None:
        """Decide about a call. Raises `ConfigError` if it is not in doubt, or the decision is none."""
        if wish not in get_args(Wish):
            raise ConfigError(f'unknown decision "{wish}" ({", ".join(get_args(Wish))})'[:300])
        if result is not None and not isinstance(result, str):
            raise ConfigError("resolve: the result must be a text")
        future = self._open.get(call_id) if isinstance(call_id, str) else None
        resolution = Resolution(wish, result)  # type: ignore[arg-type]  # checked against the literal's own members
        if future is not None and not future.done():
            future.set_result(resolution)
        elif isinstance(call_id, str) and call_id in self._known:
            self._decided[call_id] = resolution
        else:
            raise ConfigError("no such call is in doubt", "It may have been decided or stopped.")

    def decided(self, call_id: str) -> Resolution | None:
        """A decision that was made before it was asked for. It counts once."""
        return self._decided.pop(call_id, None)

    async def wait(self, call_id: str, limit: float) -> Resolution | None:
        """Wait for the decision about a call, `limit` seconds; None if there is none."""
        future: asyncio.Future[Resolution] = asyncio.get_running_loop().create_future()
        self._open[call_id] = future
        try:
            async with asyncio.timeout(seconds(limit)):
                return await future
        except TimeoutError:
            return None
        finally:
            self._open.pop(call_id, None)
