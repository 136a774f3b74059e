"""The start of the page: when it takes a prompt, counted from the end of its HTML. Python is still loading then."""

from __future__ import annotations

from .lab import Facts, Lab, median
from .report import Table
from .sizes import Sizes

# The marks are of app/first.js and app/main.js; both are there once the status tells of the start.
_TIMES = """() => {
  const html = performance.getEntriesByType("navigation")[0].responseEnd;
  const since = (name) => performance.getEntriesByName(name)[0].startTime - html;
  return { takes: since("takes a prompt"), runs: since("page runs") };
}"""
_RUNS = """() => performance.getEntriesByName("page runs").length"""


async def page_start(lab: Lab, sizes: Sizes) -> tuple[Facts, Table]:
    """First visits, each with an empty cache."""
    takes, runs = [], []
    for number in range(sizes.visits):
        lab.tell(f"first visits of the page, {number + 1} of {sizes.visits}")
        context = await lab.browser.new_context()
        page = await context.new_page()
        await page.goto(lab.site.url)
        await page.wait_for_function(_RUNS)
        times = await page.evaluate(_TIMES)
        takes.append(times["takes"])
        runs.append(times["runs"])
        await context.close()
    facts: Facts = {"takes_prompt_ms": median(takes), "interactive_ms": median(runs)}
    table = Table("A first visit of the page, after the end of its HTML (ms)", ("", "median", "worst"))
    table.add("keeps a prompt that is sent", f"{facts['takes_prompt_ms']:.0f}", f"{max(takes):.0f}")
    table.add("sends it (submit listener of the page)", f"{facts['interactive_ms']:.0f}", f"{max(runs):.0f}")
    return facts, table
