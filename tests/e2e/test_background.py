"""`resume: background` in a browser: a cut stream goes on where it broke, and a stopped one is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from sparewheel.testing import Background, Gate, Reply, ScriptedProvider, Usage, openai_responses
from tests.support.agents import ENV
from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = [f"Wort {number} 🌍 " for number in range(12)]
ANSWER = openai_responses(text=WORDS, usage=Usage(9, 12))
# Resolves when what was read of the answer is stored.
STORE = """() => {
  dispatchEvent(new Event("pagehide"));
  return theirs.runtime("lasting").sessions.export("lasting").then(() => null);
}"""


def kept(provider: ScriptedProvider) -> str:
    return f"""
agents:
  root: {{model: kept, fallback: {{retries: -1}}}}
models:
  kept: {{provider: mine, model: a, resume: background}}
providers:
  mine: {{api_type: openai_responses, base_url: "{provider.url}/v1", token_key: TEST_KEY}}
"""


async def test_a_cut_stream_goes_on_where_it_broke(theirs: Theirs, provider: ScriptedProvider) -> None:
    middle = sum(map(len, ANSWER[:9])) + 50
    read = Gate()  # a browser drops what it has not read when a connection breaks
    cuts = [Reply(cut_at=middle, cut="close", gates={9: read}), Reply(cut_at=400, cut="end")]
    provider.script("a", Background(ANSWER, every=0.02, connections=cuts))
    await theirs.open("s", kept(provider), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta", sum(b".delta" in event for event in ANSWER[:9]))
    read.open()
    turn = await theirs.end("s")
    assert turn.text == "".join(WORDS)
    assert [event["via"] for event in turn.of("resumed")] == ["stream", "stream"]
    assert turn.of("resumed")[0]["from_seq"] == 8
    assert turn.of("discard") + turn.of("retry") == []
    assert [event["output_tokens"] for event in turn.of("usage")] == [12]
    [response] = provider.responses
    assert (response.tokens, response.status, response.connections, response.cancels) == (12, "completed", 3, 0)
    assert [request.method for request in provider.requests] == ["POST", "GET", "GET"]


async def test_an_abort_cancels_the_response(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", Background(ANSWER, every=0.05, connections=[Reply(silent_after=6)]))
    await theirs.open("s", kept(provider), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta")
    await theirs.call("abort", "s")
    turn = await theirs.end("s")
    assert turn.types[-1] == "aborted"
    request = await asyncio.to_thread(provider.wait_for, lambda each: each.path.endswith("/cancel"))
    assert request.method == "POST"
    assert [response.cancels for response in provider.responses] == [1]


async def test_a_reloaded_page_reads_the_same_response(foreign_page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", Background(ANSWER, every=0.1))
    await foreign_page.boot("lasting", store="indexeddb")
    options = {"yaml": kept(provider), "env": dict(ENV), "id": "lasting"}
    await foreign_page.call("open", "s", options, {"runtime": "lasting"})
    await foreign_page.begin("s")
    await foreign_page.seen("s", "delta", 4)
    await foreign_page.page.evaluate(STORE)
    await foreign_page.page.reload(wait_until="load")
    await foreign_page.boot("lasting", store="indexeddb")
    await foreign_page.call("reopen", "s", "lasting", {"env": dict(ENV)}, {"runtime": "lasting"})
    result = await foreign_page.page.evaluate("theirs.session('s').resume()")
    assert result["message"]["content"] == "".join(WORDS)
    events = [event for event in await foreign_page.call("heard", "s") if event["type"] != "restored"]
    assert [event["type"] for event in events if event["type"] not in ("delta", "block_start", "block_end")] == [
        *("start", "resumed", "usage", "finish")
    ]
    assert (await foreign_page.call("folded", events))["text"] == "".join(WORDS)
    [response] = provider.responses
    assert (response.tokens, response.status, response.cancels) == (12, "completed", 0)
