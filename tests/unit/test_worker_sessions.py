"""Commands about stored sessions, as a page sends them."""

from __future__ import annotations

import asyncio
import json

from sparewheel.state.journal import Memory, Store
from sparewheel.testing import Reply, openai_chat
from tests.support.agentic import call as tool_call
from tests.support.fakeloop import run
from tests.support.kept import Watched, survivor
from tests.support.workerpage import ANSWER, ENV, KEY, YAML, Page, on, refusal, refused_elsewhere, result


def test_a_session_is_listed_opened_renamed_exported_imported_and_deleted() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER, openai_chat(text="Again")]})
        created = await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        assert (created["id"], created["title"], created["messages"]) == ("mine", "", 0)
        await result(page, "send", session="s", prompt=f"What is  {KEY}\nabout?")
        await result(page, "create_session", session="t", yaml=YAML, env=ENV, title="Other")
        rows = await result(page, "list_sessions")
        assert [(row["title"], row["turns"], row["state"], row["agent"]) for row in rows] == [
            ("Other", 0, "idle", "root"),
            ("What is [redacted]", 1, "idle", "root"),
        ]
        assert len(await result(page, "messages", session="s")) == 2
        await result(page, "rename_session", id="mine", title=" Open\nnow")
        notice = next(message for message in map(json.loads, page.said) if message["type"] == "notice")
        assert (notice["session"], notice["event"]["title"]) == ("s", "Open now")
        await result(page, "close", session="s")
        await result(page, "rename_session", id="mine", title=" Now\nclosed ")
        row = next(row for row in await result(page, "list_sessions") if row["id"] == "mine")
        assert row["title"] == "Now closed"

        document = await result(page, "export_session", id="mine")
        assert KEY not in json.dumps(document)
        markdown = await result(page, "export_session", id="mine", format="markdown")
        assert markdown.startswith("# Now closed\n\n## User\n\nWhat is")
        assert markdown.endswith("## Assistant\n\nAnswer\n")

        other = Page({"a": [openai_chat(text="Again")]})
        imported = await result(other, "import_session", document=json.dumps(document))
        assert (imported["id"], imported["title"], imported["turns"]) == ("mine", "Now closed", 1)
        twice = await result(other, "import_session", document=document)
        assert twice["id"] != "mine"
        opened = await result(other, "open_session", session="x", id="mine", env=ENV)
        assert (opened["id"], opened["title"], opened["messages"]) == ("mine", "Now closed", 2)
        assert "restored" not in opened
        await result(other, "send", session="x", prompt="more")
        assert [each["content"] for each in await result(other, "messages", session="x")][2:] == ["more", "Again"]
        await result(other, "delete_session", id="mine")
        await result(other, "delete_session", id="mine")
        assert [row["id"] for row in await result(other, "list_sessions")] == [twice["id"]]
        assert await refusal(other, "send", session="x", prompt="x") == ("config", "session is closed")

    run(main())


def test_what_is_not_there_or_taken_is_refused() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        missing = ("config", "There is no stored session 'none'.")
        assert await refusal(page, "open_session", session="x", id="none", env=ENV) == missing
        assert await refusal(page, "rename_session", id="none", title="x") == missing
        assert await refusal(page, "export_session", id="none") == missing
        taken = await refusal(page, "create_session", session="t", yaml=YAML, env=ENV, id="mine")
        assert taken == ("config", "There is a session 'mine' already.")
        opened = await refusal(page, "open_session", session="x", id="mine", env=ENV)
        assert opened == ("config", "The session is open already.")
        await result(page, "close", session="s")
        taken = await refusal(page, "create_session", session="t", yaml=YAML, env=ENV, id="mine")
        assert taken == ("config", "There is a stored session 'mine' already.")
        kind, _ = await refusal(page, "open_session", session="x", id="mine", agentName="none")
        assert kind == "config"
        await result(page, "open_session", session="x", id="mine", env=ENV)
        kind, _ = await refusal(page, "create_session", session="k", yaml=YAML, env=ENV, id=KEY)
        assert kind == "config"

    run(main())


