"""Traces: spans from events, as OTLP that the official messages read, for Perfetto, and sent to a collector."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from sparewheel import ConfigError, open_agent, tool
from sparewheel.headless import run_batch
from sparewheel.headless.trace_file import TraceFile
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

ROWS = [{"id": f"r{number}", "prompt": "hi"} for number in range(3)]
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


def official(document: str | bytes) -> ExportTraceServiceRequest:
    """OTLP's JSON by the official messages. It differs from protobuf's in one thing: ids are hexadecimal."""

    def ids(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            name: b64encode(bytes.fromhex(value)).decode() if name in ("traceId", "spanId", "parentSpanId") else value
            for name, value in fields.items()
        }

    read = json.loads(document, object_hook=ids)
    request = ExportTraceServiceRequest()
    json_format.ParseDict(read, request)
    return request


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


class Receiver(BaseHTTPRequestHandler):
    """A receiver of OTLP/HTTP JSON that is made of the official messages."""

    got: list[ExportTraceServiceRequest]

    def do_POST(self) -> None:
        request = official(self.rfile.read(int(self.headers["Content-Length"])))
        assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/json")
        assert "Authorization" not in self.headers
        self.got.append(request)
        body = json_format.MessageToJson(ExportTraceServiceResponse()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[str]]]:
    """Its address, and the names of the spans that have come, after the block."""
    got, names = list[ExportTraceServiceRequest](), list[str]()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_", (Receiver,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", names
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
    resources = [resource for request in got for resource in request.resource_spans]
    names += [span.name for resource in resources for span in resource.scope_spans[0].spans]


async def test_a_receiver_gets_the_spans_of_a_session() -> None:
    async with receiver() as (url, spans):
        with ScriptedProvider() as models:
            models.script("a", Reply(ANSWER), Reply(ANSWER))
            async with open_agent(agent_file(models), env=ENV, otlp=url) as session:
                await session.send("one")
                await session.send("two")
    assert spans == ["invoke_agent root", "step 1", "chat a"] * 2


async def test_a_receiver_gets_the_spans_of_a_batch(tmp_path: Path) -> None:
    rows = ROWS
    async with receiver() as (url, spans):
        with ScriptedProvider() as models:
            models.script("a", Reply(ANSWER, repeat=True))
            file = agent_file(models)
            report = await run_batch(file, rows, tmp_path / "out.jsonl", env=ENV, otlp=url)
            assert report.done == 3
            report = await run_batch(file, rows, tmp_path / "other.jsonl", env=ENV, otlp=url, processes=2, chunk=1)
            assert report.done == 3
    assert sorted(spans) == ["chat a"] * 6 + ["invoke_agent root"] * 6 + ["step 1"] * 6


async def test_a_batch_has_no_collector_that_serves_models(tmp_path: Path) -> None:
    with ScriptedProvider() as models:
        for url in (models.url, "https://api.openai.com"):
            with pytest.raises(ConfigError, match="serves models"):
                await run_batch(agent_file(models), ROWS, tmp_path / "out.jsonl", env=ENV, otlp=url)
    assert models.requests == []


async def test_the_file_of_a_batch_has_a_place_for_each_turn_that_runs_at_the_same_time(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    with ScriptedProvider() as models:
        models.script("a", Reply(ANSWER, repeat=True))
        where = {"env": ENV, "trace": str(trace), "concurrency": 2}
        await run_batch(agent_file(models), [{"prompt": "hi"}] * 9, tmp_path / "out.jsonl", **where)
    events = json.loads(trace.read_text())
    turns = [event for event in events if event["name"] == "invoke_agent root"]
    assert len(turns) == 9
    assert {event["pid"] for event in events} == {1, 2}
    for place in (1, 2):
        own = sorted((event["ts"], event["ts"] + event["dur"]) for event in turns if event["pid"] == place)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(own))
    names = [event["args"]["name"] for event in events if event["ph"] == "M"]
    assert names == ["turn 1 of those at the same time", "turn 2 of those at the same time"]


async def test_a_trace_is_of_one_runtime_and_needs_a_file(tmp_path: Path) -> None:
    with ScriptedProvider() as models:
        file = agent_file(models)
        with pytest.raises(ConfigError, match="a trace is of one runtime"):
            await run_batch(file, ROWS, tmp_path / "out.jsonl", env=ENV, trace=str(tmp_path / "t"), processes=2)
        with pytest.raises(ConfigError, match="cannot be written"):
            await run_batch(file, ROWS, tmp_path / "out.jsonl", env=ENV, trace=str(tmp_path))


def test_a_turn_without_an_end_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    file = TraceFile(str(path), contents=False)
    file.listener()([LOG[0][1]])
    file.close()
    assert [event["name"] for event in json.loads(path.read_text())[1:]] == ["invoke_agent root", "step 1", "chat a"]
    file = TraceFile(str(path), contents=False)
    file.close()
    assert json.loads(path.read_text()) == []


def test_a_full_disk_ends_the_trace_with_one_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = TraceFile(str(tmp_path / "trace.json"), contents=False)
    file._file.close()
    monkeypatch.setattr(file, "_file", Full())
    for _ in range(2):
        file.listener()([event for _, event in LOG])
    file.close()
    assert capsys.readouterr().err.count("goes on without a trace: No space left") == 1


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


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


LOG = [
    (1, {"type": "start", "turn": "t", "seq": 1, "agent": "root", "model": "mine/a"}),
    (
        2,
        {
            "type": "finish",
            "turn": "t",
            "seq": 2,
            "agent": "root",
            "reason": "stop",
            "model": "mine/a",
            "message": {},
            "usage": {},
        },
    ),
]
