"""Branches: another session with the conversation before a turn. The first one stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.testing import errors, openai_chat
from tests.support.fakeloop import run
from tests.support.workerpage import ANSWER, KEY, YAML, Page, refusal, result

ENV = {"OPENAI_API_KEY": KEY}
TEAM = """
agents:
  root: {model: openai/a, handoffs: [other]}
  other: {model: openai/a}
"""


async def three_turns(page: Page) -> list[str]:
    """The ids of three turns of a session."""
    await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
    for prompt in ("one", "two", "three"):
        await result(page, "send", session="s", prompt=prompt)
    return [event["turn"] for event in page.events("s") if event["type"] == "start"]


async def said(page: Page, session: str) -> list[str]:
    return [message["content"] for message in await result(page, "messages", session=session)]


def texts(*words: str) -> dict[str, list[Any]]:
    return {"a": [openai_chat(text=word) for word in words]}


@pytest.mark.parametrize(
    ("before", "left", "title"),
    [(0, [], ""), (1, ["one", "A"], "one (branch)"), (2, ["one", "A", "two", "B"], "one (branch)")],
)
def test_a_branch_has_the_conversation_before_the_turn(before: int, left: list[str], title: str) -> None:
    async def main() -> None:
        page = Page(texts("A", "B", "C", "D", "E"))
        turns = await three_turns(page)
        row = await result(page, "fork_session", id="mine", turn=turns[before])
        assert (row["title"], row["turns"], row["state"]) == (title, len(left) // 2, "idle")
        opened = await result(page, "open_session", session="b", id=row["id"], env=ENV)
        assert (opened["messages"], await said(page, "b")) == (len(left), left)
        await result(page, "send", session="b", prompt="else")
        assert await said(page, "b") == [*left, "else", "D"]
        sent = json.loads(page.transport.requests[-1].body)["messages"]
        assert [message["content"] for message in sent] == [*left, "else"]
        await result(page, "send", session="s", prompt="four")
        assert await said(page, "s") == ["one", "A", "two", "B", "three", "C", "four", "E"]
        titles = {row["id"]: row["title"] for row in await result(page, "list_sessions")}
        assert titles == {"mine": "one", row["id"]: title or "else"}

    run(main())


def test_turns_of_a_branch_can_be_branched_off_again_and_it_names_where_it_comes_from() -> None:
    async def main() -> None:
        page = Page(texts("A", "B", "C"))
        turns = await three_turns(page)
        first = await result(page, "fork_session", id="mine", turn=turns[2])
        second = await result(page, "fork_session", id=first["id"], turn=turns[1])
        assert second["title"] == "one (branch)"
        document = await result(page, "export_session", id=second["id"])
        origin = next(each["value"] for each in document["records"] if each.get("key") == "origin")
        assert origin == {"agent": "root", "session": first["id"], "turn": turns[1]}
        other = Page({})
        again = await result(other, "import_session", document=json.dumps(document))
        assert (await result(other, "export_session", id=again["id"]))["records"] == document["records"]

    run(main())


def test_without_a_turn_a_branch_has_the_whole_conversation_and_its_own_title() -> None:
    async def main() -> None:
        page = Page(texts("A", "B", "C"))
        await three_turns(page)
        row = await result(page, "fork_session", id="mine", title=" My\nbranch ")
        await result(page, "close", session="s")
        await result(page, "open_session", session="b", id=row["id"], env=ENV)
        assert (row["title"], len(await said(page, "b"))) == ("My branch", 6)

    run(main())


def test_a_turn_that_failed_or_runs_can_be_branched_off() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER, errors.openai_server_error(), ANSWER], "b": [errors.openai_server_error()]})
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        await result(page, "send", session="s", prompt="one")
        assert (await refusal(page, "send", session="s", prompt="two"))[0] == "server_error"
        failed = page.events("s")[-1]["turn"]
        row = await result(page, "fork_session", id="mine", turn=failed)
        assert row["turns"] == 1
        sending = page.post("send", session="s", prompt="three")
        await page.until('"start"', 3)
        running = page.events("s")[-1]["turn"]
        row = await result(page, "fork_session", id="mine", turn=running)
        assert (row["turns"], row["state"]) == (1, "idle")
        assert "error" not in page.reply(sending)

    run(main())


def test_approvals_and_keys_do_not_come_along_and_the_agent_of_the_turn_answers() -> None:
    async def main() -> None:
        page = Page(texts("A", "B"))
        await result(page, "create_session", session="s", yaml=TEAM, env=ENV, id="mine", agentName="other")
        await result(page, "send", session="s", prompt=f"my key is {KEY}")
        [turn] = [event["turn"] for event in page.events("s") if event["type"] == "start"]
        row = await result(page, "fork_session", id="mine", turn=turn)
        document = await result(page, "export_session", id=row["id"])
        facts = {each["key"]: each["value"] for each in document["records"] if each["type"] == "session"}
        assert (facts["state"], KEY in json.dumps(document)) == ({"agent": "other"}, False)
        await result(page, "open_session", session="b", id=row["id"], env=ENV)
        await result(page, "send", session="b", prompt="again")
        assert page.events("b")[0]["agent"] == "other"

    run(main())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"id": "none"}, "There is no stored session 'none'."),
        ({"id": "mine", "turn": "none"}, "There is no turn 'none' in this session."),
        ({"id": "mine", "turn": "x" * 10_000}, "There is no turn"),
        ({"id": "mine", "turn": 7}, "turn: must be text"),
        ({}, "id is missing"),
    ],
)
def test_what_cannot_be_branched_off_is_refused(params: dict[str, Any], message: str) -> None:
    async def main() -> None:
        page = Page(texts("A"))
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        kind, said = await refusal(page, "fork_session", **params)
        assert (kind, message in said, len(said) < 400) == ("config", True, True)

    run(main())
