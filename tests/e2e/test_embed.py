"""The runtime in a page that is not ours, from another folder and path, against a provider of another origin."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.testing import Gate, Reply, ScriptedProvider, Usage, errors, openai_chat, sse
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import Site, Theirs
from tests.support.scripted import bare

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))
HALF = Reply(openai_chat(text="Half", finish=None))
SHOWN = ["block_start", "delta", "block_end", "usage", "discard"]
ANSWERED = ["block_start", "delta", "delta", "block_end", "usage", "finish"]


async def test_a_turn(theirs: Theirs, provider: ScriptedProvider, site: Site) -> None:
    provider.script("a", Reply(openai_chat(text=["An", "swer"], usage=Usage(input=7, output=2))))
    opened = await theirs.open("s", agent_file({"a": provider.url}), ENV)
    assert opened == {"agent": "root", "models": ["openai/a"]}
    turn = await theirs.take_turn("s")
    assert turn.types == ["start", *ANSWERED]
    assert turn.result
    assert turn.result["message"] == {"role": "assistant", "content": "Answer"}
    assert (turn.result["model"], turn.result["finish_reason"]) == ("openai/a", "stop")
    assert (turn.result["usage"]["input_tokens"], turn.result["usage"]["output_tokens"]) == (7, 2)
    [request] = provider.requests
    assert request.headers["origin"] == site.origin
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert sorted(request.preflight_headers) == ["authorization", "content-type"]
    assert not {"cookie", "referer"} & set(request.headers)
    assert provider.url in theirs.watch.origins  # so what the browser asks for is seen, the worker's requests too


async def test_each_delta_is_seen_before_the_next_is_sent(theirs: Theirs, provider: ScriptedProvider) -> None:
    text = [f"{number} " for number in range(12)]
    gates = {number + 1: Gate() for number in range(1, 12)}  # the first event is the role
    provider.script("a", Reply(openai_chat(text=text), gates=gates))
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.begin("s")
    for number, gate in enumerate(gates.values(), 1):
        events = await theirs.seen("s", "delta", number)
        assert [event["content"] for event in events if event["type"] == "delta"] == text[:number]
        await asyncio.to_thread(gate.wait_reached)  # what was sent is noted by then
        assert provider.requests[0].events_sent == number + 1
        gate.open()
    turn = await theirs.end("s")
    assert turn.text == "".join(text)


@pytest.mark.parametrize(
    ("reply", "kind", "status", "shown"),
    [
        (errors.openai_rate_limit(), "rate_limit", 429, []),
        (errors.openai_server_error(), "server_error", 500, []),
        (None, "network_or_cors", None, []),
        (ANSWER.replace(cors=False), "network_or_cors", None, []),
        (HALF, "stream_truncated", None, SHOWN),
    ],
    ids=["429", "500", "refused", "no CORS", "truncated"],
)
async def test_a_failing_model_is_replaced(
    reply: Reply | None,
    kind: str,
    status: int | None,
    shown: list[str],
    theirs: Theirs,
    provider: ScriptedProvider,
    refused: str,
) -> None:
    provider.script("b", ANSWER)
    first = provider.url if reply else refused
    if reply:
        provider.script("a", reply)
    await theirs.open("s", agent_file({"a": first, "b": provider.url}), ENV)
    turn = await theirs.take_turn("s")
    assert turn.types == ["start", *shown, "fallback", *ANSWERED]
    [fallback] = turn.of("fallback")
    assert (fallback["from"], fallback["to"]) == ("openai/a", "openai/b")
    assert (fallback["kind"], fallback.get("status")) == (kind, status)
    assert turn.text == "Answer"
    assert turn.result
    assert [(each["model"], each["outcome"]) for each in turn.result["attempts"]] == [
        ("openai/a", "failed"),
        ("openai/b", "ok"),
    ]
    # With `retries: -1` every model is asked exactly once: nothing below the chain asks again.
    assert [request.model for request in provider.requests] == (["a", "b"] if reply else ["b"])
    assert sum(url.startswith(first) for url in theirs.watch.urls) == (2 if reply else 1)


@pytest.mark.parametrize("cut", ["reset", "close"])
async def test_a_model_that_drops_in_the_middle_is_replaced(
    cut: Any, theirs: Theirs, provider: ScriptedProvider
) -> None:
    drop = Gate()  # opened when "Half" is on the page: a browser throws away what it has not yet handed over
    provider.script("a", HALF.replace(gates={2: drop}, cut_at=9999, cut=cut))
    provider.script("b", ANSWER)
    await theirs.open("s", agent_file({"a": provider.url, "b": provider.url}), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta")
    drop.open()
    turn = await theirs.end("s")
    assert turn.types == ["start", *SHOWN, "fallback", *ANSWERED]
    assert [bare(event) for event in turn.of("discard")] == [{"type": "discard", "attempt": 1, "chars": 4}]
    assert turn.of("fallback")[0]["kind"] == "network"
    assert turn.text == "Answer"
    assert [request.model for request in provider.requests] == ["a", "b"]


async def test_retries_are_the_chains_and_told(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", errors.openai_server_error(), HALF, ANSWER)
    yaml = agent_file({"a": provider.url}, retries=2).replace("retries: 2", "retries: 2, backoff: {initial: 1ms}")
    await theirs.open("s", yaml, ENV)
    turn = await theirs.take_turn("s")
    assert turn.types == ["start", "retry", *SHOWN, "retry", *ANSWERED]
    assert [(event["attempt"], event["kind"]) for event in turn.of("retry")] == [
        (2, "server_error"),
        (3, "stream_truncated"),
    ]
    assert len(provider.requests) == 3


async def test_a_chain_of_which_nobody_answers(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", errors.openai_server_error())
    provider.script("b", errors.openai_rate_limit(retry_after=3600))
    await theirs.open("s", agent_file({"a": provider.url, "b": provider.url}), ENV)
    turn = await theirs.take_turn("s")
    assert turn.types == ["start", "fallback", "exhausted", "error"]
    assert turn.error
    assert (turn.error["name"], turn.error["kind"], turn.error["status"]) == ("SparewheelError", "rate_limit", 429)
    assert turn.error["message"] == turn.events[-1]["message"]
    assert [each["model"] for each in turn.error["attempts"]] == ["openai/a", "openai/b"]
    assert [request.model for request in provider.requests] == ["a", "b"]


TEXT = openai_chat(text=["Grüße, ", "世界 ", "👋"])
CRLF = tuple(event.replace(b"\n", b"\r\n") for event in TEXT)


@pytest.mark.parametrize("body", [TEXT, CRLF], ids=["LF", "CRLF"])
async def test_any_chunking_gives_the_same_events(
    body: tuple[bytes, ...], theirs: Theirs, provider: ScriptedProvider
) -> None:
    seen = []
    for split in (None, 1, 3, ()):
        provider.script("a", Reply(body, split=split))
        await theirs.open("s", agent_file({"a": provider.url}), ENV)
        turn = await theirs.take_turn("s")
        assert turn.text == "Grüße, 世界 👋"
        seen.append([bare(event) for event in turn.events])
    assert seen == [seen[0]] * 4


SHORT = (
    sse({"choices": [{"index": 0, "delta": {"content": "Hé"}}]}),
    sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    b"data: [DONE]\n\n",
)


@pytest.mark.parametrize("cut", ["reset", "close", "end"])
async def test_a_stream_cut_anywhere_never_finishes(cut: Any, theirs: Theirs, provider: ScriptedProvider) -> None:
    offsets = range(len(b"".join(SHORT)))
    provider.script("a", *[Reply(SHORT, cut_at=offset, cut=cut) for offset in offsets], Reply(SHORT))
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    *terminals, last = await theirs.call("turns", "s", ["Hello"] * (len(offsets) + 1))
    assert [event["type"] for event in terminals] == ["error"] * len(offsets)
    assert {event["kind"] for event in terminals} <= {"network", "network_or_cors", "stream_truncated"}
    assert last["type"] == "finish"
    assert len(provider.requests) == len(offsets) + 1


async def test_a_session_remembers(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", Reply(openai_chat(text="Blue.")), errors.openai_server_error(), ANSWER)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.take_turn("s", "A colour?")
    assert (await theirs.take_turn("s", "This fails")).error
    await theirs.take_turn("s", "What did you say?")
    said = [(message["role"], message["content"]) for message in provider.requests[2].json["messages"]]
    asked = [("user", "A colour?"), ("assistant", "Blue."), ("user", "What did you say?")]
    assert said == [("system", "Be brief."), *asked]
    exported = await theirs.call("exported", "s")
    assert [message["content"] for message in exported["messages"]] == [text for _, text in asked] + ["Answer"]


async def test_sessions_side_by_side_do_not_mix(theirs: Theirs, provider: ScriptedProvider) -> None:
    gates = {name: Gate() for name in ("a", "b")}
    for name, gate in gates.items():
        provider.script(name, Reply(openai_chat(text=[f"{name}1", f"{name}2"]), gates={2: gate}))
        await theirs.open(name, agent_file({name: provider.url}), ENV)
    for name in gates:
        await theirs.begin(name)
    for name in gates:
        await theirs.seen(name, "delta")  # so both are under way at once
    turns = {}
    for name in reversed(gates):  # the one that began last ends first
        gates[name].open()
        turns[name] = await theirs.end(name)
    assert {name: turn.text for name, turn in turns.items()} == {"a": "a1a2", "b": "b1b2"}
    assert turns["a"].events[0]["turn"] != turns["b"].events[0]["turn"]


async def test_a_turn_as_an_iteration(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    events = await theirs.call("streamed", "s", "Hello")
    assert [event["type"] for event in events] == ["start", *ANSWERED]


async def test_chat_keeps_nothing(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    messages = [{"role": "user", "content": "A colour?"}, {"role": "assistant", "content": "Blue."}]
    messages.append({"role": "user", "content": "Sure?"})
    options = {"yaml": agent_file({"a": provider.url}), "env": ENV, "messages": messages}
    result = await theirs.call("chat", options)
    assert result["message"]["content"] == "Answer"
    assert provider.requests[0].json["messages"][1:] == messages


@pytest.mark.parametrize("place", ["body", "stream"])
async def test_a_key_that_a_provider_quotes_is_not_passed_on(
    place: str, theirs: Theirs, provider: ScriptedProvider
) -> None:
    error = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    provider.script("a", Reply.json(401, error) if place == "body" else Reply((*HALF.events, sse(error))))
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    turn = await theirs.take_turn("s")
    assert turn.error
    assert turn.error["kind"] == "auth"
    assert provider.requests[0].headers["authorization"] == f"Bearer {KEY}"
    everything = [turn.events, turn.error, await theirs.call("exported", "s")]
    assert "CANARY" not in json.dumps(everything)
    assert not any("CANARY" in request.path + request.query for request in provider.requests)
