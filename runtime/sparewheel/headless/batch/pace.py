"""A rate limit: so many requests, and so many tokens, a minute, spread evenly.

How many requests and tokens a prompt costs is known when it is answered. Until then it counts as the average of those
before; the difference moves the start of the next prompts. So a turn of several requests delays what comes after it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ...batch import Outcome

MINUTE: Final = 60.0  # seconds
CHARS_A_TOKEN: Final = 4.0  # where a model reports no count


class Pace:
    """Delays prompts. `rpm` and `tpm` are requests and tokens a minute, None without a limit."""

    def __init__(self, rpm: float | None = None, tpm: float | None = None) -> None:
        self._requests = _Lane(rpm)
        self._tokens = _Lane(tpm)
        self._first = asyncio.Lock()

    async def ask(self, ask: Callable[[Any], Awaitable[Outcome]], prompt: Any) -> Outcome:
        """Ask when it is time. With a limit of tokens the first prompt is alone: it tells how many to expect."""
        if self._tokens.limited and not self._tokens.known:
            async with self._first:
                if not self._tokens.known:
                    return await self._ask(ask, prompt)
        return await self._ask(ask, prompt)

    def share(self, part: float) -> None:
        """From now on, take this part of the limits (0 to 1). The next prompt waits for its whole interval."""
        for lane in (self._requests, self._tokens):
            lane.share(part)

    async def _ask(self, ask: Callable[[Any], Awaitable[Outcome]], prompt: Any) -> Outcome:
        lanes = self._requests, self._tokens
        expected = [lane.expected for lane in lanes]
        start = max(lane.reserve(units) for lane, units in zip(lanes, expected, strict=True))
        await asyncio.sleep(max(start - asyncio.get_running_loop().time(), 0))
        outcome = await ask(prompt)
        self._requests.settle(expected[0], len(outcome["attempts"]))
        used = tokens_of(outcome)
        self._tokens.settle(expected[1], _estimate(prompt, outcome) if used is None else used)
        return outcome


class _Lane:
    """One limit. `expected` is how many units the next prompt will probably use."""

    def __init__(self, limit: float | None) -> None:
        if limit is not None and not (isinstance(limit, int | float) and 0 < limit < float("inf")):
            raise ConfigError("a rate limit must be a number above 0")
        self.limited = limit is not None
        self._limit = limit or float("inf")
        self._part = 1.0
        self._free = float("-inf")  # when the next prompt may start, by the clock of the event loop
        self._seen, self._used = 0, 0.0

    @property
    def known(self) -> bool:
        return self._seen > 0

    @property
    def expected(self) -> float:
        return self._used / self._seen if self._seen else 1.0

    def reserve(self, units: float) -> float:
        """Take so many units; returns when they may be used."""
        start = max(self._free, asyncio.get_running_loop().time())
        self._free = start + self._seconds(units)
        return start

    def settle(self, reserved: float, used: float) -> None:
        """Correct what was reserved."""
        self._seen += 1
        self._used += used
        self._free += self._seconds(used - reserved)

    def share(self, part: float) -> None:
        self._part = part
        if self.limited:
            self._free = max(self._free, asyncio.get_running_loop().time() + self._seconds(self.expected))

    def _seconds(self, units: float) -> float:
        return units * MINUTE / (self._limit * self._part)


def tokens_of(outcome: Outcome) -> int | None:
    """The tokens of all attempts, None if none reported any."""
    usage = outcome["usage"]
    if usage is None or (usage["input_tokens"] is None and usage["output_tokens"] is None):
        return None
    return (usage["input_tokens"] or 0) + (usage["output_tokens"] or 0)


def _estimate(prompt: Any, outcome: Outcome) -> float:
    """The tokens of an answer without a count."""
    chars = len(prompt) if isinstance(prompt, str) else sum(len(str(part.get("text", ""))) for part in prompt)
    return (chars + len(outcome["text"])) / CHARS_A_TOKEN if outcome["attempts"] else 0.0
