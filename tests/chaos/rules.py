"""What must hold for everything that a worker says in an episode, whatever happened."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.chaos.episodes import INCOMPLETE
from tests.support.scripted import check_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    Message = dict[str, Any]

TERMINAL = ("finish", "error", "aborted")
TOKENS = ("input_tokens", "output_tokens")


def check_said(said: Sequence[Message]) -> None:
    """No key in any of the messages, one reply for each command, every turn ended, no tool out of place."""
    assert "CANARY" not in json.dumps([message for message in said if message.get("what") != "fetch"])
    replies = Counter(message["id"] for message in said if message["type"] == "reply")
    assert set(replies.values()) <= {1}, replies
    for message in said:
        error = message.get("error") if message["type"] == "reply" else None
        assert not error or error["kind"] != "internal", error
    turns: dict[str, list[Message]] = {}
    for event in (event for message in said if message["type"] == "events" for event in message["events"]):
        turns.setdefault(event["turn"], []).append(event)
    for events in turns.values():
        check_rules(events)
    for session in {message["session"] for message in said if "session" in message}:
        _check_tools([message for message in said if message.get("session") == session])


def check_turn(events: Sequence[Message], reply: Message) -> None:
    """The events of a turn that the worker ended, and the reply to the command that started it."""
    check_rules(events)
    last = events[-1]
    error = reply.get("error")
    if last["type"] == "finish":
        assert reply["result"]["message"] == last["message"]
        assert reply["result"].get("usage") == last["usage"]
    else:
        assert error is not None
        assert error["kind"] == ("aborted" if last["type"] == "aborted" else last["kind"])
    if last["type"] == "error":
        assert last["kind"] not in ("internal", "config"), last
    _check_usage(events)
    _check_calls(events)


def _check_usage(events: Sequence[Message]) -> None:
    """The terminal event has the sum of what the attempts cost; after an abort also that of the attempt under way."""
    costs = [event for event in events if event["type"] == "usage"]
    last = events[-1]
    for name in TOKENS:
        total = (last["usage"] or {}).get(name) or 0
        known = sum(cost[name] or 0 for cost in costs)
        assert total == known or (last["type"] == "aborted" and total > known), (name, known, total)


def _check_calls(events: Sequence[Message]) -> None:
    """Only calls of complete responses run, each has one result at most, and in a turn that finished exactly one."""
    asked = [event["id"] for event in events if event["type"] == "tool_call"]
    results = Counter(event["id"] for event in events if event["type"] == "tool_result")
    assert not [call for call in asked if call.startswith(INCOMPLETE)], "a call of an incomplete response"
    assert set(results) <= set(asked)
    assert not results or max(results.values()) == 1
    if events[-1]["type"] == "finish":
        assert set(results) == set(asked)


def _check_tools(said: Sequence[Message]) -> None:
    """Tools of the page run between their `tool_call` event and the end of the turn; one that changes, if approved."""
    asked: set[str] = set()
    for message in said:
        for event in message["events"] if message["type"] == "events" else ():
            if event["type"] == "tool_call":
                asked.add(event["id"])
            elif event["type"] in TERMINAL:
                asked.clear()
        if message["type"] == "call" and message["what"] == "tool":
            assert message["input"]["call_id"] in asked, "a tool ran that no running turn had asked for"


def check_settled(said: Sequence[Message], answered: set[int]) -> None:
    """Each host call was answered by the page or cancelled by the worker: nothing stays open."""
    calls = {message["call"] for message in said if message["type"] == "call"}
    cancelled = {message["call"] for message in said if message["type"] == "call_cancel"}
    assert calls <= cancelled | answered, f"host calls left open: {calls - cancelled - answered}"