def test_a_session_of_another_tab_is_open_elsewhere() -> None:
    async def main() -> None:
        memory = Memory()
        first, second = on(Store(Watched(memory)), ANSWER), on(Store(Watched(memory)))
        await result(first, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        await result(first, "list_sessions")  # which writes what is queued
        assert [row["state"] for row in await result(second, "list_sessions")] == ["open_elsewhere"]
        await refused_elsewhere(second, "rename_session", id="mine", title="x")
        await refused_elsewhere(second, "delete_session", id="mine")
        opened = await result(second, "open_session", session="x", id="mine", env=ENV)
        assert opened["read_only"] is True
        await refused_elsewhere(second, "rename_session", id="mine", title="x")
        await refused_elsewhere(second, "delete_session", id="mine")
        await refused_elsewhere(second, "send", session="x", prompt="x")
        await refused_elsewhere(second, "restart", session="x")
        await result(second, "close", session="x")
        await result(second, "export_session", id="mine")
        await result(first, "close", session="s")
        assert "read_only" not in await result(second, "open_session", session="x", id="mine", env=ENV)

    run(main())


def test_an_interrupted_turn_is_told_when_its_session_is_opened() -> None:
    async def main() -> None:
        memory = Memory()
        page = on(Store(Watched(memory)), ANSWER)
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        left = Memory()

        def keep(text: str) -> None:
            if '"delta"' in text:
                page.worker._open["s"].session._state.log.write()  # type: ignore[union-attr]  # the turn runs
            if '"finish"' in text and not left.headers:
                left.records, left.headers = survivor(memory).records, survivor(memory).headers
            hear(text)

        hear, page.worker._send = page._hear, keep
        await result(page, "send", session="s", prompt="hi")
        records = left.records["mine"]
        last = max(seq for seq, text in records.items() if '"type":"end"' in text)
        left.records["mine"] = {seq: text for seq, text in records.items() if seq < last and '"step"' not in text}
        left.headers["mine"] = left.headers["mine"].replace('"idle"', '"running"')
        again = on(Store(Watched(left)))
        opened = await result(again, "open_session", session="x", id="mine", env=ENV)
        interrupted = opened["restored"].pop("interrupted")
        assert interrupted == page.events("s")[0]["turn"]
        assert opened["restored"] == {
            **{"type": "restored", "turn": None, "seq": None},
            **{"partial": "Answer", "state": "interrupted"},
        }

    run(main())


def test_a_turn_that_was_interrupted_before_any_answer_is_exported_with_its_prompt() -> None:
    async def main() -> None:
        memory = Memory()
        page = on(Store(Watched(memory)), ANSWER)
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        await result(page, "send", session="s", prompt="hi")
        records = survivor(memory).records["mine"]
        left = Memory()
        begun = ('"type":"session"', '"type":"prompt"')
        left.records["mine"] = {n: text for n, text in records.items() if any(kind in text for kind in begun)}
        left.headers["mine"] = memory.headers["mine"].replace('"idle"', '"running"')
        document = await result(on(Store(Watched(left))), "export_session", id="mine")
        [turn] = [record for record in document["records"] if record["type"] == "end"]
        assert (turn["outcome"], turn["kept"]) == ("interrupted", False)
        assert turn["messages"] == [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]
        other = on(Store(Watched(Memory())))
        await result(other, "import_session", document=document)
        assert (await result(other, "export_session", id="mine"))["records"] == document["records"]
        assert (await result(other, "open_session", session="x", id="mine", env=ENV))["messages"] == 0

    run(main())


TOOL = {"write": {"description": "Writes.", "parameters": {"type": "object"}}}


def test_a_call_of_the_page_that_was_interrupted_is_decided_and_its_turn_goes_on() -> None:
    """The worker dies while the page runs the call. The key that the page gets is the same again."""

    async def main() -> None:
        memory = Memory()
        page = on(Store(Watched(memory)), tool_call("write"))
        options = {"yaml": YAML, "env": ENV, "tools": TOOL, "autoApprove": True}
        await result(page, "create_session", session="s", id="mine", **options)
        page.post("send", session="s", prompt="hi")
        await page.until('"what":"tool"')
        left = survivor(memory)
        page.post("abort")
        await page.settle()

        again = on(Store(Watched(left)), openai_chat(text="Done"))
        assert [row["state"] for row in await result(again, "list_sessions")] == ["interrupted"]
        opened = await result(again, "open_session", session="x", id="mine", env=ENV, tools=TOOL, autoApprove=True)
        assert opened["restored"]["state"] == "in_doubt"
        assert await refusal(again, "resume", session="x") == (
            "in_doubt",
            "The call of write was interrupted, and it is not known whether it has had its effect.",
        )
        assert [row["state"] for row in await result(again, "list_sessions")] == ["in_doubt"]
        unknown = await refusal(again, "resolve", session="x", id="c9", decision="skip")
        assert unknown == ("config", "no such call is in doubt")
        assert (await refusal(again, "resolve", session="x", id="c1", decision="maybe"))[0] == "config"
        await result(again, "resolve", session="x", id="c1", decision="again")
        again.post("resume", session="x")
        await again.until('"what":"tool"')
        first, second = (
            next(said["input"] for said in map(json.loads, each.said) if said.get("what") == "tool")
            for each in (page, again)
        )
        assert first["idempotency_key"] == second["idempotency_key"]
        again.piece(1, value="written", done=True)
        await again.settle()
        assert again.events("x")[-1]["message"]["content"] == "Done"
        assert [row["state"] for row in await result(again, "list_sessions")] == ["idle"]
        assert await refusal(again, "resume", session="x") == ("config", "there is no turn to resume")

    run(main())


def test_without_indexeddb_sessions_stay_in_memory_and_each_gets_a_warning() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await result(page, "use_store", kind="indexeddb")
        await page.open()
        await result(page, "send", session="s", prompt="hi")
        [warning] = [event for event in page.events("s") if event["type"] == "warning"]
        assert "not stored" in warning["message"] and "IndexedDB" in warning["message"]
        assert page.events("s")[-1]["type"] == "finish"

    run(main())


def test_a_page_that_goes_away_has_everything_written_that_was_shown() -> None:
    async def main() -> None:
        memory = Memory()
        page = on(Store(Watched(memory)), Reply(openai_chat(text=["One ", "two"]), every=20))
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, id="mine")
        page.post("send", session="s", prompt="Hello")
        await page.until('"One "')
        page.post("flush")
        await asyncio.sleep(0.01)
        assert any('"content":"One "' in text for text in memory.records["mine"].values())
        await result(page, "close", session="s")

    run(main())


