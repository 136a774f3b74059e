"""Answers as Markdown on our own page, under its policy: what is shown and copied, and hostile texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.browser import Watch, shows, within
from tests.support.hostile import TEXTS
from tests.support.page import copied, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

ANSWER = """# Sorted

Both need **O(n log n)**, see [the docs](https://docs.test/a) and [docs.test](https://docs.test/b).[^1]

- [x] done
- two
  - nested

| Name | Worst |
|:-----|------:|
| Merge | $n^2$ |

```python
def quick(xs):
    return xs
```

It costs $5 and $6. ![A chart](https://img.test/a.png)

مرحبا بالعالم

[^1]: A note.
"""
ALLOWED_TAGS = (
    "a bdi blockquote br button code div em figcaption figure h4 h5 h6 hr li ol p pre s span strong sub sup table "
    "tbody td th thead tr ul math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle "
    "msub msubsup msup mtable mtd mtext mtr munder munderover none semantics"
).split()

RENDER = """
async ([engine, texts, tags]) => {
  const { Stream, PageParts } = await import(engine);
  const box = document.querySelector("#transcript");
  globalThis.hits = 0;
  globalThis.hit = () => (hits += 1);
  globalThis.violations = [];
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective: rule, sample }) =>
    violations.push(`${rule} ${sample}`));
  const odd = [];
  const different = [];
  const render = (text, size) => {
    const element = document.createElement("div");
    element.className = "answer";
    box.append(element);
    const stream = new Stream(new PageParts(element));
    for (let at = 0; at < text.length; at += size) {
      stream.push(text.slice(at, at + size));
      while (stream.step());
      stream.tail();
    }
    stream.end();
    while (stream.step());
    stream.tail();
    return element;
  };
  for (const text of texts) {
    const whole = render(text, text.length);
    if (render(text, 7).textContent !== whole.textContent) different.push(text);
  }
  render("$x$ `a`\\n\\n```js\\nlet x = 1\\n```\\n", 99);
  await new Promise((done) => setTimeout(done, 1500)); // for what must not happen
  for (const element of box.querySelectorAll(".answer *")) {
    if (!tags.includes(element.localName)) odd.push(element.outerHTML);
    for (const { name, value } of element.attributes) {
      if (/^on|^(style|src|srcset|id|name|ping|action|background|xlink:href)$/.test(name)) odd.push(element.outerHTML);
      if (name === "href" && !/^(https?:\\/\\/|mailto:)/.test(value)) odd.push(element.outerHTML);
    }
    element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  }
  return { hits, violations, odd, different, math: box.querySelectorAll("math").length };
}
"""
HOSTS = """
async ([engine, texts]) => {
  const { Stream, PageParts } = await import(engine);
  return texts.map((text) => {
    const element = document.createElement("div");
    const stream = new Stream(new PageParts(element));
    stream.push(text);
    stream.end();
    while (stream.step());
    return [...element.querySelectorAll("a")].map((a) => a.querySelector(".host")?.textContent ?? "");
  });
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    watch = Watch(context)
    page = await context.new_page()
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await shows(page, "ready")
        yield page
        assert {origin for origin in watch.origins if "evil" in origin or ".test" in origin} == set()
        await context.close()
    assert watch.faults == []


async def ask(page: Page, provider: ScriptedProvider, text: str) -> None:
    provider.script("a", Reply(openai_chat(text=text)))
    await use_agent(page, page_agent({"a": provider.url}))
    await page.locator("#prompt").fill("Go")
    await page.locator("#prompt").press("Enter")
    await shows(page, "done")


def engine() -> str:
    [path] = find_dist().glob("app/engine-*.js")
    return f"/app/{path.name}"


async def test_an_answer_is_markdown_that_can_be_taken_along(page: Page, provider: ScriptedProvider) -> None:
    await ask(page, provider, ANSWER)
    answer = page.locator("#answer")
    await expect(answer.get_by_role("heading", name="Sorted")).to_have_attribute("dir", "auto")
    await expect(answer.locator("li ul li")).to_have_text("nested")
    await expect(answer.get_by_role("img", name="done")).to_have_count(1)
    await expect(answer.locator("td").nth(1)).to_have_css("text-align", "right")
    await expect(answer.locator("td math")).to_have_count(1)
    await expect(answer.locator("code .hljs-keyword").first).to_have_text("def")
    await expect(answer.locator("p", has_text="It costs")).to_contain_text("It costs $5 and $6.")
    await expect(answer.get_by_role("link", name="Picture: A chart (img.test)")).to_have_count(1)
    await expect(answer.get_by_role("link", name="the docs (docs.test)")).to_have_attribute(
        "rel", "noopener noreferrer"
    )
    await expect(answer.get_by_role("link", name="docs.test", exact=True)).to_have_attribute("target", "_blank")
    await expect(answer.locator("sup")).to_have_count(2)
    assert await copied(page, page.get_by_role("button", name="Copy code")) == "def quick(xs):\n    return xs"
    await answer.locator("table").hover()
    assert (await copied(page, page.get_by_role("button", name="Copy table"))).startswith("Name\tWorst\nMerge\t")
    assert await copied(page, page.get_by_role("button", name="Copy answer")) == ANSWER


async def test_text_from_right_to_left_is_laid_out_so(page: Page, provider: ScriptedProvider) -> None:  # D25
    await ask(page, provider, ANSWER)
    arabic = page.locator("#answer p", has_text="مرحبا")
    await expect(arabic).to_have_css("direction", "rtl")
    await expect(page.locator("#answer p").first).to_have_css("direction", "ltr")


async def test_hostile_texts_do_nothing(page: Page) -> None:
    assert len(TEXTS) >= 120
    result: dict[str, Any] = await within(page.evaluate(RENDER, [engine(), list(TEXTS), ALLOWED_TAGS]))
    assert (result["hits"], result["violations"], result["odd"], result["different"]) == (0, [], [], [])
    assert result["math"] > 0
    await expect(page.locator("#prompt")).to_be_visible()


async def test_the_host_of_a_link_is_seen_if_its_text_hides_it(page: Page) -> None:
    cases = {
        "[docs.test](https://docs.test/a)": "",
        "https://docs.test/a": "",
        "[https://docs.test/a](https://docs.test/b)": "",
        "[me@a.test](mailto:me@a.test)": "",
        "[docs](https://docs.test)": " (docs.test)",
        "[docs.test](https://evil.test)": " (evil.test)",
        "[https://docs.test](https://evil.test)": " (evil.test)",
        "[docs.test.evil.test](https://evil.test)": " (evil.test)",
        "<https://docs.test@evil.test/>": " (evil.test)",
        "[docs.test and evil.test](https://evil.test)": " (evil.test)",
        "[doc\u0455.test](https://doc\u0455.test)": " (xn--doc-hhd.test)",
        "[me@a.test](mailto:me@evil.test)": " (me@evil.test)",
    }
    found = await within(page.evaluate(HOSTS, [engine(), list(cases)]))
    assert {text: hosts for text, [hosts] in zip(cases, found, strict=True)} == cases
