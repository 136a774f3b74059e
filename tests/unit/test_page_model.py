"""A model that lives in the page, seen from the worker: asked over the line, answered piece by piece, told to stop."""

from __future__ import annotations

import json
from typing import Any

from sparewheel.testing import errors
from tests.support.fakeloop import run
from tests.support.scripted import check_rules, folded_text
from tests.support.workerpage import Page

YAML = """
agents:
  root:
    model: mine/a
    instruction: Be brief.
    fallback: {models: [page/own], retries: -1}
providers: {mine: {base_url: "https://mine.example.test"}}
"""


async def ask(page: Page) -> tuple[int, dict[str, Any]]:
    """Start a turn whose first model fails; the command's number and the question the page gets."""
    await page.call("create_session", session="s", yaml=YAML)
    turn = page.post("send", session="s", prompt="hi")
    await page.until('"type":"call"')
    return turn, next(p for p in map(json.loads, page.said) if p["type"] == "call")


def test_the_page_is_asked_and_its_pieces_are_the_answer() -> None:
    async def main() -> None:
        page = Page({"a": [errors.openai_server_error()]})
        turn, question = await ask(page)
        assert question == {
            "type": "call",
            "call": 1,
            "what": "model",
            "input": {
                "model": "own",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
            },
            "credit": 8,
        }
        for answer in (
            {"value": "On "},
            {"value": ""},
            {"value": 7},
            {"value": "device."},
            {"done": True},
            {"value": "late"},
        ):
            page.piece(1, **answer)
        await page.settle()
        events = page.events("s")
        check_rules(events)
        assert folded_text(events) == page.reply(turn)["result"]["message"]["content"] == "On device."
        assert page.reply(turn)["result"]["model"] == "page/own"
        assert not any('"call_cancel"' in text for text in page.said)

    run(main())


def test_a_page_that_cannot_answer_says_why_and_the_chain_goes_on() -> None:
    async def main() -> None:
        page = Page({"a": [errors.openai_server_error()]})
        turn, _ = await ask(page)
        page.piece(1, error="not ready (downloadable)", kind="unsupported")
        await page.settle()
        error = page.reply(turn)["error"]
        assert (error["kind"], error["model"]) == ("unsupported", "page/own")
        assert "not ready (downloadable)" in error["message"]

    run(main())


def test_a_kind_nobody_knows_is_a_server_error() -> None:
    async def main() -> None:
        page = Page({"a": [errors.openai_server_error()]})
        turn, _ = await ask(page)
        page.piece(1, error={"odd": 1}, kind="weather")
        await page.settle()
        assert page.reply(turn)["error"]["kind"] == "server_error"

    run(main())


def test_stopping_tells_the_page_to_stop_its_model() -> None:
    async def main() -> None:
        page = Page({"a": [errors.openai_server_error()]})
        turn, _ = await ask(page)
        page.piece(1, value="On ")
        await page.until('"delta"')
        page.post("abort", session="s")
        await page.settle()
        assert page.reply(turn)["error"]["kind"] == "aborted"
        assert page.events("s")[-1]["partial"] == "On "
        cancels = [message for message in map(json.loads, page.said) if message["type"] == "call_cancel"]
        assert cancels == [{"type": "call_cancel", "call": 1, "linger": False}]

    run(main())
