"""Asking the page: one answer each, and nothing left open."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.page.calls import PageError, PageLine
from tests.support.fakeloop import run


def test_a_question_has_one_answer() -> None:
    async def main() -> None:
        posted: list[dict[str, Any]] = []
        line = PageLine(posted.append)
        asked = asyncio.ensure_future(line.ask("tool", name="x"))
        await asyncio.sleep(0)
        assert posted == [{"type": "ask", "ask": 1, "what": "tool", "name": "x"}]
        for params in (
            {"ask": 2, "result": 0},
            {"ask": None},
            {"ask": 1, "result": "yes"},
            {"ask": 1, "error": "late"},
        ):
            line.answer(params)
        assert await asked == "yes"
        failing = asyncio.ensure_future(line.ask("tool"))
        await asyncio.sleep(0)
        line.answer({"ask": 2, "error": "oops"})
        with pytest.raises(PageError, match="oops"):
            await failing

    run(main())


def test_a_question_nobody_waits_for_is_withdrawn() -> None:
    async def main() -> None:
        posted: list[dict[str, Any]] = []
        asked = asyncio.ensure_future(PageLine(posted.append).ask("tool"))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert posted[-1] == {"type": "ask_cancel", "ask": 1}

    run(main())


def test_a_question_that_cannot_be_posted_is_not_left_open() -> None:
    async def main() -> None:
        posted: list[dict[str, Any]] = []

        def post(message: dict[str, Any]) -> None:
            if not posted:
                posted.append(message)
                raise OSError("closed")
            posted.append(message)

        line = PageLine(post)
        with pytest.raises(OSError, match="closed"):
            await line.ask("tool")
        assert line._open == {}

    run(main())
