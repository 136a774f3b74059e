"""A long conversation on the page: until its last turns are seen, and what the others cost."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Page

from .lab import PAGES, Facts, Lab, median
from .report import Table
from .sizes import Sizes
from .texts import TEXTS

TURNS: Final = 250  # of two messages each
_OPENED_MS: Final = 300
_TASK_MS: Final = 50
# The runtime of the page has the store, too; only one at a time drives a session.
_MAKE: Final = """async ([answers, title]) => {
  const { createRuntime } = await import("./sparewheel.js");
  const runtime = await createRuntime({ store: "indexeddb" });
  const history = answers.flatMap((content, at) => [
    { role: "user", content: `Question ${at}: how does it work?` }, { role: "assistant", content }]);
  const yaml = "agents: {root: {model: demo/hello}}";
  const session = await runtime.createSession({ yaml, history, title });
  await session.send("Hello");
  await session.close();
  await runtime.dispose();
}"""
# From the click to the last answer as Markdown, then until every turn is there, then a way up through them.
_OPEN: Final = """async ([row, turns]) => {
  const box = document.getElementById("transcript");
  const frame = () => new Promise(requestAnimationFrame);
  seen.tasks.length = 0;
  const began = performance.now();
  row.click();
  let last = null;
  while (!last || last.matches(".plain")) {
    await frame();
    last = [...box.querySelectorAll(".answer")].at(-1);
  }
  const opened = performance.now() - began;
  while (box.querySelectorAll(".turn").length < turns) await frame();
  await new Promise((done) => setTimeout(done, 500));
  const filling = Math.max(0, ...seen.tasks);
  seen.tasks.length = 0;
  for (let count = 0; count < 120; count++) {
    box.scrollTop -= 400;
    await frame();
  }
  await new Promise((done) => setTimeout(done, 500));
  return { opened, filling, scrolling: Math.max(0, ...seen.tasks) };
}"""


async def page_chat(lab: Lab, sizes: Sizes) -> tuple[Facts, Table]:
    """Opened for the first time since the page has started, and again."""
    first: list[float] = []
    again: list[float] = []
    filling, scrolling = [], []
    context = await lab.browser.new_context()
    await context.add_init_script(path=PAGES / "watch.js")
    page = await context.new_page()
    await _ready(page, lab.site.url)
    text = TEXTS["markdown"]
    answers = [text[at * 800 : at * 800 + 800] for at in range(TURNS)]
    await page.evaluate(_MAKE, [answers, "A long one"])
    for number in range(sizes.page_runs):
        lab.tell(f"a conversation of {2 * TURNS} messages on the page, {number + 1} of {sizes.page_runs}")
        await _ready(page, f"{lab.site.url}?{number}")
        for times in (first, again):
            row = page.locator(".chat-open", has_text="A long one")
            seen = await page.evaluate(_OPEN, [await row.element_handle(), TURNS])
            times.append(seen["opened"])
            filling.append(seen["filling"])
            scrolling.append(seen["scrolling"])
            await page.click("#new-chat")
            await page.wait_for_selector("#transcript .turn", state="detached")
    await context.close()
    facts: Facts = {
        "first_ms": median(first),
        "again_ms": median(again),
        "longest_task_ms": max(filling),
        "longest_scroll_task_ms": max(scrolling),
    }
    table = Table(f"A conversation of {2 * TURNS} messages on the page (ms)", ("", "median", "worst", "limit"))
    for name, values, limit in (
        ("opened for the first time, to its last answer", first, _OPENED_MS),
        ("opened again", again, _OPENED_MS),
        ("longest task while the others come (0: none over 50)", filling, _TASK_MS),
        ("longest task while it is scrolled", scrolling, _TASK_MS),
    ):
        table.add(name, f"{median(values):.0f}", f"{max(values):.0f}", limit)
    return facts, table


async def _ready(page: Page, url: str) -> None:
    await page.goto(url)
    await page.wait_for_selector("#status[data-state=ready]", timeout=120_000)
