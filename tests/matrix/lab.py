"""Plays the rows of the matrix, and judges what came of them."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparewheel.testing import Reply, ScriptedProvider, openai_chat

from .extension import extended
from .hosts import HOSTS, Host
from .projects import Failed
from .rows import BUNDLERS
from .serving import Counter
from .sites import Sites
from .visit import ANSWER, Visit, visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

PLAIN: Final = "plain"
EXTENSION: Final = "extension"
MOST: Final = 2.0  # times the plain page
TRIES: Final = 3  # the fastest counts: a tool's server compiles for the first visit, and a machine may be busy


@dataclass(frozen=True)
class Outcome:
    """What came of a row. `problem` is empty if it works; `ratio`: time to ready, to the plain page's."""

    name: str
    problem: str = ""
    visit: Visit | None = None
    ratio: float = 1.0

    @property
    def verdict(self) -> str:
        """The problem, or that it is too slow; empty if the row holds."""
        slow = f"takes {self.ratio:.1f} times as long as the plain page" if self.ratio > MOST else ""
        return self.problem or slow


class Lab:
    """What the rows share: a browser, the package, and the plain page's time."""

    def __init__(self, browser: Browser, sites: Sites, tries: int) -> None:
        self._browser = browser
        self._tries = tries
        self._sites = sites
        self._baseline: int | None = None  # ms

    async def play(self, name: str) -> Outcome:
        """Play a row of `BUNDLERS` or `HOSTS`, or `EXTENSION`; before the first one, the plain page."""
        if self._baseline is None and name != PLAIN:
            await self.play(PLAIN)
        host = HOSTS.get(name, Host())
        counter = Counter()
        try:
            if name == EXTENSION:
                seen = await self._extension()
            else:
                seen = await self._served(name, host, counter)
        except Failed as failed:
            return Outcome(name, str(failed))
        if name == PLAIN:
            self._baseline = seen.ready
        ratio = seen.ready / (self._baseline or seen.ready) / host.runtimes
        problem = ""
        if name in HOSTS and seen.sent > host.most:
            problem = f"sends {seen.sent / 1e6:.1f} MB, {host.most / 1e6:.1f} are allowed"
        return Outcome(name, problem, seen, ratio)

    async def _served(self, name: str, host: Host, counter: Counter) -> Visit:
        serving = self._sites.bundle(BUNDLERS[name], counter) if name in BUNDLERS else self._sites.host(host, counter)
        async with serving as url:
            return await self._fastest(url, counter, host)

    async def _extension(self) -> Visit:
        async with extended(self._browser.browser_type, await self._sites.plain_page()) as (context, url):
            seen = [await visit(context, url, Counter()) for _ in range(self._tries)]
            return min(seen, key=lambda visit: visit.ready)

    async def _fastest(self, url: str, counter: Counter, host: Host) -> Visit:
        """The fastest of several visits; of one, if it is as fast as it has to be. Raises `Failed`."""
        seen: list[Visit] = []
        for _ in range(self._tries):
            context = await self._browser.new_context()
            try:
                for _ in range(host.visits):
                    last = await visit(context, url, counter, framed=host.framed)
            finally:
                await context.close()
            seen.append(last)
            if self._baseline is not None and last.ready <= MOST * host.runtimes * self._baseline:
                break
        return min(seen, key=lambda visit: visit.ready)


@asynccontextmanager
async def open_lab(browser: Browser, tarball: Path, tries: int = TRIES) -> AsyncIterator[Lab]:
    """A lab for the package in `tarball`, with a model that always gives the same answer. `tries`: visits of a row."""
    with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as folder:
        with ScriptedProvider() as provider:
            provider.script("a", lambda _: Reply(openai_chat(text=ANSWER)))
            agent = (
                "agents: {root: {model: a, instruction: Be brief.}}\n"
                f'models: {{a: {{provider: openai, model: a, base_url: "{provider.url}/v1"}}}}\n'
            )
            yield Lab(browser, Sites(Path(folder), tarball, agent), tries)
