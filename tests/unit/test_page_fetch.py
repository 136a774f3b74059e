"""The page's own `fetch`, seen from the worker: asked in the network's place, answered piece by piece, taken back."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.page.calls import HostCalls
from sparewheel.page.fetch import PageFetchTransport
from sparewheel.testing import ToolCall, openai_chat
from sparewheel.transports.base import HttpRequest
from tests.support.fakeloop import run
from tests.support.scripted import check_rules, folded_text
from tests.support.workerpage import KEY, Page

YAML = """
agents: {root: {model: openai/a, fallback: {retries: -1, models: [mine/b]}}}
providers: {mine: {base_url: "https://mine.example.test"}}
"""
ANSWER = openai_chat(text=["Grüße, ", "世界"])
HEAD = {"value": {"status": 200, "url": "", "headers": {"content-type": "text/event-stream"}}}


def piece(data: bytes) -> dict[str, Any]:
    return {"bytes": b64encode(data).decode()}


class HookedPage(Page):
    """A page whose runtime was made with the option `fetch`."""

    def __init__(self) -> None:
        super().__init__({})
        self.post("use_page_fetch")

    async def begin(self, **options: Any) -> int:
        """Start a turn; the number of the command."""
        options = {"session": "s", "yaml": YAML, "env": {"OPENAI_API_KEY": KEY}, **options}
        assert "result" in await self.call("create_session", **options)
        return self.post("send", session="s", prompt="hi")

    async def asked(self, times: int = 1) -> dict[str, Any]:
        """What the page is asked to fetch, the n-th time."""
        await self.until('"type":"call"', times)
        return self.messages("call")[times - 1]

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in map(json.loads, self.said) if message["type"] == kind]

    def answer(self, call: int, *answers: dict[str, Any]) -> None:
        for each in answers:
            self.piece(call, **each)

    def serve(self, call: int, events: Sequence[bytes]) -> None:
        self.answer(call, HEAD, *map(piece, events), {"done": True})


def test_the_page_gets_the_request_whole_and_its_pieces_are_the_answer() -> None:
    async def main() -> None:
        page = HookedPage()
        turn = await page.begin()
        message = await page.asked()
        asked = message.pop("input")
        assert message == {"type": "call", "call": 1, "what": "fetch", "credit": 8}
        assert json.loads(asked.pop("body"))["messages"] == [{"role": "user", "content": "hi"}]
        headers = asked.pop("headers")
        assert headers["authorization"] == f"Bearer {KEY}"  # only here: it is the page's to send
        url = "https://api.openai.com/v1/chat/completions"
        assert asked == {"method": "POST", "url": url, "redirect": "error"}
        body = b"".join(ANSWER)
        page.serve(1, [body[at : at + 1] for at in range(len(body))])  # every character is cut somewhere
        await page.settle()
        events = page.events("s")
        check_rules(events)
        assert folded_text(events) == page.reply(turn)["result"]["message"]["content"] == "Grüße, 世界"
        assert page.transport.requests == []
        assert "CANARY" not in "".join(text for text in page.said if '"type":"call"' not in text)

    run(main())


def test_what_a_page_rejects_with_is_a_failed_fetch_and_the_chain_goes_on() -> None:
    async def main() -> None:
        page = HookedPage()
        turn = await page.begin()
        await page.asked()
        page.answer(1, {"error": "AbortError: my own time is over (HTTP 429)"})
        await page.asked(2)
        page.serve(2, ANSWER)
        await page.settle()
        [fallback] = [event for event in page.events("s") if event["type"] == "fallback"]
        assert fallback["kind"] == "network_or_cors"  # whatever words a page may choose
        assert fallback["reason"] == "api.openai.com gave no answer (AbortError: my own time is over (HTTP 429))."
        assert page.reply(turn)["result"]["model"] == "mine/b"
        assert page.messages("call_cancel") == []  # both had ended

    run(main())


def test_a_body_that_breaks_is_void_and_the_chain_goes_on() -> None:
    async def main() -> None:
        page = HookedPage()
        turn = await page.begin()
        await page.asked()
        page.answer(1, HEAD, *map(piece, ANSWER[:2]), {"error": "TypeError: network error"})
        await page.asked(2)
        page.serve(2, ANSWER)
        await page.settle()
        [fallback] = [event for event in page.events("s") if event["type"] == "fallback"]
        assert fallback["kind"] == "network"
        assert "broke in the middle of the answer (TypeError: network error)" in fallback["reason"]
        assert folded_text(page.events("s")) == page.reply(turn)["result"]["message"]["content"] == "Grüße, 世界"

    run(main())


@pytest.mark.parametrize("said", [[], [HEAD], [HEAD, piece(ANSWER[0]), piece(ANSWER[1])]])
def test_stopping_takes_the_request_back_at_once_and_leaves_no_piece_unanswered(said: list[dict[str, Any]]) -> None:
    async def main() -> None:
        page = HookedPage()
        turn = await page.begin()
        await page.asked()
        page.answer(1, *said)
        if len(said) > 1:
            await page.until('"delta"')
        page.post("abort", session="s")
        page.answer(1, piece(ANSWER[2]))
        await page.settle()  # every command has its reply
        assert asyncio.get_running_loop().time() == 0
        assert page.reply(turn)["error"]["kind"] == "aborted"
        assert page.messages("call_cancel") == [{"type": "call_cancel", "call": 1, "linger": False}]
        assert page.worker._calls._open == {}

    run(main())


def test_a_page_that_never_answers_is_given_up_by_the_chain() -> None:
    async def main() -> None:
        page = HookedPage()
        await page.begin()
        await page.asked(2)
        page.serve(2, ANSWER)
        await page.settle()
        [fallback] = [event for event in page.events("s") if event["type"] == "fallback"]
        assert fallback["kind"] == "timeout_connect"
        assert page.messages("call_cancel") == [{"type": "call_cancel", "call": 1, "linger": False}]

    run(main())


def test_tools_ask_the_page_too() -> None:
    async def main() -> None:
        page = HookedPage()
        call = ToolCall("c1", "fetch", '{"urls": ["https://a.example/x"], "format": "text"}')
        yaml = "agents: {root: {model: openai/a, toolsets: [{type: fetch}]}}"
        turn = await page.begin(yaml=yaml, autoApprove=True)
        await page.asked()
        page.serve(1, openai_chat(tool_calls=[call]))
        asked = (await page.asked(2))["input"]
        assert (asked["method"], asked["url"], asked["redirect"]) == ("GET", "https://a.example/x", "follow")
        assert "body" not in asked
        head = {**HEAD["value"], "headers": {"content-type": "text/plain"}}
        page.answer(2, {"value": head}, piece(b"Found."), {"done": True})
        await page.asked(3)
        page.serve(3, ANSWER)
        await page.settle()
        assert "result" in page.reply(turn)
        [result] = [event for event in page.events("s") if event["type"] == "tool_result"]
        assert result["output"].endswith("Found.")
        assert page.transport.requests == []

    run(main())


def test_a_body_that_is_not_read_to_its_end_may_linger_after_an_answer_and_not_after_a_stop() -> None:
    async def main() -> None:
        posted: list[Any] = []
        calls = HostCalls(posted.append)
        transport = PageFetchTransport(calls)
        request = HttpRequest("GET", "https://a.example/", {}, b"")
        data = bytes(range(256))
        asyncio.get_running_loop().call_soon(lambda: calls.deliver({"type": "piece", "call": 1, **HEAD}))  # type: ignore[typeddict-item]
        async with transport.stream(request) as response, aclosing(response.chunks()) as chunks:
            calls.deliver({"type": "piece", "call": 1, **piece(data)})  # type: ignore[typeddict-item]
            assert await anext(chunks) == data
        assert posted[1:] == [{"type": "call_cancel", "call": 1, "linger": True}]

    run(main())


def test_answers_to_nothing_are_ignored() -> None:
    async def main() -> None:
        page = Page({})
        for piece in ({}, {"call": 9, "bytes": ""}, {"call": [], "done": True}):
            page.worker.dispatch(json.dumps({"type": "piece", **piece}))
        await page.settle()
        assert page.said == []

    run(main())
