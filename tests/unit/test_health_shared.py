"""Health of models beyond one session: the network, other tabs, bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.chain.health import Health
from sparewheel.config.specs import ModelSpec
from sparewheel.errors import FACTS, ErrorInfo
from sparewheel.testing import errors
from tests.support.fakeloop import run
from tests.support.rescues import ANSWER, FAIL, told
from tests.support.scripted import REFUSED, ScriptedTransport, collect, session


def test_a_wait_for_the_network_ends_when_the_browser_is_online_again() -> None:
    async def main() -> None:
        health = Health()
        transport = ScriptedTransport({"a": [REFUSED, ANSWER]})
        conversation = session(transport, ["a"], fallback="retries: 1, backoff: {initial: 60s}", health=health)
        turn = asyncio.ensure_future(collect(conversation))
        await asyncio.sleep(3)
        health.online()
        assert told(await turn) == [("retry", "a"), ("finish", "a")]
        assert (await turn).seconds == 3

    run(main())


def test_a_wait_for_anything_else_does_not() -> None:
    async def main() -> None:
        health = Health()
        conversation = session(ScriptedTransport({"a": [FAIL, ANSWER]}), ["a"], fallback="retries: 1", health=health)
        turn = asyncio.ensure_future(collect(conversation))
        await asyncio.sleep(0.5)
        health.online()
        assert (await turn).seconds == 1

    run(main())


def test_tabs_tell_each_other_without_a_key() -> None:
    async def main() -> None:
        entries: list[dict[str, Any]] = []
        here = Health(entries.append)
        limited = errors.openai_rate_limit(retry_after=20)
        transport = ScriptedTransport(
            {"a": [limited, ANSWER], "other/b": [errors.openai_invalid_key()], "c": [ANSWER] * 3}
        )
        models = ["a", "other/b", "c"]
        await collect(session(transport, models, health=here))
        there = Health()
        for entry in entries:
            there.merge(entry)
        played = await collect(session(transport, models, health=there))
        assert told(played)[:2] == [("skipped", "a"), ("skipped", "b")]
        assert "CANARY" not in str(entries)
        del entries[:]
        await asyncio.sleep(20)
        await collect(session(transport, models, health=here))
        there.merge(entries[-1])
        assert entries[-1]["seconds"] == 0

    run(main())


def test_a_tab_that_is_opened_later_is_told_what_is_left() -> None:
    async def main() -> None:
        here, there = Health(), Health()
        limited = errors.openai_rate_limit(retry_after=20)
        models = ["a", "other/b", "c"]
        transport = ScriptedTransport({"a": [limited], "other/b": [errors.openai_invalid_key()], "c": [ANSWER] * 2})
        await collect(session(transport, models, health=here))
        await asyncio.sleep(5)
        limit, account = here.entries()
        assert (limit["seconds"], limit["kind"], limit["told"]) == (15, "rate_limit", True)
        assert (account["seconds"], account["kind"], account["told"]) == (3600, "auth", False)
        assert "CANARY" not in str([limit, account])
        assert "example.test" not in str([limit, account])  # an address may hold a secret
        for entry in (limit, account):
            there.merge(entry)
        played = await collect(session(transport, models, health=there))
        assert told(played)[:2] == [("skipped", "a"), ("skipped", "b")]
        await asyncio.sleep(15)
        assert [entry["kind"] for entry in here.entries()] == ["auth"]

    run(main())


def test_nonsense_from_another_tab_is_ignored() -> None:
    async def main() -> None:
        health = Health()
        for entry in (
            {},
            {"name": 7, "seconds": 0},
            {"name": "x", "seconds": "y", "kind": "quota"},
            {"name": "x", "kind": 1},
        ):
            health.merge(entry)
        conversation = session(ScriptedTransport({"a": [ANSWER]}), ["a"], health=health)
        [spec] = conversation.team.agents["root"].chain
        health.merge({"name": spec.model_id, "seconds": float("nan"), "kind": "quota"})
        assert told(await collect(conversation)) == [("finish", "a")]

    run(main())


def test_what_is_remembered_is_bounded() -> None:
    async def main() -> None:
        health = Health()
        for number in range(5000):
            health.merge({"name": f"model {number}", "seconds": 5, "kind": "quota"})
        assert len(health._states) <= 1000

    run(main())


@pytest.mark.parametrize("written", ["0s", "0", "60s"])
def test_a_cooldown_of_zero_is_the_usual_one(written: str) -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [FAIL], "b": [ANSWER] * 2})
        conversation = session(transport, ["a", "b"], fallback=f"retries: -1, cooldown: {written}")
        await collect(conversation)
        await asyncio.sleep(58)
        assert told(await collect(conversation)) == [("skipped", "a"), ("fallback", "a", "b"), ("finish", "b")]

    run(main())


def test_models_of_the_demo_have_no_health() -> None:
    async def main() -> None:
        health, demo = Health(), ModelSpec("demo", "overloaded", "openai_chatcompletions", "demo://models")
        for kind in FACTS:
            for _ in range(6):
                health.failed(demo, ErrorInfo(kind, ""), 60)
                health.cool_down_after_fallback(demo, kind, 60)
        assert health.entries() == []
        assert health.status(demo).wait == 0

    run(main())
