"""How long the page waits for code in the sandbox: the first run, further ones, and the end of an endless one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from sparewheel.headless import find, find_dist
from tests.bench.report import Table
from tests.support.browser import BOOT_LIMIT, Site, within
from tests.support.tabs import open_tab

if TYPE_CHECKING:
    from sparewheel.headless.browser import Engine

_PAGE: Final = Path(__file__).resolve().parents[1] / "e2e" / "theirs"
LIMIT_MS: Final = 1000  # of the run that does not end
REST_MS: Final = 3000  # in which the spare gets ready; nothing tells when it is
# By the names in `_MEASURE`, with the most that is promised, in ms.
ROWS: Final[dict[str, tuple[str, float | None]]] = {
    "first": ("first run, files loaded", None),
    "other": ("first run of another session", None),
    "next": ("next run, at once", 700),
    "spare": ("next run, after a rest: the spare", 50),
    "late": ("end of an endless loop, beyond its limit", 250),
    "after": ("next run after that, at once", 700),
}
_OPEN: Final = """async (limit) => {
  const { createRuntime } = await import("/spare/sparewheel.js");
  const runtime = await createRuntime();
  const yaml = `agents: {root: {model: demo/hello, toolsets: [{type: code, timeout: ${limit / 1000}s}]}}`;
  window.begin = async () => void (window.session = await runtime.createSession({ yaml }));
  window.measure = async (code, status) => {
    const began = performance.now();
    const end = await session.runCode(code);
    if (end.status !== status) throw new Error(`the run ended as ${end.status}: ${end.detail}`);
    return performance.now() - began;
  };
  window.rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
}"""
_ROUND: Final = """async ([limit, rest]) => {
  await begin();
  const first = await measure("6 * 7", "done");
  const next = await measure("6 * 7", "done");
  await window.rest(rest);
  const spare = await measure("6 * 7", "done");
  await window.rest(rest);
  const late = (await measure("while True: pass", "time")) - limit;
  const after = await measure("6 * 7", "done");
  await session.close();
  return { first, next, spare, late, after };
}"""


async def measure(engine: Engine, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by the names of `ROWS`. Each round has a session of its own."""
    launch = await asyncio.to_thread(find, engine)
    found: dict[str, list[float]] = {name: [] for name in ROWS}
    with Site({"/spare/": find_dist(), "/theirs/": _PAGE}) as site:
        async with open_tab(launch) as tab:
            await tab.goto(f"{site.origin}/theirs/")
            await within(tab.evaluate(_OPEN, LIMIT_MS), BOOT_LIMIT)
            for number in range(rounds):
                taken: dict[str, Any] = await within(tab.evaluate(_ROUND, [LIMIT_MS, REST_MS]), BOOT_LIMIT)
                for name, value in taken.items():
                    found["other" if name == "first" and number > 0 else name].append(value)
    return found


def late(found: dict[str, list[float]]) -> list[str]:
    """What has taken longer than is promised, at the worst."""
    return [what for name, (what, most) in ROWS.items() if most is not None and max(found[name], default=0) > most]


def table(engine: str, found: dict[str, list[float]]) -> Table:
    """The median and the worst of each, with what is promised."""
    made = Table(f"Code in the sandbox, {engine} (ms)", ["", "median", "worst", "promised", ""])
    for name, (what, most) in ROWS.items():
        if values := found[name]:
            verdict = "" if most is None else "over" if what in late(found) else "holds"
            made.add(what, round(median(values)), round(max(values)), "" if most is None else f"<= {most:g}", verdict)
    return made
