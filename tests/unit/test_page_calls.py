"""Host calls: one end each, nothing left open, and a page that never runs far ahead."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.page.calls import CREDIT, GRANT, HostCallError, HostCalls
from tests.support.fakeloop import run

CALL: dict[str, Any] = {"type": "call", "call": 1, "what": "tool", "session": "s", "input": {"q": 1}, "credit": CREDIT}


class Played:
    """Host calls whose page is played by the test."""

    def __init__(self) -> None:
        self.posted: list[Any] = []
        self.calls = HostCalls(self.posted.append)

    def ask(self) -> asyncio.Task[Any]:
        return asyncio.ensure_future(self.calls.ask("tool", {"q": 1}, session="s"))

    def answer(self, **piece: Any) -> None:
        self.calls.deliver({"type": "piece", **piece})  # type: ignore[typeddict-item]  # may be wrong on purpose


def test_a_call_has_one_result() -> None:
    async def main() -> None:
        page = Played()
        asked = page.ask()
        await asyncio.sleep(0)
        assert page.posted == [CALL]
        page.answer(call=2, done=True, value=0)
        page.answer(call=None)
        page.answer(call=[])
        page.answer()
        page.answer(call=1, done=True, value="yes")
        page.answer(call=1, error="late")
        assert await asked == "yes"
        page.answer(call=1, done=True, value="again")
        failing = page.ask()
        await asyncio.sleep(0)
        page.answer(call=2, error="oops", kind="quota")
        with pytest.raises(HostCallError, match="oops") as raised:
            await failing
        assert raised.value.kind == "quota"
        assert [message["type"] for message in page.posted] == ["call", "call"]

    run(main())


def test_an_error_is_text_of_bounded_length() -> None:
    async def main() -> None:
        page = Played()
        for thrown, text in (("x" * 9999, "x" * 2000), ({"odd": 1}, "{'odd': 1}"), (None, "None")):
            asked = page.ask()
            await asyncio.sleep(0)
            page.answer(call=page.posted[-1]["call"], error=thrown)
            with pytest.raises(HostCallError) as raised:
                await asked
            assert str(raised.value) == text

    run(main())


def test_a_cancelled_call_is_cancelled_in_the_page_once() -> None:
    async def main() -> None:
        page = Played()
        asked = page.ask()
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        page.answer(call=1, done=True, value="late")
        assert page.posted == [CALL, {"type": "call_cancel", "call": 1, "linger": False}]
        assert page.calls._open == {}

    run(main())


def test_a_call_that_has_ended_is_not_cancelled() -> None:
    async def main() -> None:
        page = Played()
        async with page.calls.open("fetch", {}) as call:
            page.answer(call=1, value=1)
            page.answer(call=1, done=True)
            assert (await call.next())["value"] == 1  # the last piece is left unread
        assert [message["type"] for message in page.posted] == ["call"]

    run(main())


def test_a_call_that_cannot_be_posted_is_not_left_open() -> None:
    async def main() -> None:
        def post(_: object) -> None:
            raise OSError("closed")

        calls = HostCalls(post)
        with pytest.raises(OSError, match="closed"):
            await calls.ask("tool", {}, session="s")
        assert calls._open == {}

    run(main())


def test_more_pieces_are_granted_as_they_are_read() -> None:
    async def main() -> None:
        page = Played()
        async with page.calls.open("model", {}) as call:
            for _ in range(CREDIT):
                page.answer(call=1, value="x")
            granted = []
            for _ in range(CREDIT):
                await call.next()
                granted.append(sum(message["pieces"] for message in page.posted if message["type"] == "call_credit"))
            assert granted == [GRANT * (read // GRANT) for read in range(1, CREDIT + 1)]
            assert page.posted[-1] == {"type": "call_credit", "call": 1, "pieces": GRANT}
            before = len(page.posted)
            for _ in range(GRANT - 1):
                page.answer(call=1, value="x")
            page.answer(call=1, done=True)
            for _ in range(GRANT):
                await call.next()
            assert len(page.posted) == before  # no more is wanted of a call that has ended

    run(main())
