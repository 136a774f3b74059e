"""Lists of a server, page by page: tools, prompts, resources. A server may have any number, in any number of pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..base import AskUser
    from .link import Link

LIST_TIMEOUT: Final = 30.0  # seconds for a page, and after which no more pages are asked for
MAX_PAGES: Final = 200
MAX_LISTED: Final = 20_000  # entries that are looked at
_SLICE: Final = 50  # entries that are looked at before other tasks run


@dataclass(slots=True)
class Listing:
    """A list that is being read, of the method `{name}/list`, whose results have it under `key`.

    `fresh` is how long the server means it to be valid, in seconds; 0: it does not tell. At most `most` entries are
    read. `cut`: there is more.
    """

    link: Link
    name: str
    key: str
    ask: AskUser
    fresh: float = field(default=0.0, init=False)
    most: int = MAX_LISTED
    cut: bool = field(default=False, init=False)

    async def entries(self, wanted: Callable[[], bool] = lambda: True) -> AsyncGenerator[dict[str, Any], None]:
        """The entries, as long as more are `wanted`. Raises `ToolError`."""
        exchange = Exchange(f"{self.name}/list", {}, LIST_TIMEOUT, asker=self.ask)
        seen: set[str] = set()
        number, clock = 0, asyncio.get_running_loop().time
        end = clock() + LIST_TIMEOUT
        for _ in range(MAX_PAGES):
            if clock() > end:
                break
            async with exchange.patience:
                page = await self.link.request(exchange)
            end += exchange.patience.waited
            ttl = page.get("ttlMs")
            self.fresh = ttl / 1000 if isinstance(ttl, (int, float)) and 0 < ttl < 1e9 else 0.0
            found = page.get(self.key)
            for entry in found if isinstance(found, list) else ():
                if not wanted() or number >= self.most:
                    self.cut = True
                    return
                number += 1
                if isinstance(entry, dict):
                    yield entry
                if number % _SLICE == 0:
                    await asyncio.sleep(0)
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                return
            if cursor in seen:
                raise ToolError(f"the server's list of {self.key} does not end: it comes to the same page again")
            seen.add(cursor)
            exchange = Exchange(exchange.method, {"cursor": cursor}, LIST_TIMEOUT, asker=self.ask)
        self.cut = True
