"""Sessions of a Python program that are kept in a folder."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

import sparewheel
from sparewheel import ConfigError, SessionStore, SparewheelError, open_agent
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.door import ENV, KEY, agent_file, asks, collect, text

if TYPE_CHECKING:
    from pathlib import Path


def test_a_session_goes_on_in_another_program(tmp_path: Path) -> None:
    async def main() -> None:
        todo = asks(("create_todo", {"description": "Buy bread"}))
        replies: list[Any] = [
            todo,
            Reply(openai_chat(text="Noted")),
            asks(("list_todos", {})),
            Reply(openai_chat(text="Bread")),
        ]
        with ScriptedProvider({"a": replies}) as server:
            file = agent_file(server, root="toolsets: [{type: todo}]")
            async with open_agent(file, env=ENV, store=tmp_path / "kept", title=" My\nlist ") as session:
                await collect(session, f"note {KEY}")
                name, before = session.id, await session.messages()
            async with SessionStore(tmp_path / "kept") as store:
                [row] = await store.list()
                assert (row["id"], row["title"], row["turns"], row["state"]) == (name, "My list", 1, "idle")
                async with open_agent(store=store, session=name, env=ENV) as again:
                    assert (again.id, again.restored) == (name, None)
                    assert await again.messages() == before
                    assert [row["state"] for row in await store.list()] == ["idle"]
                    events = await collect(again, "what?")
                    assert text(events) == "Bread"
                    assert any("Buy bread" in event["output"] for event in events if event["type"] == "tool_result")
                    await again.rename("Other")
                document = await store.export(name)
                markdown = await store.export(name, "markdown")
                assert isinstance(markdown, str) and markdown.startswith("# Other\n")
            async with SessionStore(tmp_path / "second") as store:
                row = await store.import_(json.dumps(document))
                assert (row["title"], row["turns"]) == ("Other", 2)
                await store.rename(name, "Third")
                assert [row["title"] for row in await store.list()] == ["Third"]
                await store.delete(name)
                assert await store.list() == []

    asyncio.run(main())
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(KEY.encode() in content for content in files)


def test_one_program_at_a_time_drives_a_session(tmp_path: Path) -> None:
    async def main() -> None:
        with ScriptedProvider({}) as server:
            file = agent_file(server)
            async with open_agent(file, env=ENV, store=tmp_path, session="one"):
                with pytest.raises(SparewheelError) as caught:
                    async with open_agent(file, env=ENV, store=tmp_path, session="one"):
                        pytest.fail("it is open already")
                assert caught.value.info.kind == "open_elsewhere"
            async with open_agent(env=ENV, store=tmp_path, session="one"):
                pass

    asyncio.run(main())


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    async def refused(match: str, *args: Any, **options: Any) -> None:
        with pytest.raises(ConfigError, match=match):
            async with open_agent(*args, env=ENV, **options):
                pytest.fail("it was opened")

    async def main() -> None:
        with ScriptedProvider({}) as server:
            file = agent_file(server)
            await refused("needs an agent file")
            await refused("is for sessions in a store", file, session="one")
            await refused("There is no stored session 'none'", store=tmp_path, session="none")
            await refused("must not contain a key", file, store=tmp_path, session=KEY)
            async with open_agent(file, env=ENV, store=tmp_path, session="one"):
                pass
            await refused("session and title must be str", file, store=tmp_path, session=7)
            await refused("id must have 1 to 200 characters", file, store=tmp_path, session="\ud800")
            history = [{"role": "user", "content": "hi"}]
            await refused("has a history of its own", file, store=tmp_path, session="one", history=history)

    asyncio.run(main())


def test_a_store_that_cannot_be_used_does_not_stop_a_turn(tmp_path: Path) -> None:
    (tmp_path / "sessions.sqlite3").write_bytes(b"no database " * 100)

    async def main() -> None:
        with ScriptedProvider({"a": [Reply(openai_chat(text="Fine"))]}) as server:
            async with open_agent(agent_file(server), env=ENV, store=tmp_path) as session:
                events = await collect(session)
        warnings = [event["message"] for event in events if event["type"] == "warning"]
        assert len(warnings) == 1 and "not stored" in warnings[0]
        assert text(events) == "Fine"

    asyncio.run(main())


def test_the_front_door_has_the_store() -> None:
    assert sparewheel.SessionStore is SessionStore
