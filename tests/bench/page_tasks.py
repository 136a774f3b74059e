"""The page itself, while 1,000 deltas a second arrive and are shown: for how long it cannot answer the user."""

from __future__ import annotations

from .lab import PAGES, Facts, Lab, median
from .report import Table
from .sizes import Sizes

RATE = 1000  # deltas a second
_AGENT = """
agents:
  root: {{model: bench/rate-{rate}-{seconds}}}
providers:
  bench: {{base_url: "{url}/v1"}}
"""
# The longest time between two tasks that want to run all the time, measured while the answer comes.
_BEGIN = """() => {
  seen.tasks.length = 0;
  seen.gap = 0;
  let last = performance.now();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    seen.gap = Math.max(seen.gap, performance.now() - last);
    last = performance.now();
    setTimeout(() => channel.port2.postMessage(0), 4);
  };
  channel.port2.postMessage(0);
}"""


async def page_tasks(lab: Lab, sizes: Sizes) -> tuple[Facts, Table]:
    """The longest task (Long Tasks API: only those over 50 ms count), and the longest wait of a 4 ms heartbeat."""
    longest, gaps = [], []
    for number in range(sizes.page_runs):
        lab.tell(f"{RATE:,} deltas a second on the page, {number + 1} of {sizes.page_runs}")
        context = await lab.browser.new_context()
        await context.add_init_script(path=PAGES / "watch.js")
        page = await context.new_page()
        await page.goto(lab.site.url)
        await page.wait_for_selector("#status[data-state=ready]", timeout=120_000)
        agent = _AGENT.format(rate=RATE, seconds=sizes.page_seconds, url=lab.api.url)
        await page.click("#open-agents")
        await page.fill("#agent-yaml", agent)
        await page.click("#agents-drawer .drawer-close")
        await page.fill("#prompt", "Hello")
        await page.evaluate(_BEGIN)
        await page.click("#send")
        await page.wait_for_selector("#status[data-state=done]", timeout=(sizes.page_seconds + 120) * 1000)
        shown = await page.evaluate("document.getElementById('answer').textContent.split(' ').length")
        assert shown > RATE * sizes.page_seconds * 0.8, f"the page shows only {shown} words"
        seen = await page.evaluate("seen")
        longest.append(max(seen["tasks"], default=0))
        gaps.append(seen["gap"])
        await context.close()
    facts: Facts = {"longest_task_ms": median(longest), "longest_gap_ms": median(gaps)}
    table = Table(f"The page while {RATE:,} deltas a second are shown (ms)", ("", "median", "worst"))
    table.add("longest task (0: none over 50)", f"{facts['longest_task_ms']:.0f}", f"{max(longest):.0f}")
    table.add("longest wait of a 4 ms heartbeat", f"{facts['longest_gap_ms']:.0f}", f"{max(gaps):.0f}")
    return facts, table
