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

from playwright.async_api import Browser, async_playwright

from sparewheel.headless import Launch, ensure
from sparewheel.headless.browser import Engine, sandboxed
from sparewheel.headless.static import StaticServer

from . import machine
from .api import Api
from .devtools import DevTools
from .fast_paths import FastPaths
from .remote import LIMIT, Remote, remote_page

T = TypeVar("T")
PAGES: Final = Path(__file__).parent / "page"
RAW: Final = "raw"
OURS: Final = "ours"


@dataclass(frozen=True)
class Run:
    """One answer, as a contender's page took it in. Times in milliseconds; `cpu_us` of the page's process.

    `began` is on the wall clock.
    """

    ms: float
    deltas: int
    chars: int
    first_ms: float
    latencies: list[float]
    began: float
    cpu_us: float

    @property
    def us_per_delta(self) -> float:
        return self.ms * 1000 / self.deltas

    @property
    def cpu_us_per_delta(self) -> float:
        return self.cpu_us / self.deltas


@dataclass
class Contender:
    """A page that answers in one of the two ways, or both, with the processes of its browser in which pages run."""

    name: str
    remote: Remote
    processes: list[int]
    devtools: DevTools | None = None

    async def run(self, *models: str, stamped: bool = False, name: str = "", tools: int = 0, messages: int = 0) -> Run:
        """Ask these models, one after the other until one streams. `name`: in the way of this contender.

        `tools` and `messages` are how many the request has beside its prompt.
        """
        await self.remote.call("prepare", name or self.name, models, tools, messages)
        return await self.again(*models, stamped=stamped, name=name)

    async def again(self, *models: str, stamped: bool = False, name: str = "") -> Run:
        """Another turn of what was prepared last, in the same session where there is one."""
        name = name or self.name
        before = machine.cpu_seconds(self.processes)
        facts = await self.remote.call("run", name, models, stamped)
        cpu = machine.cpu_seconds(self.processes) - before
        return Run(
            facts["ms"],
            facts["deltas"],
            facts["chars"],
            facts["firstMs"],
            facts["latencies"],
            facts["began"],
            cpu * 1e6,
        )

    @property
    def rss_mb(self) -> float:
        return machine.anonymous_mb(self.processes)


@dataclass
class Lab:
    """A browser, with the site and the API it may ask; and how to start another one."""

    browser: Browser
    launch: Launch
    executable: str
    site: StaticServer
    api: Api
    other_api: Api  # on another host, as a chain of models sees it
    tell: Callable[[str], None]
    paths: FastPaths = field(default_factory=FastPaths)

    @asynccontextmanager
    async def contender(self, name: str, *, inspected: bool = False) -> AsyncIterator[Contender]:
        """A browser of its own, with one page. `inspected`: its heaps can be asked for, if it is a Chromium."""
        others = set(machine.page_processes())
        flags = [*self.launch.flags, *(["--no-sandbox"] if self._needs_no_sandbox else [])]
        url = f"{self.site.url}bench/"
        tools = DevTools() if inspected and self.launch.engine == "chromium" else None
        async with remote_page(self.launch.engine, self.executable, flags, url, tools) as remote:
            mode = await remote.call("boot", self.api.url, self.other_api.url, name == OURS)
            if mode is not None:
                self.paths.saw("a start from the snapshot", taken=mode == "snapshot")
            yield Contender(name, remote, [each for each in machine.page_processes() if each not in others], tools)

    @property
    def _needs_no_sandbox(self) -> bool:
        return self.launch.engine == "chromium" and not sandboxed()


async def within(work: Awaitable[T], limit: float = LIMIT) -> T:
    """A stuck worker would be waited for without an end."""
    return await asyncio.wait_for(work, limit)


@asynccontextmanager
async def open_lab(dist: Path, engine: Engine, tell: Callable[[str], None]) -> AsyncIterator[Lab]:
    launch = await asyncio.to_thread(ensure, engine)
    with tempfile.TemporaryDirectory(dir=dist.parent, prefix=".bench-") as folder:
        await asyncio.to_thread(_make_site, dist, Path(folder))
        with StaticServer(Path(folder)) as site, Api() as api, Api() as other:
            async with async_playwright() as playwright:
                kind = getattr(playwright, engine)
                browser = await kind.launch(**launch.arguments())
                yield Lab(browser, launch, str(launch.executable or kind.executable_path), site, api, other, tell)
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
