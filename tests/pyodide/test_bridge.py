"""The bridge in real Pyodide under Node, from a worker's command to the socket and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide

from sparewheel.testing import Gate, Reply, ScriptedProvider, Usage, errors, openai_chat, sse
from tests.support.agents import ENV, KEY, agent_file
from tests.support.scripted import bare, check_rules, folded_text

ANSWER = Reply(openai_chat(text=["An", "swer"]))

Call = Callable[..., Any]


@run_in_pyodide
async def run_inside(selenium_python, function, args):  # type: ignore[no-untyped-def]
    import inspect

    import inside  # type: ignore[import-not-found]

    outcome = getattr(inside, function)(*args)
    return await outcome if inspect.isawaitable(outcome) else outcome


@pytest.fixture
def call(selenium_python: Any) -> Call:
    """`call(name, *args)` runs a function of inside.py."""
    return lambda function, *args: run_inside(selenium_python, function, args)


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def check(done: dict[str, Any]) -> None:
    """What must hold after every turn."""
    check_rules(done["events"])
    assert done["left"] == []
    assert not any("CANARY" in text for text in done["said"])


def test_a_whole_turn(call: Call) -> None:
    with ScriptedProvider({"a": [Reply(openai_chat(text=["An", "swer"], usage=Usage()))]}, strict=True) as server:
        opened = call("open_session", agent_file({"a": server.url}), ENV)
        assert (opened["result"]["agent"], opened["result"]["models"]) == ("root", ["openai/a"])
        call("begin", "Hello")
        done = call("end")
    check(done)
    assert types(done["events"]) == ["start", "block_start", "delta", "delta", "block_end", "usage", "finish"]
    assert done["reply"]["result"]["message"] == {"role": "assistant", "content": "Answer"}
    [request] = server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert [message["role"] for message in request.json["messages"]] == ["system", "user"]


def test_each_delta_arrives_before_the_next_is_sent(call: Call) -> None:
    text = ["One", " two", " three"]
    gates = {2: Gate(), 3: Gate()}  # after the role, each delta waits for us
    with ScriptedProvider({"a": [Reply(openai_chat(text=text), gates=gates)]}) as server:
        call("open_session", agent_file({"a": server.url}), ENV)
        call("begin", "Count")
        for number, gate in enumerate(gates.values(), 1):
            events = call("wait_for", "delta", number)
            assert [event["content"] for event in events if event["type"] == "delta"] == text[:number]
            gate.wait_reached()  # what was sent is noted by then
            assert server.requests[0].events_sent == number + 1
            gate.open()
        done = call("end")
    check(done)
    assert folded_text(done["events"]) == "One two three"


def test_an_abort_closes_the_connection(call: Call) -> None:
    with ScriptedProvider({"a": [ANSWER.replace(silent_after=2), ANSWER]}) as server:
        call("open_session", agent_file({"a": server.url}), ENV)
        call("begin", "Hello")
        call("wait_for", "delta")
        done = call("abort")
        server.wait_for_disconnect()
        check(done)
        assert types(done["events"]) == ["start", "block_start", "delta", "block_end", "aborted"]
        assert done["events"][-1]["partial"] == "An"
        assert done["reply"]["error"]["kind"] == "aborted"
        call("begin", "Again")
        again = call("end")
    assert again["reply"]["result"]["message"]["content"] == "Answer"
    assert again["left"] == []
    assert len(server.requests) == 2


def test_an_abort_before_the_answer_begins_closes_the_connection(call: Call) -> None:
    gate = Gate()
    with ScriptedProvider({"a": [ANSWER.replace(gates={-1: gate})]}) as server:
        call("open_session", agent_file({"a": server.url}), ENV)
        call("begin", "Hello")
        server.wait_for_request()
        done = call("abort")
        server.wait_for_disconnect()
    check(done)
    assert types(done["events"]) == ["start", "aborted"]


STARTED = ["block_start", "delta", "block_end", "usage", "discard"]
NOT_STARTED: list[str] = []
REST = ["block_start", "delta", "delta", "block_end", "usage", "finish"]
HALF = Reply(openai_chat(text="Half", finish=None))


@pytest.mark.parametrize(
    ("reply", "kind", "before"),
    [
        (None, "network", NOT_STARTED),
        (errors.openai_rate_limit(), "rate_limit", NOT_STARTED),
        (errors.openai_server_error(), "server_error", NOT_STARTED),
        (HALF.replace(cut_at=9999), "stream_truncated", STARTED),
        (HALF.replace(cut_at=9999, cut="close"), "stream_truncated", STARTED),
        (HALF.replace(cut_at=9999, cut="end"), "stream_truncated", STARTED),
    ],
    ids=["refused", "429", "500", "reset", "closed", "truncated"],
)
def test_a_failing_model_is_replaced(reply: Reply | None, kind: str, before: list[str], call: Call) -> None:
    with ScriptedProvider({"b": [ANSWER]}) as server:
        if reply is not None:
            server.script("a", reply)
        first = server.url if reply else server.refused_url()
        done = call("take_turn", agent_file({"a": first, "b": server.url}), ENV, "Hello")
    check(done)
    assert types(done["events"]) == ["start", *before, "fallback", *REST]
    [fallback] = [event for event in done["events"] if event["type"] == "fallback"]
    assert (fallback["kind"], fallback["from"], fallback["to"]) == (kind, "openai/a", "openai/b")
    assert folded_text(done["events"]) == done["reply"]["result"]["message"]["content"] == "Answer"
    assert [request.model for request in server.requests] == (["a", "b"] if reply else ["b"])


TEXT = openai_chat(text=["Grüße, ", "世界 ", "👋"])
CRLF = tuple(event.replace(b"\n", b"\r\n") for event in TEXT)


@pytest.mark.parametrize("body", [TEXT, CRLF], ids=["LF", "CRLF"])
def test_any_chunking_gives_the_same_events(body: tuple[bytes, ...], call: Call) -> None:
    seen = []
    with ScriptedProvider() as server:
        for split in (None, 1, 2, 7, ()):
            server.script("a", Reply(body, split=split))
            done = call("take_turn", agent_file({"a": server.url}), ENV, "Hello")
            check(done)
            seen.append([bare(event) for event in done["events"]])
    assert folded_text(seen[0]) == "Grüße, 世界 👋"
    assert seen == [seen[0]] * 5


SHORT = (
    sse({"choices": [{"index": 0, "delta": {"content": "Hé"}}]}),
    sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    b"data: [DONE]\n\n",
)


@pytest.mark.parametrize("cut", ["reset", "end"])
def test_a_stream_cut_anywhere_never_finishes(cut: Any, call: Call) -> None:
    offsets = range(len(b"".join(SHORT)))
    with ScriptedProvider() as server:
        server.script("a", *[Reply(SHORT, cut_at=offset, cut=cut) for offset in offsets], Reply(SHORT))
        prompts = ["Hello"] * (len(offsets) + 1)
        *terminals, last = call("take_turns", agent_file({"a": server.url}), ENV, prompts)
    assert [event["type"] for event in terminals] == ["error"] * len(offsets)
    assert {event["kind"] for event in terminals} <= {"network", "network_or_cors", "stream_truncated"}
    assert last["type"] == "finish"
    assert len(server.requests) == len(prompts)  # and nobody asked twice


def test_a_key_that_a_provider_quotes_is_not_passed_on(call: Call) -> None:
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    with ScriptedProvider({"a": [Reply.json(401, refusal)]}) as server:
        done = call("take_turn", agent_file({"a": server.url}), ENV, "Hello")
    check(done)
    assert types(done["events"]) == ["start", "exhausted", "error"]
    assert done["reply"]["error"]["kind"] == "auth"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_package_needs_nothing_that_a_browser_lacks(call: Call) -> None:
    assert call("available", ["httpx", "playwright", "pydantic", "sparewheel.testing", "sparewheel.headless"]) == [
        "pydantic"
    ]
    found = call("importers_of_js")
    assert {"sparewheel.worker", "sparewheel.transports.fetch", "sparewheel.chain.chain"} <= set(found["modules"])
    importers = [name.removeprefix("sparewheel.") for name in found["importers"]]
    assert importers == ["state.indexeddb", "transports.fetch", "transports.probes", "worker.event_loop"]
