"""A session gets its title beside its turns: nothing of a turn waits for it, fails with it, or counts it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from sparewheel import Event, open_agent
from sparewheel.chain.health import Health
from sparewheel.errors import ErrorInfo
from sparewheel.state.journal import Memory, MemoryBackend, Store
from sparewheel.testing import Reply, errors, openai_chat
from sparewheel.titles import INSTRUCTION
from sparewheel.transcript import fold
from tests.support.fakeloop import run
from tests.support.kept import kept
from tests.support.scripted import ENV, ScriptedTransport, collect
from tests.support.titled import ANSWER, SILENT, TITLE, opened, titled
from tests.support.workerpage import KEY, Page

if TYPE_CHECKING:
    from sparewheel.page.protocol import TitleEvent
    from sparewheel.session import Session
    from tests.support.scripted import Script


def test_the_first_answer_is_followed_by_one_short_request_for_a_title() -> None:
    titles, transport = titled({"a": [ANSWER], "t": [TITLE]})
    assert titles == ["A title"]
    body = json.loads(transport.requests[1].body)
    assert transport.asked == ["a", "t"]
    assert body["messages"][0] == {"role": "system", "content": INSTRUCTION}
    assert "Why is the sky blue?" in body["messages"][1]["content"]
    assert "Answer" in body["messages"][1]["content"]
    assert body["max_completion_tokens"] == 512
    assert "tools" not in body


@pytest.mark.parametrize(
    "replies",
    [
        [SILENT] * 3,
        [errors.openai_invalid_key()],
        [openai_chat(text="..."), openai_chat(text="")],
        [openai_chat(text="half", finish="length")],
        [openai_chat(text="half", finish=None)] * 3,
        [openai_chat(text="x" * 100_000)],
        [openai_chat(text="No.", finish="content_filter")],
        [Reply((b"<html>",))] * 3,
    ],
    ids=range(8),
)
def test_without_a_title_the_first_words_take_its_place(replies: list[Script]) -> None:
    titles, _ = titled({"a": [ANSWER], "t": [*replies, *[errors.openai_invalid_key()] * 3]})
    assert titles == ["Why is the sky blue?"]


def test_failures_are_retried_without_an_event() -> None:
    titles, transport = titled({"a": [ANSWER], "t": [errors.openai_server_error(), SILENT, TITLE]})
    assert titles == ["A title"]
    assert transport.asked == ["a", "t", "t", "t"]


@pytest.mark.parametrize("title", ["", "openai/a"])
def test_the_chain_is_asked_only_where_the_file_names_it(title: str) -> None:
    titles, transport = titled({"a": [ANSWER, TITLE]}, title=title)
    assert (titles, len(transport.requests)) == ((["A title"], 2) if title else ([], 1))


def test_failures_of_a_title_count_for_no_turn_and_an_unhealthy_model_is_not_asked() -> None:
    async def main() -> None:
        health = Health()
        limit = errors.openai_rate_limit(retry_after=40)
        transport = ScriptedTransport({"a": [ANSWER, limit, limit, ANSWER]})
        conversation, titles = opened(transport, "openai/a", health=health)
        await collect(conversation, "hi")
        await asyncio.sleep(300)
        assert titles == ["hi"]
        assert health.entries() == []
        played = await collect(conversation, "again")
        assert [event["type"] for event in played.events if event["type"] in ("skipped", "fallback", "retry")] == []
        conversation.restart()
        spec = conversation.team.agents["root"].chain[0]
        health.failed(spec, ErrorInfo("rate_limit", "Slow down."), 1000)
        before = len(transport.requests)
        conversation.titles.begin("one two", "three")
        await asyncio.sleep(1)
        assert (titles, len(transport.requests)) == (["hi", "one two"], before)

    run(main())


def test_its_tokens_count_for_the_budget_and_not_for_the_turn() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [ANSWER] * 3, "t": [TITLE]})
        conversation, titles = opened(transport, more="limits: {tokens: 100}")
        first = await collect(conversation, "hi")
        assert first.terminal["usage"]["input_tokens"] == 10
        await asyncio.sleep(1)
        assert titles == ["A title"]
        second = await collect(conversation, "again")
        assert (second.terminal["type"], second.terminal["kind"]) == ("error", "guardrail")

    run(main())


def test_a_session_whose_budget_is_used_up_asks_no_model_for_a_title() -> None:
    titles, transport = titled({"a": [ANSWER], "t": []}, more="limits: {tokens: 10}")
    assert (titles, transport.asked) == (["Why is the sky blue?"], ["a"])


@pytest.mark.parametrize("how", ["abort", "close", "restart", "give"])
def test_what_stops_it(how: str) -> None:
    async def stop(conversation: Session) -> None:
        await asyncio.sleep(1)
        if how == "close":
            await conversation.close()
        elif how == "give":
            conversation.titles.publish = None
            conversation.titles.give("Mine")
            assert conversation.titles.title == "Mine"
            conversation.titles.title = None
        else:
            getattr(conversation, how)()
        await asyncio.sleep(300)

    titles, transport = titled({"a": [ANSWER], "t": [SILENT]}, stop)
    assert (titles, transport.asked) == ([], ["a", "t"])


def test_the_next_turns_neither_wait_for_it_nor_ask_again() -> None:
    async def main() -> None:
        slow = Reply(TITLE, delay=20)
        transport = ScriptedTransport({"a": [errors.openai_invalid_request("no"), ANSWER, ANSWER, ANSWER], "t": [slow]})
        conversation, titles = opened(transport, retries=-1)
        for prompt in ("fails", "one", "two"):
            assert (await collect(conversation, prompt)).seconds == 0
        await asyncio.sleep(30)
        await collect(conversation, "three")
        await asyncio.sleep(30)
        assert titles == ["A title"]
        assert transport.asked.count("t") == 1
        assert "one" in json.loads(transport.requests[transport.asked.index("t")].body)["messages"][1]["content"]

    run(main())


def test_a_new_conversation_gets_a_new_title_and_a_given_one_stays() -> None:
    async def main() -> None:
        other = openai_chat(text="Another")
        transport = ScriptedTransport({"a": [ANSWER] * 3, "t": [TITLE, other]})
        conversation, titles = opened(transport)
        for _ in range(2):
            await collect(conversation, "hi")
            await asyncio.sleep(1)
            conversation.restart()
        assert titles == ["A title", "Another"]
        conversation.titles.give("Mine")
        await collect(conversation, "hi")
        conversation.restart()
        assert (conversation.titles.title, titles[2:]) == ("Mine", ["Mine"])

    run(main())


def test_a_title_passes_the_guardrails_and_has_no_key() -> None:
    rail = 'guardrails: [{on: output, pattern: "(?i)secret"}]'
    titles, _ = titled({"a": [ANSWER], "t": [openai_chat(text="A secret title")]}, more=rail)
    assert titles == ["Why is the sky blue?"]
    titles, _ = titled({"a": [ANSWER], "t": [openai_chat(text=f"About {ENV['OPENAI_API_KEY']} here")]})
    assert titles == ["About [redacted] here"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_session_that_outlives_the_page_gets_its_title_from_the_chain_and_the_store_keeps_it(durable: bool) -> None:
    async def main() -> None:
        store = Store(MemoryBackend(Memory(), durable=durable))
        transport = ScriptedTransport({"a": [ANSWER, TITLE, ANSWER]})
        conversation = await kept(store, transport)
        titles: list[str] = []
        conversation.titles.publish = titles.append
        await collect(conversation, "Why is the sky blue?")
        await asyncio.sleep(1)
        await conversation.close()
        [row] = await store.headers()
        assert row["title"] == ("A title" if durable else "Why is the sky blue?")
        assert titles == (["A title"] if durable else [])
        if durable:
            again = await kept(store, transport, again=True)
            assert again.titles.title == "A title"
            await collect(again, "and now?")
            await asyncio.sleep(1)
            assert transport.asked == ["a"] * 3

    run(main())


TITLED: Final = "agents: {root: {model: openai/a, title_model: openai/t}}"


def test_the_listener_of_a_page_gets_an_event_outside_of_turns() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER] * 3, "t": [openai_chat(text=f"About {KEY}"), SILENT]})
        env = {"OPENAI_API_KEY": KEY}
        for name, more in (("s", {}), ("given", {"title": "Mine"})):
            assert "result" in await page.call("create_session", session=name, yaml=TITLED, env=env, **more)
            await page.call("send", session=name, prompt="hi")
        notices = [message for message in map(json.loads, page.said) if message["type"] == "notice"]
        event = {"type": "title", "turn": None, "seq": None, "title": "About [redacted]"}
        assert notices == [{"type": "notice", "session": "s", "event": event}]
        prompt = [{"role": "user", "content": "hi"}]
        await page.call("chat", session="c", yaml=TITLED, env=env, messages=prompt)
        assert page.transport.asked == ["a", "t", "a", "a"]
        refused = await page.call("chat", session="d", yaml=TITLED, env=env, messages=prompt, title="Mine")
        assert refused["error"]["message"] == "options.title is for createSession: chat keeps no session"

    run(main())


async def test_a_program_gets_the_title() -> None:
    heard = asyncio.Event()
    seen: list[Any] = []

    def listen(event: Event | TitleEvent) -> None:
        seen.append(event)
        if event["type"] == "title":
            heard.set()

    file = "agents:\n  root: {model: demo/hello, title_model: demo/hello}\n"
    async with open_agent(file, on_event=listen) as conversation:
        await conversation.send("Why is the **sky** blue?")
        assert conversation.title is None
        await heard.wait()
        assert conversation.title == "Demo: Why is the sky blue?"
    assert [event["type"] for event in seen][-2:] == ["finish", "title"]
    assert fold(seen)["status"] == "finished"
    async with open_agent(file, title="Mine") as conversation:
        assert conversation.title == "Mine"
