"""A Python program is killed in the middle of a turn; another one goes on with it."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

import sparewheel
from sparewheel import SessionStore, open_agent
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.door import ENV, agent_file, asks, collect, text

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

PROGRAM = """
import asyncio, os, signal, sys
import sparewheel

folder, dies = sys.argv[1], sys.argv[2] == "dies"

@sparewheel.tool
def note(word: str, context: sparewheel.ToolContext) -> str:
    "Writes a word down."
    with open(f"{folder}/notes", "a") as notes:
        notes.write(f"{word} {context.idempotency_key}\\n")
    if dies and word == "two":
        os.kill(os.getpid(), signal.SIGKILL)
    return f"noted {word}"

async def main():
    file = open(f"{folder}/agent.yaml").read()
    async with sparewheel.open_agent(
        file, env={"TEST_KEY": sys.argv[3]}, store=f"{folder}/kept", session="one", tools=[note], auto_approve=True
    ) as session:
        async for event in session.stream("note it"):
            pass

asyncio.run(main())
"""


@pytest.mark.parametrize(("decision", "notes"), [("again", 3), ("skip", 2)])
def test_a_program_goes_on_where_another_one_was_killed(tmp_path: Path, decision: Any, notes: int) -> None:
    @sparewheel.tool
    def note(word: str, context: sparewheel.ToolContext) -> str:
        """Writes a word down."""
        with (tmp_path / "notes").open("a") as file:
            file.write(f"{word} {context.idempotency_key}\n")
        return f"noted {word}"

    async def main() -> None:
        one, two = asks(("note", {"word": "one"})), asks(("note", {"word": "two"}))
        with ScriptedProvider({"a": [one, two, Reply(openai_chat(text="Done"))]}) as server:
            (tmp_path / "agent.yaml").write_text(agent_file(server))
            program = await asyncio.create_subprocess_exec(
                sys.executable, "-c", PROGRAM, str(tmp_path), "dies", next(iter(ENV.values()))
            )
            assert await program.wait() == -signal.SIGKILL
            async with SessionStore(tmp_path / "kept") as store:
                assert [row["state"] for row in await store.list()] == ["interrupted"]
                options: Any = {"env": ENV, "store": store, "session": "one", "tools": [note], "auto_approve": True}
                async with open_agent(interactive=False, **options) as session:
                    assert session.restored is not None
                    assert session.restored["state"] == "in_doubt"
                    failed: list[Any] = [event async for event in session.resume()]
                    [doubt] = [event for event in failed if event["type"] == "in_doubt"]
                    assert (failed[-1]["type"], failed[-1]["kind"]) == ("error", "in_doubt")
                    await session.resolve(doubt["id"], decision)
                    events = [event async for event in session.resume()]
                    assert text(events) == "Done"
                assert [row["state"] for row in await store.list()] == ["idle"]
            assert len(server.requests) == 3

    asyncio.run(main())
    written = (tmp_path / "notes").read_text().split("\n")[:-1]
    assert len(written) == notes
    assert len(set(written)) == 2


def test_the_last_turn_of_this_program_goes_on_after_it_failed(tmp_path: Path) -> None:
    async def main() -> None:
        with ScriptedProvider({"a": [*[Reply.json(500, {})] * 2, Reply(openai_chat(text="Done"))]}) as server:
            async with open_agent(agent_file(server), env=ENV) as session:
                assert (await collect(session, "hi"))[-1]["type"] == "error"
                assert text([event async for event in session.resume()]) == "Done"
                with pytest.raises(sparewheel.ConfigError, match="no turn to resume"):
                    await anext(session.resume())

    asyncio.run(main())
