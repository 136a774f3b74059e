"""Traces: spans from events, as OTLP that the official messages read, for Perfetto, and sent to a collector."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from sparewheel import ConfigError, open_agent, tool
from sparewheel.testing import Reply, ScriptedProvider, Usage, errors, openai_chat
from sparewheel.traces.chrome import to_chrome
from sparewheel.traces.collector import Collector, collector_url
from sparewheel.traces.fold import Fold, spans_of
from sparewheel.traces.otlp import to_otlp
from sparewheel.traces.spans import Span
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.door import ANSWER, ENV, KEY, agent_file, asks
from tests.support.fakeloop import run
from tests.support.otlp import LOG, official, receiver

BROKEN = Reply(openai_chat(text=["Once ", "upon"], finish=None), cut_at=9999)


async def log_of_a_turn() -> list[tuple[int, dict[str, Any]]]:
    """A turn in which a model fails twice, and the next one calls a tool and answers; an event each millisecond."""

    @tool(read_only=True)
    async def find(word: str) -> str:
        """Finds a word."""
        return f"found {word}"

    with ScriptedProvider() as server:
        server.script("a", errors.openai_server_error(), BROKEN)
        server.script(
            "b", asks(("find", {"word": "a private word"})), Reply(openai_chat(text=["An", "swer"], usage=Usage(7, 3)))
        )
        log: list[tuple[int, dict[str, Any]]] = []
        async with open_agent(agent_file(server, "a", "b"), env=ENV, tools=[find], trace=True) as session:
            async for event in session.stream("a private question"):
                log.append(((len(log) + 1) * 1_000_000, dict(event)))
    return log


def parsed(spans: list[Span]) -> ExportTraceServiceRequest:
    """The spans as the official messages read them; unknown fields are refused."""
    return official(json.dumps(to_otlp(spans)))


async def test_the_spans_of_a_turn_with_failures_and_a_tool() -> None:
    spans = spans_of(await log_of_a_turn())
    names = {span.id: span.name for span in spans}
    tree = [
        (names.get(span.parent, ""), span.kind, span.name, span.attributes.get("sparewheel.outcome")) for span in spans
    ]
    assert tree == [
        ("", "turn", "invoke_agent root", "finished"),
        ("invoke_agent root", "step", "step 1", None),
        ("step 1", "attempt", "chat a", "failed"),
        ("step 1", "attempt", "chat a", "failed"),
        ("step 1", "attempt", "chat b", "ok"),
        ("step 1", "tool", "execute_tool find", "ok"),
        ("invoke_agent root", "step", "step 2", None),
        ("step 2", "attempt", "chat b", "ok"),
    ]
    assert [span.attributes.get("error.type") for span in spans if span.kind == "attempt"] == [
        *("server_error", "network", None, None)
    ]
    assert [span.attributes.get("http.response.status_code") for span in spans if span.kind == "attempt"] == [
        *(500, 200, 200, 200)
    ]
    root = spans[0]
    for span in spans:
        assert root.start <= span.start <= span.end <= root.end, span
        assert span.trace == root.trace
    assert len(names) == len(spans)


async def test_the_official_messages_read_it() -> None:
    log = await log_of_a_turn()
    spans = spans_of(log)
    (resource,) = parsed(spans).resource_spans
    (scope,) = resource.scope_spans
    assert scope.schema_url == "https://opentelemetry.io/schemas/1.41.1"
    assert [span.name for span in scope.spans] == [span.name for span in spans]
    first = scope.spans[0]
    assert (first.trace_id.hex(), first.span_id.hex()) == (spans[0].trace, spans[0].id)
    assert (len(first.trace_id), len(first.span_id), first.parent_span_id) == (16, 8, b"")
    assert (first.start_time_unix_nano, first.end_time_unix_nano) == (spans[0].start, spans[0].end)
    attempt = scope.spans[2]
    assert (attempt.kind, attempt.status.code) == (3, 2)  # a client's; an error
    tokens = {each.key: each.value.int_value for each in scope.spans[-1].attributes}
    assert (tokens["gen_ai.usage.input_tokens"], tokens["gen_ai.usage.output_tokens"]) == (7, 3)
    assert {each.name for span in scope.spans for each in span.events} >= {"retry", "fallback", "discard", "request"}
    assert spans_of(log) == spans  # a pure function


async def test_contents_are_told_only_if_asked_for_and_keys_never() -> None:
    log = await log_of_a_turn()
    plain, full = json.dumps(to_otlp(spans_of(log))), json.dumps(to_otlp(spans_of(log, contents=True)))
    for text in ("private", "found", "Answer"):
        assert text not in plain
    assert "a private word" in full and "found a private word" in full and "Answer" in full
    assert KEY not in full
    parsed(spans_of(log, contents=True))


async def test_a_log_may_end_anywhere_and_hold_several_turns() -> None:
    log = await log_of_a_turn()
    for end in range(len(log) + 1):
        spans = spans_of(log[:end])
        assert all(span.end >= span.start for span in spans)
        parsed(spans)
    later = [(at + 10**9, {**event, "turn": "other"}) for at, event in log]
    spans = spans_of([*log, *later])
    assert len({span.trace for span in spans}) == 2
    assert len({span.id for span in spans}) == len(spans)


async def test_a_file_for_perfetto() -> None:
    document = json.loads(json.dumps(to_chrome(spans_of(await log_of_a_turn()))))
    events = document["traceEvents"]
    assert {event["ph"] for event in events} == {"M", "X", "i"}
    pieces = [event for event in events if event["ph"] == "X"]
    assert all(event["dur"] >= 0 and event["ts"] >= 0 and event["pid"] == 1 for event in pieces)
    for tid in {event["tid"] for event in pieces}:  # in a row, one piece lies in another or after it
        ends: list[float] = []
        for event in sorted(
            (each for each in pieces if each["tid"] == tid), key=lambda each: (each["ts"], -each["dur"])
        ):
            while ends and ends[-1] <= event["ts"]:
                ends.pop()
            assert not ends or event["ts"] + event["dur"] <= ends[-1] + 0.001
            ends.append(event["ts"] + event["dur"])


def test_events_that_are_not_as_expected_do_no_harm() -> None:
    fold = Fold()
    for event in (
        {"type": "title", "turn": None, "seq": None, "title": "x"},
        {"type": "new", "turn": "t", "seq": 1, "agent": "root"},
        {"type": "usage", "turn": "t", "seq": 2, "attempt": 9, "discarded": False},
        {"type": "tool_result", "turn": "t", "seq": 3, "id": "none", "output": "", "is_error": False},
    ):
        assert fold.push(1, event) == []
    assert [span.kind for span in fold.rest(2)] == ["turn", "step"]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/traces",
        "https://eu.api.openai.com",
        "https://generativelanguage.googleapis.com",
        "https://models.example.com",
        "https://MODELS.example.com:443/elsewhere",
        "ftp://localhost",
        "https://user:pass@localhost",
        "localhost:4318",
        "",
    ],
)
def test_traces_go_to_no_host_of_models(url: str) -> None:
    with pytest.raises(ConfigError, match="otlp"):
        collector_url(url, ["https://models.example.com/v1"])


def test_the_path_of_the_protocol_is_the_default() -> None:
    assert collector_url("http://localhost:4318", ["http://localhost:11434/v1"]) == "http://localhost:4318/v1/traces"
    assert collector_url("https://a.example/x?y=1") == "https://a.example/x?y=1"
    with pytest.raises(ConfigError):
        collector_url("http://localhost:11434", ["http://localhost:11434/v1"])


async def test_a_receiver_gets_the_spans_of_a_session() -> None:
    async with receiver() as (url, spans):
        with ScriptedProvider() as models:
            models.script("a", Reply(ANSWER), Reply(ANSWER))
            async with open_agent(agent_file(models), env=ENV, otlp=url) as session:
                await session.send("one")
                await session.send("two")
    assert spans == ["invoke_agent root", "step 1", "chat a"] * 2


def test_a_collector_that_fails_costs_one_warning_and_no_time() -> None:
    async def main() -> None:
        log = [(0, event) for _, event in LOG]
        for answer in (LocalResponse(503), OSError("gone"), None):
            hold = asyncio.Event()

            async def handler(_: Any, answer: Any = answer, hold: asyncio.Event = hold) -> LocalResponse:
                if answer is None:
                    await hold.wait()
                if isinstance(answer, Exception):
                    raise answer
                return LocalResponse(503)

            transport, warnings = MockTransport(handler), list[str]()
            collector = Collector("http://localhost/v1/traces", transport, warnings.append)
            for _ in range(3):
                see = collector.listener()
                before = asyncio.get_running_loop().time()
                see([event for _, event in log])
                assert asyncio.get_running_loop().time() == before
                await asyncio.sleep(30)
            await collector.close()
            assert len(warnings) == 1, warnings
            assert "does not take them" in warnings[0]
            assert transport.open == 0

    run(main())
