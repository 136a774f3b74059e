"""Models that the user prefers, and models that the user has taken out of the chain."""

from __future__ import annotations

from typing import Any

from sparewheel.state.journal import Memory, MemoryBackend, Store
from tests.support.agentic import call, say
from tests.support.fakeloop import run
from tests.support.scripted import bare
from tests.support.workerpage import KEY, Page

ENV = {"OPENAI_API_KEY": KEY}
CHAIN = "agents: {root: {model: openai/a, fallback: {models: [openai/b, groq/k], retries: -1}}}"
TEAM = """
agents:
  root: {model: openai/a, handoffs: [poet], fallback: {models: [openai/c], retries: -1}}
  poet: {model: openai/b, fallback: {retries: -1}}
"""


async def opened(page: Page, yaml: str = CHAIN, **options: Any) -> Any:
    return await result(page, "create_session", yaml=yaml, env=ENV, **options)


async def result(page: Page, method: str, **params: Any) -> Any:
    reply = await page.call(method, **{"session": "s", **params})
    assert "error" not in reply, reply
    return reply["result"]


async def refusal(page: Page, method: str, **params: Any) -> str:
    return str((await page.call(method, session="s", **params))["error"]["message"])


def test_a_preferred_model_answers_until_it_is_changed_back() -> None:
    async def main() -> None:
        page = Page({"a": [say("A.")], "b": [say("B.")] * 2})
        await opened(page)
        assert await result(page, "prefer", model="openai/b") == {"preferred": "openai/b", "skipped": []}
        for _ in range(2):
            await result(page, "send", prompt="x")
        assert [event["type"] for event in page.events("s") if event["type"] in ("skipped", "fallback")] == []
        assert await result(page, "prefer", model=None) == {"preferred": None, "skipped": []}
        await result(page, "send", prompt="x")
        assert page.transport.asked == ["b", "b", "a"]

    run(main())


def test_a_skipped_model_is_not_asked_and_the_turn_says_so() -> None:
    async def main() -> None:
        page = Page({"a": [say("A.")], "b": [say("B.")]})
        await opened(page)
        assert await result(page, "skip", model="openai/a") == {"preferred": None, "skipped": ["openai/a"]}
        await result(page, "send", prompt="x")
        (skipped,) = [bare(event) for event in page.events("s") if event["type"] == "skipped"]
        assert skipped == {
            "type": "skipped",
            "model": "openai/a",
            "kind": "skipped",
            "code": "unknown",
            "reason": "openai/a is not asked: it was taken out of the chain.",
            "wait_ms": None,
        }
        chain = (await result(page, "chain"))["agents"]["root"]
        assert [(model["model"], model["state"]) for model in chain] == [
            ("openai/a", "skipped"), ("openai/b", "ready"), ("groq/k", "no_key"),
        ]  # fmt: skip
        await result(page, "skip", model="openai/a", skip=False)
        await result(page, "send", prompt="x")
        assert page.transport.asked == ["b", "a"]

    run(main())


def test_what_cannot_be_chosen_is_refused_and_nothing_changes() -> None:
    async def main() -> None:
        page = Page({"a": [say("A.")], "b": []})
        await opened(page)
        await result(page, "skip", model="openai/b")
        assert "last model of agent 'root'" in await refusal(page, "skip", model="openai/a")  # groq/k lacks its key
        assert "no model 'openai/z'" in await refusal(page, "skip", model="openai/z")
        assert "no model 'openai/z'" in await refusal(page, "prefer", model="openai/z")
        await result(page, "send", prompt="x")
        assert page.transport.asked == ["a"]

    run(main())


def test_the_last_word_about_a_model_counts() -> None:
    async def main() -> None:
        page = Page({})
        await opened(page)
        await result(page, "skip", model="openai/b")
        assert await result(page, "prefer", model="openai/b") == {"preferred": "openai/b", "skipped": []}
        assert await result(page, "skip", model="openai/b") == {"preferred": None, "skipped": ["openai/b"]}

    run(main())


def test_no_agent_of_a_team_loses_its_last_model() -> None:
    async def main() -> None:
        page = Page({"a": [call("handoff", '{"agent": "poet"}')], "b": [say("Rhyme.")]})
        await opened(page, TEAM)
        assert "last model of agent 'poet'" in await refusal(page, "skip", model="openai/b")
        await result(page, "prefer", model="openai/a")
        assert (await result(page, "send", prompt="x"))["model"] == "openai/b"  # the poet has no other model

    run(main())


def test_choices_apply_from_the_next_step_on() -> None:
    async def main() -> None:
        page = Page({"a": [call("think", '{"thought": "x"}')], "b": [say("B.")]})
        await opened(page, CHAIN.replace("openai/a,", "openai/a, toolsets: [{type: think}],"))
        sending = page.post("send", session="s", prompt="x")
        await page.until('"tool_call"')
        page.post("prefer", session="s", model="openai/b")
        await page.settle()
        assert page.reply(sending)["result"]["model"] == "openai/b"

    run(main())


def test_choices_are_stored_and_fit_the_file_that_is_opened() -> None:
    async def main() -> None:
        memory = Memory()
        page = Page({})
        page.worker._stored.store = Store(MemoryBackend(memory))
        await opened(page, id="mine")
        await result(page, "skip", model="openai/a")
        await result(page, "prefer", model="openai/b")
        await page.call("close", session="s")
        other = Page({})
        other.worker._stored.store = Store(MemoryBackend(memory))
        created = await result(other, "open_session", id="mine", env=ENV)
        assert created["choices"] == {"preferred": "openai/b", "skipped": ["openai/a"]}
        created = await result(other, "update", yaml="agents: {root: {model: openai/a}}")
        assert created["choices"] == {"preferred": None, "skipped": []}
        await other.call("close", session="s")

    run(main())
