"""Where everything is measured: a site with `dist/` and the bench's own pages, the API, and a browser."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from playwright.async_api import Browser, Page, async_playwright

from sparewheel.headless import ensure
from sparewheel.headless.browser import Engine
from sparewheel.headless.static import StaticServer

from . import machine
from .api import Api

T = TypeVar("T")
PAGES: Final = Path(__file__).parent / "page"
RAW: Final = "raw"
OURS: Final = "ours"
LIMIT: Final = 180.0  # seconds until a call has failed: a stuck worker would be waited for without an end


@dataclass(frozen=True)
class Run:
    """One answer, as a contender's page took it in. Times in milliseconds; `cpu_us` of the page's process."""

    ms: float
    deltas: int
    chars: int
    first_ms: float
    latencies: list[float]
    cpu_us: float

    @property
    def us_per_delta(self) -> float:
        return self.ms * 1000 / self.deltas

    @property
    def cpu_us_per_delta(self) -> float:
        return self.cpu_us / self.deltas


@dataclass
class Contender:
    """A page that answers in one of the two ways, with its process."""

    name: str
    page: Page
    processes: list[int] = field(default_factory=list)

    async def run(self, *models: str, stamped: bool = False) -> Run:
        """Ask these models, one after the other until one streams."""
        await within(self.page.evaluate("([name, models]) => bench.prepare(name, models)", [self.name, models]))
        code = "([name, models, stamped]) => bench.run(name, models, stamped)"
        before = machine.cpu_seconds(self.processes)
        facts = await within(self.page.evaluate(code, [self.name, models, stamped]))
        cpu = machine.cpu_seconds(self.processes) - before
        return Run(facts["ms"], facts["deltas"], facts["chars"], facts["firstMs"], facts["latencies"], cpu * 1e6)

    @property
    def rss_mb(self) -> float:
        return machine.anonymous_mb(self.processes)


@dataclass
class Lab:
    """One browser, with the site and the API it may ask."""

    browser: Browser
    site: StaticServer
    api: Api
    tell: Callable[[str], None]

    @asynccontextmanager
    async def contender(self, name: str) -> AsyncIterator[Contender]:
        """A fresh page in a context, and so a process, of its own."""
        others = set(machine.page_processes())
        context = await self.browser.new_context()
        page = await context.new_page()
        await page.goto(f"{self.site.url}bench/")
        await within(page.evaluate("([url, own]) => bench.boot(url, own)", [self.api.url, name == OURS]))
        yield Contender(name, page, [process for process in machine.page_processes() if process not in others])
        await context.close()


async def within(work: Awaitable[T], limit: float = LIMIT) -> T:
    return await asyncio.wait_for(work, limit)


@asynccontextmanager
async def open_lab(dist: Path, engine: Engine, tell: Callable[[str], None]) -> AsyncIterator[Lab]:
    launch = await asyncio.to_thread(ensure, engine)
    with tempfile.TemporaryDirectory(dir=dist.parent, prefix=".bench-") as folder:
        await asyncio.to_thread(_make_site, dist, Path(folder))
        with StaticServer(Path(folder)) as site, Api() as api:
            async with async_playwright() as playwright:
                browser = await getattr(playwright, engine).launch(**launch.arguments())
                yield Lab(browser, site, api, tell)
                await browser.close()


def _make_site(dist: Path, folder: Path) -> None:
    """`dist/` with the bench's pages beside it: they must be of one origin. Links cost nothing."""
    shutil.copytree(dist, folder, copy_function=os.link, dirs_exist_ok=True)
    shutil.copytree(PAGES, folder / "bench")


def shuffled(cells: Iterable[T], repetitions: int) -> list[T]:
    """Every cell so many times, in an order that mixes what is compared: the machine is never equally busy."""
    cells = list(cells)
    rounds = [random.sample(cells, len(cells)) for _ in range(repetitions)]
    return [cell for cells in rounds for cell in cells]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def spread(values: Sequence[float]) -> str:
    """How far repetitions lie apart."""
    return f"{min(values):,.1f} to {max(values):,.1f}"


Facts = dict[str, Any]
