"""Traces that a page asks its runtime for: to whom they may go, and what a collector that fails costs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.jsontext import read
from sparewheel.testing import Reply, ToolCall, openai_chat
from sparewheel.transports.base import HttpRequest
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from sparewheel.worker import tracing
from tests.support.fakeloop import run
from tests.support.workerpage import ANSWER, KEY, YAML, Page

COLLECTOR = "http://collector.example.test:4318"
OPTIONS = {"yaml": YAML, "env": {"OPENAI_API_KEY": KEY}}
USER = [{"role": "user", "content": "hi"}]


def collector(monkeypatch: pytest.MonkeyPatch, *statuses: int) -> MockTransport:
    left = list(statuses)

    def answer(_: HttpRequest) -> LocalResponse:
        return LocalResponse(left.pop(0))

    transport = MockTransport(answer)
    monkeypatch.setattr(tracing, "network_transport", lambda: transport)
    return transport


def names(request: HttpRequest) -> list[str]:
    [resource] = read(request.body)["resourceSpans"]
    return [span["name"] for span in resource["scopeSpans"][0]["spans"]]


def warnings(page: Page, session: str) -> list[str]:
    return [event["message"] for event in page.events(session) if event["type"] == "warning"]


def test_spans_of_all_sessions_are_sent_without_keys_or_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = collector(monkeypatch, 200)

    async def main() -> None:
        page = Page({"a": [ANSWER, ANSWER]})
        assert "result" in await page.call("trace_to", url=COLLECTOR)
        await page.call("create_session", session="s", **OPTIONS)
        page.post("send", session="s", prompt="hi")
        page.post("chat", session="c", messages=USER, events="outcome", **OPTIONS)
        await page.settle()
        assert [event["type"] for event in page.events("c")] == ["usage", "finish"]

    run(main())
    [request] = transport.requests
    assert request.url == f"{COLLECTOR}/v1/traces"
    assert names(request) == ["invoke_agent root", "step 1", "chat a"] * 2
    assert b"CANARY" not in request.body
    assert b"Answer" not in request.body


def test_a_key_that_a_server_or_a_model_repeats_is_not_in_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = collector(monkeypatch, 200)
    call = openai_chat(tool_calls=[ToolCall("call_1", "think", {"thought": f"the key is {KEY}"})])
    refused = Reply((json.dumps({"error": {"message": f"{KEY} has no access"}}).encode(),), status=403)
    yaml = YAML.replace("model: openai/a", "model: openai/a, toolsets: [{type: think}]")

    async def main() -> None:
        page = Page({"a": [Reply(call), refused]})
        await page.call("trace_to", url=COLLECTOR, contents=True)
        await page.call("create_session", session="s", **{**OPTIONS, "yaml": yaml})
        await page.call("send", session="s", prompt="hi")

    run(main())
    [request] = transport.requests
    assert names(request)[:4] == ["invoke_agent root", "step 1", "chat a", "execute_tool think"]
    assert b"the key is" in request.body
    assert b"CANARY" not in request.body


def test_without_a_collector_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = collector(monkeypatch)

    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await page.open()
        await page.call("send", session="s", prompt="hi")

    run(main())
    assert transport.requests == []


@pytest.mark.parametrize("url", ["https://api.anthropic.com", "file:///tmp/spans", "https://user:pass@collector.test"])
def test_what_is_no_collector_is_refused(url: str) -> None:
    async def main() -> None:
        reply = await Page({}).call("trace_to", url=url)
        assert reply["error"]["kind"] == "config"
        assert reply["error"]["message"].startswith("otlp: ")

    run(main())


def test_no_session_can_ask_a_model_of_the_collectors_host() -> None:
    mine = YAML.replace("https://mine.example.test", f"{COLLECTOR}/v1")

    async def main() -> None:
        page = Page({})
        await page.call("trace_to", url=COLLECTOR)
        await page.open()
        env: dict[str, Any] = {"env": {"OPENAI_API_KEY": KEY}}
        for reply in (
            await page.call("create_session", session="t", yaml=mine, **env),
            await page.call("chat", session="c", yaml=mine, messages=USER, **env),
            await page.call("update", session="s", yaml=mine),
        ):
            assert reply["error"]["message"] == "otlp: collector.example.test serves models; traces are not sent there."

    run(main())


def test_a_collector_that_fails_costs_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = collector(monkeypatch, 403, 403, 200)

    async def main() -> None:
        page = Page({"a": [ANSWER] * 3})
        await page.call("trace_to", url=COLLECTOR)
        await page.open()
        for _ in range(3):
            reply = await page.call("send", session="s", prompt="hi")
            assert reply["result"]["finish_reason"] == "stop"
            await asyncio.sleep(2)
        [warning] = warnings(page, "s")
        assert "answered with status 403" in warning
        turns = [event["turn"] for event in page.events("s") if event["type"] in ("start", "warning")]
        assert turns[1] == turns[2]  # it is in the second turn

    run(main())
    assert len(transport.requests) == 3
