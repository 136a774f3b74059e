"""Starts a runtime on any page, and takes a turn with it."""

from __future__ import annotations

from typing import Any, Final

from playwright.async_api import Frame, Page

from tests.support.browser import BOOT_LIMIT, within

HELLO: Final = "agents: {root: {model: demo/hello, instruction: Answer.}}\n"
TURN: Final = """
async ([script, yaml, options]) => {
  const { createRuntime } = await import(new URL(script, document.baseURI).href);
  const told = [], events = [];
  const onProgress = ({ stage, message }) => told.push(`${stage}: ${message}`);
  const runtime = await createRuntime({ ...options, onProgress });
  const session = await runtime.createSession({ yaml }, (event) => void events.push(event));
  const { message } = await session.send("Hello");
  runtime.dispose();
  return { told, events, text: message.content, boot: runtime.boot };
}
"""


async def take_turn(page: Page | Frame, script: str, yaml: str = HELLO, **options: Any) -> dict[str, Any]:
    """Import `script`, the address of a `sparewheel.js`, and take a turn: its events, text, `boot`, and progress."""
    told: dict[str, Any] = await within(page.evaluate(TURN, [script, yaml, options]), BOOT_LIMIT)
    assert told["text"].startswith("Hello!")
    return told


def stages(told: dict[str, Any]) -> list[str]:
    """The stages of the start, each once."""
    return list(dict.fromkeys(line.partition(":")[0] for line in told["told"]))
