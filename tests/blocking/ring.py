"""Runs the inlets in a browser: how long each of them blocks the worker."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparewheel.headless import find, find_dist
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import BOOT_LIMIT, Site, within
from tests.support.meter import IN_PAGE, metered_worker
from tests.support.tabs import open_tab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sparewheel.headless.browser import Engine
    from sparewheel.testing import Request
    from tests.support.tabs import Tab

LIMIT_MS: Final = 250
"""How long an input within the limits may block the worker."""

_FOLDER: Final = Path(__file__).parent
_THEIRS: Final = _FOLDER.parent / "e2e" / "theirs"
_INLETS: Final = (_FOLDER / "inlets.js").read_text("utf-8")
_PAGE: Final = (_FOLDER / "page.js").read_text("utf-8")
NAMES: Final = tuple(re.findall(r'^  async "(.+?)"\(t\) \{$', _INLETS, re.MULTILINE))
_ANSWER: Final = Reply(openai_chat(text=["An", "swer"]))
_SECONDS: Final = 60.0  # that one input may take


def _expression(script: str) -> str:
    """The expression that a script consists of, without the comment before it."""
    return script.partition("\n\n")[2].rstrip().removesuffix(";")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an inlet has done. Times are in milliseconds."""

    name: str
    blocked: float
    """The longest time, of the round in which it was the shortest: what other programs do is no fault of the input."""
    took: float
    outcome: str
    """How the input was refused, or "ok"."""


class Ring:
    """A page with a runtime whose worker is metered."""

    def __init__(self, tab: Tab, url: str, origin: str) -> None:
        self._tab = tab
        self._url = url
        self._origin = origin

    async def start(self) -> None:
        await self._tab.goto(f"{self._origin}/theirs/")
        await within(self._tab.evaluate(f"() => {{ {IN_PAGE} }}"))
        await within(self._tab.evaluate(_expression(_PAGE), {"url": self._url}), BOOT_LIMIT)
        await within(
            self._tab.evaluate(f"() => {{ globalThis.inlets = {_INLETS.partition(chr(10) * 2)[2].rstrip()[:-1]}; }}")
        )

    async def run(self, name: str, rounds: int) -> Outcome:
        """Pass the input so many times."""
        found = [await self._once(name) for _ in range(rounds)]
        return min(found, key=lambda each: each.blocked)

    async def _once(self, name: str) -> Outcome:
        try:
            found: dict[str, Any] = await within(self._tab.evaluate(_ONCE, name), _SECONDS)
        except TimeoutError:
            await self.start()
            return Outcome(name, _SECONDS * 1000, _SECONDS * 1000, "no end")
        return Outcome(name, found["blocked"], found["took"], found["outcome"])


_ONCE: Final = """
async (name) => {
  await blocked();
  const start = performance.now();
  let outcome = "ok";
  try {
    await inlets[name](t);
  } catch (error) {
    outcome = `${error.kind ?? error.name}: ${error.message.slice(0, 160)}`;
  }
  const took = performance.now() - start;
  if (restarts.splice(0).length) outcome = `the worker was replaced; ${outcome}`;
  return { outcome, took, blocked: await blocked() };
}
"""


def _answer(request: Request) -> Reply:
    """The tool call that the prompt names, else an answer."""
    prompt = request.json["messages"][-1]
    if prompt["role"] != "user" or not prompt["content"].startswith("Call "):
        return _ANSWER
    _, name, arguments = prompt["content"].split(" ", 2)
    return Reply(openai_chat(tool_calls=[ToolCall("call_1", name, arguments)]))


@asynccontextmanager
async def open_ring(engine: Engine = "chromium") -> AsyncIterator[Ring]:
    with Site({"/some/deep/path/spare/": find_dist(), "/theirs/": _THEIRS}) as site, ScriptedProvider() as provider:
        site.changes["worker.js"] = metered_worker()
        provider.default(_answer)
        async with open_tab(find(engine)) as tab:
            ring = Ring(tab, provider.url, site.origin)
            await ring.start()
            yield ring
