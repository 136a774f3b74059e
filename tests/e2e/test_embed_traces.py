"""Traces of a page: a collector gets them across origins, and one that refuses the page does not stop a turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs
from tests.support.collector import Collector, span_names

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]), repeat=True)


@pytest_asyncio.fixture(loop_scope="session")
async def page(foreign_page: Theirs) -> AsyncIterator[Theirs]:
    foreign_page.watch.clear()
    yield foreign_page


async def test_a_collector_gets_the_spans_of_turns_also_from_a_worker_that_replaced_another(
    page: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("a", ANSWER)
    with Collector(is_open=True) as collector:
        await page.boot("traced", otlp=collector.origin)
        await page.call("open", "t", {"yaml": agent_file({"a": provider.url}), "env": ENV}, {"runtime": "traced"})
        for _ in range(2):
            await page.take_turn("t")
            body = await collector.asked("POST")
            assert span_names(body) == ["invoke_agent root", "step 1", "chat a"]
            assert b"CANARY" not in body
            await page.call("restart", "traced")
        await page.call("dispose", "traced")
    assert page.watch.faults == []


async def test_a_collector_that_refuses_the_page_costs_one_warning(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    with Collector(is_open=False) as collector:
        await page.boot("refused", otlp={"url": collector.origin, "contents": True})
        await page.call("open", "r", {"yaml": agent_file({"a": provider.url}), "env": ENV}, {"runtime": "refused"})
        turn = await page.take_turn("r")
        await collector.asked("OPTIONS")
        for _ in range(100):  # what the browser says of the request is a moment behind it
            if turn.of("warning"):
                break
            turn = await page.take_turn("r")
        [warning] = turn.of("warning")
        assert f"The collector of traces ({collector.origin}/v1/traces) does not take them" in warning["message"]
        await collector.asked("OPTIONS")
        for _ in range(3):
            assert (await page.take_turn("r")).types[-1] == "finish"
        heard = await page.call("heard", "r")
        assert [event["type"] for event in heard].count("warning") == 1
        await page.call("dispose", "refused")
    page.watch.clear()  # of the requests that the browser blocked


async def test_a_host_of_models_is_no_collector(page: Theirs, provider: ScriptedProvider) -> None:
    error = await page.fails("boot", "vendor", {"otlp": "https://api.openai.com/v1/traces"})
    assert (error["kind"], error["message"]) == (
        "config",
        "otlp: api.openai.com serves models; traces are not sent there.",
    )
    await page.boot("own", otlp=f"{provider.url}/v1/traces")
    options = {"yaml": agent_file({"a": provider.url}), "env": ENV}
    error = await page.fails("open", "o", options, {"runtime": "own"})
    assert error["message"] == "otlp: 127.0.0.1 serves models; traces are not sent there."
    assert provider.requests == []
    await page.call("dispose", "own")
