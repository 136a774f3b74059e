"""The code of the README and of `docs/documents-and-mcp.md`, run as it stands there."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Route, expect

from sparewheel.headless import find_dist
from tests.support.browser import BOOT_LIMIT, Site, Watch

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = (ROOT / "docs" / "documents-and-mcp.md").read_text(encoding="utf-8")


def block(language: str, section: str, text: str = README) -> str:
    """The first code block of a language in a section."""
    text = text.partition(f"\n## {section}\n")[2]
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found, section
    return found[1]


def shown(section: str) -> str:
    """The output that the README shows in a section: its first block without a language."""
    text = README.partition(f"\n## {section}\n")[2]
    found = re.search(r"\n\n```\n(.*?)```", text, re.DOTALL)
    assert found, section
    return found[1]


async def printed_by(argv: list[str]) -> str:
    def run() -> str:
        return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    return await asyncio.to_thread(run)


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        (block("html", "Embed it"), ["I am the spare."]),
        (
            block("html", "Answers from documents", DOCUMENTS),
            ["[handbook/leave.md > Leave]", "handbook/leave.md has this: # Leave"],
        ),
    ],
    ids=["embed", "documents"],
)
async def test_what_is_embedded(html: str, texts: list[str], browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html><body></body>{html}", encoding="utf-8")
    context = await browser.new_context()
    watch = Watch(context)

    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    async def answer(dialog: Dialog) -> None:
        await dialog.accept("sk-CANARY-of-the-readme")

    with Site({"/sparewheel/": find_dist(), "/": tmp_path}) as site:
        await context.route(re.compile(r"https://"), refuse)  # no vendor is ever asked by a test
        page = await context.new_page()
        page.on("dialog", answer)
        await page.goto(f"{site.origin}/")
        for text in texts:
            await expect(page.locator("body")).to_contain_text(text, timeout=BOOT_LIMIT * 1000)
        assert not any("CANARY" in text for text in [*watch.console, *watch.urls])
    await context.close()


async def test_what_is_driven() -> None:
    code = block("python", "Drive it")
    done = await printed_by([sys.executable, "-c", code])
    assert done == shown("Drive it")


async def test_what_is_used_from_python() -> None:
    done = await printed_by([sys.executable, "-c", block("python", "Use it from Python")])
    assert done == shown("Use it from Python")


async def test_what_run_prints_is_what_the_readme_shows() -> None:
    argv = [sys.executable, "-m", "sparewheel.headless", "run", "--dist", str(find_dist())]
    done = await printed_by(argv)
    expected = re.findall(r'^\{"type": "(\w+)"', README.partition("\n## Open it\n")[0], re.MULTILINE)
    types = iter(re.findall(r'^\{"type": "(\w+)"', done, re.MULTILINE))
    assert expected
    assert all(kind in types for kind in expected), "in this order, with others between"
