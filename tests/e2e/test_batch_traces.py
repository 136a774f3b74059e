"""Traces of a batch whose runtimes are no Python: spans for a collector, and a file for Perfetto."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from sparewheel.headless import run_batch
from sparewheel.testing import Reply, ScriptedProvider, Usage, errors, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.collector import Collector, span_names

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("engine", ["chromium", "node"])
async def test_a_batch_is_traced(engine: str, tmp_path: Path, provider: ScriptedProvider) -> None:
    provider.script(
        "a", errors.openai_server_error(), Reply(openai_chat(text="Answer", usage=Usage(7, 3)), repeat=True)
    )
    trace = tmp_path / "trace.json"
    rows = [{"prompt": f"a private question {number}"} for number in range(4)]
    with Collector(is_open=False) as collector:
        report = await run_batch(
            agent_file({"a": provider.url}, retries=1),
            rows,
            tmp_path / "out.jsonl",
            env=ENV,
            engine=engine,  # type: ignore[arg-type]  # one of the list above
            concurrency=2,
            otlp=collector.origin,
            trace=str(trace),
        )
        assert (report.done, report.failed) == (4, 0)
        sent = [body for method, body in collector.taken() if method == "POST"]
    expected = {"invoke_agent root": 4, "step 1": 4, "chat a": 5}
    assert Counter(name for body in sent for name in span_names(body)) == expected
    text = await asyncio.to_thread(trace.read_text)
    spans = [event for event in json.loads(text) if event["ph"] == "X"]
    assert Counter(span["name"] for span in spans) == expected
    assert {span["args"]["gen_ai.usage.output_tokens"] for span in spans if span["cat"] == "turn"} == {3}
    for told in (text, *map(bytes.decode, sent)):
        assert "CANARY" not in told
        assert "private" not in told
        assert "Answer" not in told
