"""A browser without a network: the turn says so, waits for it, and counts no attempt meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.chain.health import Health
from sparewheel.chain.offline import is_offline
from sparewheel.config.resolved import ModelSpec
from sparewheel.testing import Reply, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import REFUSED, ScriptedTransport, collect, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.scripted import Played, Script

ANSWER = openai_chat(text="Answer.")
CUT = Reply(openai_chat(text=["Hal", "f"], finish=None), cut_at=10_000)


def play(
    script: Mapping[str, Sequence[Script]], *changes: tuple[float, bool], fallback: str = "retries: -1"
) -> tuple[Played, ScriptedTransport, float]:
    """One turn over a chain; at these seconds the network comes (True) or goes. The seconds that it took as well."""

    async def main() -> tuple[Played, ScriptedTransport, float]:
        health = Health()
        for seconds, online in changes:
            change = health.online if online else health.went_offline
            if seconds:
                asyncio.get_running_loop().call_later(seconds, change)
            else:
                change()
        transport = ScriptedTransport(script)
        played = await collect(session(transport, list(script), fallback=fallback, health=health))
        return played, transport, played.seconds

    return run(main())


def told(played: Played) -> list[str]:
    return [kind for kind in played.types if kind not in ("block_start", "block_end", "delta", "usage")]


def failed(played: Played) -> tuple[str, str, list[Any]]:
    last: Any = played.events[-1]
    return last["kind"], last["message"], [each["message"] for each in last["attempts"]]


def test_a_turn_waits_for_the_network_and_makes_one_attempt() -> None:
    played, transport, seconds = play({"a": [ANSWER], "b": [ANSWER]}, (0, False), (5, True))
    assert told(played) == ["start", "offline", "finish"]
    expected = {"type": "offline", "model": "openai/a", "message": "You are offline.", "wait_ms": 60_000}
    assert expected.items() <= dict(played.events[1]).items()
    assert (transport.asked, seconds) == (["a"], 5)


def test_it_waits_for_a_minute() -> None:
    """Then one request tells whether the browser is right."""
    played, transport, seconds = play({"a": [REFUSED, ANSWER]}, (0, False), fallback="retries: 3")
    assert told(played) == ["start", "offline", "exhausted", "error"]
    assert failed(played) == ("network", "You are offline.", ["You are offline."])
    assert (transport.asked, seconds) == (["a"], 60)
    played, *_ = play({"a": [ANSWER]}, (0, False))
    assert told(played) == ["start", "offline", "finish"]


def test_an_answer_that_the_lost_network_breaks_off_is_asked_for_again() -> None:
    """Although the file allows no retry, and another model is left."""
    slow = Reply(CUT.events, cut_at=CUT.cut_at, delay=2)
    played, transport, _ = play({"a": [slow, ANSWER], "b": [ANSWER]}, (1, False), (9, True))
    assert told(played) == ["start", "discard", "retry", "offline", "finish"]
    assert transport.asked == ["a", "a"]
    retry: Any = next(event for event in played.events if event["type"] == "retry")
    assert (retry["kind"], retry["reason"], retry["delay_ms"]) == ("network", "You are offline.", 0)


def test_a_partial_answer_is_kept_where_the_file_says_so() -> None:
    slow = Reply(CUT.events, cut_at=CUT.cut_at, delay=2)
    played, *_ = play({"a": [slow]}, (1, False), fallback="retries: -1, on_partial: keep")
    assert told(played) == ["start", "exhausted", "error"]
    assert failed(played)[1] == "You are offline."


def test_other_failures_are_not_the_networks() -> None:
    played, transport, _ = play({"a": [Reply(status=500), ANSWER], "b": [ANSWER]}, (0, False), (1, True))
    assert (told(played), transport.asked) == (["start", "offline", "fallback", "finish"], ["a", "b"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", True),
        ("http://192.168.0.7:11434/v1", True),
        ("http://localhost:11434/v1", False),
        ("http://127.0.0.1:1/v1", False),
        ("http://[::1]:1/v1", False),
        ("demo://models", False),
        ("page:model", False),
    ],
)
def test_models_of_this_machine_need_no_network(url: str, expected: bool) -> None:
    async def main() -> None:
        health, spec = Health(), ModelSpec("p", "m", "openai_chatcompletions", url)
        assert not is_offline(health, spec)
        health.went_offline()
        assert is_offline(health, spec) == expected
        health.online()
        assert not is_offline(health, spec)

    run(main())