def test_a_file_that_spells_out_a_key_is_not_stored() -> None:
    async def main() -> None:
        memory = Memory()
        page = on(Store(backend := Watched(memory)), ANSWER, ANSWER)
        key = "sk-proj-0123456789abcdefABCDEF"
        file = YAML.replace("base_url:", f'headers: {{X-Key: "{key}"}}, base_url:')
        await result(page, "create_session", session="s", yaml=file, env=ENV, id="mine")
        await result(page, "send", session="s", prompt="hi")
        await result(page, "close", session="s")
        assert not any(key in text for text in backend.texts)
        refused = await refusal(page, "open_session", session="x", id="mine", env=ENV)
        assert refused == ("config", "The agent file of this session is not stored.")
        await result(page, "open_session", session="x", id="mine", env=ENV, yaml=YAML)
        await result(page, "close", session="x")
        await result(page, "open_session", session="x", id="mine", env=ENV)  # the new one is

    run(main())


def test_half_a_surrogate_pair_is_no_obstacle() -> None:
    async def main() -> None:
        page = on(Store(Watched()), ANSWER)
        half = "a \ud83d b"
        await result(page, "create_session", session="s", yaml=YAML, env=ENV, title=half)
        await result(page, "send", session="s", prompt=half)
        [row] = await result(page, "list_sessions")
        assert (row["title"], row["turns"]) == ("a \ufffd b", 1)

    run(main())


def test_of_two_commands_for_one_session_one_gets_it() -> None:
    async def main() -> None:
        page = Page({})
        numbers = [page.post("create_session", session=name, yaml=YAML, env=ENV, id="mine") for name in "ab"]
        await page.settle()
        assert sorted("error" in page.reply(number) for number in numbers) == [False, True]
        await result(page, "close", session="a" if "a" in page.worker._open else "b")
        numbers = [page.post("open_session", session=name, env=ENV, id="mine") for name in "cd"]
        await page.settle()
        assert len([name for name in "cd" if name in page.worker._open]) >= 1
        drivers = [opened for opened in page.worker._open.values() if opened.driver and not opened.driver.following]
        assert len(drivers) == 1

    run(main())
