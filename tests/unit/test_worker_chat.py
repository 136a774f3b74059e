"""The command `chat`, many times at once: what each one costs, and what they do not share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.config.resolved import resolve_team
from sparewheel.testing import Reply, Usage, dropped, openai_chat
from sparewheel.worker import factory
from tests.support.fakeloop import run
from tests.support.workerpage import KEY, YAML, Page

USER = [{"role": "user", "content": "hi"}]
LATER = Reply(openai_chat(text="Answer", usage=Usage(12, 5)), delay=1)


def chat(page: Page, name: str, **options: Any) -> int:
    return page.post(
        "chat", **{"session": name, "yaml": YAML, "env": {"OPENAI_API_KEY": KEY}, "messages": USER} | options
    )


def test_a_page_can_have_the_outcome_only() -> None:
    async def main() -> None:
        page = Page({"a": [dropped()], "b": [LATER]})
        reply = await page.call(
            "chat", session="c", yaml=YAML, env={"OPENAI_API_KEY": KEY}, messages=USER, events="outcome"
        )
        assert reply["result"]["message"]["content"] == "Answer"
        assert len([text for text in page.said if '"type":"events"' in text]) == 1
        assert [event["type"] for event in page.events("c")] == ["usage", "finish"]

    run(main())


def test_an_outcome_that_is_an_error_or_an_abort_comes_too() -> None:
    async def main() -> None:
        page = Page({"a": [dropped()], "b": [dropped()]})
        failed = await page.call(
            "chat", session="c", yaml=YAML, env={"OPENAI_API_KEY": KEY}, messages=USER, events="outcome"
        )
        assert failed["error"]["kind"] == "network_or_cors"
        assert [event["type"] for event in page.events("c")] == ["error"]
        page = Page({"a": [LATER]})
        number = chat(page, "d", events="outcome")
        await asyncio.sleep(0.5)  # of the fake clock: the request is under way
        await page.call("abort", session="d")
        assert page.reply(number)["error"]["kind"] == "aborted"
        assert [event["type"] for event in page.events("d")] == ["aborted"]

    run(main())


def test_questions_need_all_events() -> None:
    async def main() -> None:
        page = Page({})
        options = {"yaml": YAML, "env": {"OPENAI_API_KEY": KEY}, "messages": USER}
        reply = await page.call("chat", session="c", **options, events="outcome", interactive=True)
        assert reply["error"]["message"] == "chat: interactive needs all events: questions are events"

    run(main())


def test_chats_at_once_resolve_their_file_once_but_have_their_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []

    def counted(file: Any, name: Any, env: dict[str, str], *rest: Any, **options: Any) -> Any:
        resolved.append(env["OPENAI_API_KEY"])
        return resolve_team(file, name, env, *rest, **options)

    monkeypatch.setattr(factory, "resolve_team", counted)

    async def main() -> None:
        page = Page({"a": [LATER] * 5})
        for number, key in enumerate(["sk-one-0123456789abc", "sk-one-0123456789abc", "sk-two-0123456789abc"]):
            chat(page, f"c{number}", env={"OPENAI_API_KEY": key})
        await page.settle()
        sent = [request.headers["authorization"] for request in page.transport.requests]
        assert sent == [f"Bearer sk-{name}-0123456789abc" for name in ("one", "one", "two")]
        assert resolved == ["sk-one-0123456789abc", "sk-two-0123456789abc"]

    run(main())
