"""Starting: a first and a second visit by stage, against Pyodide as its documentation shows it; and the bytes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Any, Final

from playwright.async_api import BrowserContext

from .lab import OURS, PAGES, Facts, Lab, median, shuffled, within
from .report import Table, ratio
from .sizes import Sizes

PLAIN: Final = "plain"
_PATHS: Final = {OURS: "", PLAIN: "bench/plain.html"}
# Whatever a first visit leaves to be done for the second.
_SETTLED: Final = "navigator.serviceWorker?.getRegistration().then((found) => found && navigator.serviceWorker.ready)"
REVALIDATED: Final = 500_000  # bytes: small files whose names stay are asked for again
QUIET: Final = 1.5  # seconds without a byte: nothing more comes


async def boot(lab: Lab, sizes: Sizes) -> tuple[Facts, Table]:
    """From opening the page to `ready`, in ms. A visit is cold in a context of its own, warm when it is the second."""
    visits: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    stages: defaultdict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for name in shuffled((OURS, PLAIN), sizes.boots):
        context = await lab.browser.new_context()
        await context.add_init_script(path=PAGES / "watch.js")
        for visit in ("cold", "warm"):
            lab.tell(f"{visit} start, {name}")
            seen = await _visit(context, f"{lab.site.url}{_PATHS[name]}")
            if name == OURS:
                lab.paths.saw("a start from the snapshot", taken=all(word["type"] != "boot_failed" for word in seen))
            visits[name, visit].append(seen[-1]["at"])
            stages[name, visit].append(_durations(seen))
        await context.close()
    typical = {cell: sizes.typical(times) for cell, times in visits.items()}
    table = Table("Start, to ready (ms)", ("visit", "plain Pyodide", "ours", "ratio", "ours by stage"))
    facts: Facts = {}
    for visit in ("cold", "warm"):
        ours, plain = typical[OURS, visit], typical[PLAIN, visit]
        shares = {
            stage: round(median([one.get(stage, 0) for one in stages[OURS, visit]])) for stage in stages[OURS, visit][0]
        }
        facts |= {f"{visit}_ms": ours, f"plain_{visit}_ms": plain, f"{visit}_ratio": ours / plain}
        facts[f"{visit}_stages"] = shares
        by_stage = ", ".join(f"{stage} {share:,}" for stage, share in shares.items())
        table.add(visit, f"{plain:,.0f}", f"{ours:,.0f}", ratio(ours / plain), by_stage)
    until_ready, in_all, again = await _visit_bytes(lab)
    lab.paths.saw("a second visit from the cache", taken=again < REVALIDATED)
    facts |= {"first_visit_bytes": in_all, "until_ready_bytes": until_ready, "second_visit_bytes": again}
    facts["until_ready_mb"] = until_ready / 1e6
    table.note(
        f"{sizes.boots} visits each. A first visit: {until_ready / 1e6:.2f} MB until ready, {in_all / 1e6:.2f} in all; "
        f"a second one: {again / 1e6:.2f}."
    )
    return facts, table


async def _visit(context: BrowserContext, url: str) -> list[dict[str, Any]]:
    """What the page's worker has said, until it was ready."""
    page = await context.new_page()
    await page.goto(url)
    seen: list[dict[str, Any]] = await within(page.evaluate("started"))
    assert seen[-1]["type"] == "ready", f"the runtime did not start: {seen}"
    await within(page.evaluate(_SETTLED))
    await page.close()
    return seen


def _durations(seen: list[dict[str, Any]]) -> dict[str, float]:
    """How long each stage took: from the first that is heard of it to the first that is heard of the next."""
    begins: dict[str, float] = {"page and worker": 0.0}
    for word in seen[:-1]:
        begins.setdefault(word["stage"], word["at"])
    ends = [*list(begins.values())[1:], seen[-1]["at"]]
    return {stage: end - begin for (stage, begin), end in zip(begins.items(), ends, strict=True)}


async def _visit_bytes(lab: Lab) -> tuple[int, int, int]:
    """What the site sends, headers included: until a first visit is ready, in all, and for a second one."""
    lab.tell("bytes of two visits")
    meter = _Meter(lab.site.url)
    server = await asyncio.start_server(meter.relay, "127.0.0.1", 0)
    context = await lab.browser.new_context()
    await context.add_init_script(path=PAGES / "watch.js")
    page = await context.new_page()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await page.goto(url)
    await within(page.evaluate("started"))
    until_ready = meter.bytes
    await within(page.evaluate(_SETTLED))
    in_all = await _when_quiet(meter)
    await page.goto(url)
    await within(page.evaluate("started"))
    again = await _when_quiet(meter) - in_all
    await context.close()
    server.close()
    return until_ready, in_all, again


async def _when_quiet(meter: _Meter) -> int:
    counted = -1
    while counted != meter.bytes:
        counted = meter.bytes
        await asyncio.sleep(QUIET)
    return counted


class _Meter:
    """Stands between a browser and a site, and counts what the site sends."""

    def __init__(self, url: str) -> None:
        self._host, _, port = url.split("/")[2].partition(":")
        self._port = int(port)
        self.bytes = 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site_reader, site_writer = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(
            self._pass_on(reader, site_writer, counted=False), self._pass_on(site_reader, writer, counted=True)
        )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                self.bytes += len(data) if counted else 0
                writer.write(data)
                await writer.drain()
        writer.close()
