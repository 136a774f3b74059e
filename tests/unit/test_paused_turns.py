"""Anthropic's `pause_turn`: the server stops between hosted tools, and goes on when its content is sent back."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from sparewheel.chain.attempt import MAX_PAUSES
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.testing import Reply, anthropic, errors, sse
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, collect, session_of

TEXT: Final[dict[str, Any]] = {"type": "text", "text": "Let me look. "}
THOUGHT: Final = {"type": "thinking", "thinking": "Where?", "signature": "c2ln"}
SEARCH: Final = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "wheel"}}
FOUND: Final[dict[str, Any]] = {
    "type": "web_search_tool_result",
    "tool_use_id": "srv_1",
    "content": [{"type": "web_search_result", "url": "https://a.test/", "title": "A", "encrypted_content": "b3Bh"}],
}
CITED: Final = {
    "type": "text",
    "text": "A wheel.",
    "citations": [{"type": "web_search_result_location", "url": "https://a.test/", "cited_text": "wheel"}],
}
CONTENT: Final[list[dict[str, Any]]] = [THOUGHT, TEXT, SEARCH, FOUND, CITED]
FILE: Final = """
agents: {root: {model: anthropic/claude-sonnet-4-5, fallback: {retries: 1, backoff: {jitter: 0}}}}
"""


def deltas(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The start of a block, and what follows of it."""
    match block["type"]:
        case "text":
            start = {"type": "text", "text": ""}
            pieces = [block["text"][at : at + 3] for at in range(0, len(block["text"]), 3)]
            told = [{"type": "text_delta", "text": piece} for piece in pieces]
            return start, told + [{"type": "citations_delta", "citation": each} for each in block.get("citations", [])]
        case "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return start, [{"type": "thinking_delta", "thinking": block["thinking"]}, signed]
        case "server_tool_use" | "tool_use":
            text = json.dumps(block["input"])
            told = [{"type": "input_json_delta", "partial_json": part} for part in (text[:4], text[4:])]
            return {**block, "input": {}}, told
    return block, []


def paused(content: list[dict[str, Any]], reason: str = "pause_turn") -> Reply:
    usage = {"input_tokens": 10, "output_tokens": 5}
    events = [sse({"type": "message_start", "message": {"usage": usage}}, "message_start")]
    for index, block in enumerate(content):
        start, told = deltas(block)
        events.append(sse({"type": "content_block_start", "index": index, "content_block": start}))
        events += [sse({"type": "content_block_delta", "index": index, "delta": delta}) for delta in told]
        events.append(sse({"type": "content_block_stop", "index": index}))
    events.append(sse({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}}))
    return Reply((*events, sse({"type": "message_stop"})))


def play(*replies: Any) -> tuple[Played, list[dict[str, Any]]]:
    transport = ScriptedTransport({"claude-sonnet-4-5": list(replies)})

    async def main() -> Played:
        team = resolve_team(load_agent_file(FILE), None, {"ANTHROPIC_API_KEY": "sk-ant-1234567890"})
        return await collect(session_of(team, transport))

    played = run(main())
    assert transport.open == 0
    return played, [json.loads(request.body) for request in transport.requests]


END: Final = paused([{"type": "text", "text": " It turns."}], "end_turn")


def test_the_content_is_sent_back_as_it_came_and_the_answer_is_one() -> None:
    played, (first, second) = play(paused(CONTENT), END)
    assert second["messages"] == [*first["messages"], {"role": "assistant", "content": CONTENT}]
    finish = played.terminal
    assert (finish["type"], finish["reason"]) == ("finish", "stop")
    assert finish["message"]["content"] == "Let me look. A wheel. It turns."
    assert (finish["usage"]["input_tokens"], finish["usage"]["output_tokens"]) == (20, 14)
    assert [event["attempt"] for event in played.events if event["type"] == "usage"] == [1]
    assert played.result is not None
    assert [record["outcome"] for record in played.result["attempts"]] == ["ok"]


def test_several_pauses_add_up() -> None:
    more = {"type": "text", "text": "More."}
    played, bodies = play(paused([TEXT]), paused([more]), END)
    assert bodies[2]["messages"][-1]["content"] == [TEXT, more]
    assert played.terminal["message"]["content"] == "Let me look. More. It turns."


def test_a_pause_without_text_is_no_answer_yet() -> None:
    played, bodies = play(paused([SEARCH, FOUND]), END)
    assert bodies[1]["messages"][-1]["content"] == [SEARCH, FOUND]
    assert played.terminal["message"]["content"] == " It turns."


def test_a_server_that_only_pauses_is_left_at_last() -> None:
    played, bodies = play(*[paused([TEXT])] * (MAX_PAUSES + 1))
    assert len(bodies) == MAX_PAUSES + 1
    assert played.terminal["reason"] == "length"


CUT: Final = Reply(anthropic(text="half", finish=None))


@pytest.mark.parametrize("failure", [errors.anthropic_overloaded(), CUT], ids=range(2))
def test_a_failure_after_a_pause_starts_over(failure: Reply) -> None:
    played, bodies = play(paused(CONTENT), failure, END)
    assert [event["attempt"] for event in played.events if event["type"] == "discard"] == [1]
    assert len(bodies[2]["messages"]) == len(bodies[0]["messages"])
    assert played.terminal["message"]["content"] == " It turns."


def test_a_call_in_a_paused_answer_does_not_run_and_ends_it() -> None:
    call = {"type": "tool_use", "id": "c1", "name": "look", "input": {"a": 1}}
    played, bodies = play(paused([TEXT, call]))
    assert (len(bodies), played.terminal["reason"]) == (1, "length")
    assert not [event for event in played.events if event["type"] == "tool_call"]
