"""The page itself, while 1,000 deltas a second arrive and are shown: for how long it cannot answer the user.

Server, worker, browser and page share the cores of the machine, so a task also takes the time in which it waits for a
core. The limit is for the CPU time of the page's own work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from playwright.async_api import Page

from tests.support.busy import watched

from .lab import PAGES, Facts, Lab, median
from .report import Table
from .sizes import Sizes

RATE: Final = 1000  # deltas a second
LIMIT_MS: Final = 50
_AGENT: Final = """
agents:
  root: {{model: bench/{model}, title_model: demo/hello}}
providers:
  bench: {{base_url: "{url}/v1"}}
"""
# The longest time between two tasks that want to run all the time, measured while the answer comes.
_BEGIN: Final = """() => {
  seen.tasks.length = 0;
  seen.gap = 0;
  let last = performance.now();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    seen.gap = Math.max(seen.gap, performance.now() - last);
    last = performance.now();
    if (!seen.isOver) setTimeout(() => channel.port2.postMessage(0), 4);
  };
  seen.isOver = false;
  channel.port2.postMessage(0);
}"""
# What is rendered after the last delta belongs to the answer: until a second has passed without a change.
_END: Final = """async () => {
  const answer = document.getElementById("answer");
  for (let length = -1; length !== answer.textContent.length;) {
    length = answer.textContent.length;
    await new Promise((done) => setTimeout(done, 1000));
  }
  seen.isOver = true;
  return { tasks: seen.tasks, gap: seen.gap, chars: answer.textContent.length };
}"""


@dataclass(frozen=True)
class Answer:
    """What is measured: a model of `api.py`, and how many characters the page shows at least."""

    name: str
    model: str
    chars: int
    has_log: bool = False


def answers(sizes: Sizes) -> list[Answer]:
    """The answers; of a quick run, the first ones."""
    seconds = sizes.page_seconds
    markdown = f"text-markdown-{5 * RATE * seconds}-5-{RATE}"
    shown = 3 * RATE * seconds
    all_of_them = [
        Answer("plain words", f"rate-{RATE}-{seconds}", 4 * RATE * seconds),
        Answer("Markdown, the log open", markdown, shown, has_log=True),
        Answer("Markdown", markdown, shown),
        Answer("a table of 1,000 rows", f"text-table-1000000-20-{RATE}", 30_000),
        Answer("a list of 2,000 items", f"text-list-1000000-30-{RATE}", 50_000),
        Answer("a paragraph of 250 kB", f"text-paragraph-250000-50-{RATE}", 240_000),
        Answer("5,000 links", f"text-links-1000000-40-{RATE}", 50_000),
        Answer("50,000 tokens at once", "text-markdown-200000-4-0", 100_000),
    ]
    return all_of_them[: sizes.page_answers]


async def page_tasks(lab: Lab, sizes: Sizes) -> tuple[Facts, Table]:
    """The longest task in CPU time and by the clock (Long Tasks API: over 50 ms), the longest wait of a heartbeat."""
    table = Table(
        f"The page's longest task while {RATE:,} deltas a second are shown (ms)",
        ("", "CPU, median", "CPU, worst", "limit", "by the clock, worst (0: none over 50)", "wait of a 4 ms heartbeat"),
    )
    facts: Facts = {}
    for answer in answers(sizes):
        spent, longest, gaps = [], [], []
        for number in range(sizes.page_runs):
            lab.tell(f"{answer.name} on the page, {number + 1} of {sizes.page_runs}")
            context = await lab.browser.new_context()
            await context.add_init_script(path=PAGES / "watch.js")
            page = await context.new_page()
            await page.goto(lab.site.url)
            async with watched(page) as busy:
                seen = await _measured(page, lab.api.url, answer)
            spent.append(busy.longest)
            longest.append(max(seen["tasks"], default=0))
            gaps.append(seen["gap"])
            await context.close()
        columns = median(spent), max(spent), LIMIT_MS, max(longest), max(gaps)
        table.add(answer.name, *(f"{each:.0f}" for each in columns))
        if not facts:
            facts = {"longest_task_ms": median(longest), "longest_gap_ms": median(gaps), "worst_task_cpu_ms": {}}
        facts["worst_task_cpu_ms"][answer.name] = max(spent)
    return facts, table


async def _measured(page: Page, url: str, answer: Answer) -> Facts:
    """Show an answer on a page that starts."""
    await page.wait_for_selector("#status[data-state=ready]", timeout=120_000)
    await page.click("#open-agents")
    await page.fill("#agent-yaml", _AGENT.format(model=answer.model, url=url))
    await page.click("#agents-drawer .drawer-close")
    if answer.has_log:
        await page.click("#open-hood")
    await page.fill("#prompt", "Hello")
    await page.evaluate(_BEGIN)
    await page.press("#prompt", "Enter")
    await page.wait_for_selector("#status[data-state=done]", timeout=180_000)
    seen: Facts = await page.evaluate(_END)
    assert seen["chars"] >= answer.chars, f"the page shows only {seen['chars']} characters of {answer.name}"
    return seen
