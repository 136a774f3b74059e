"""Sessions on the command line that stay: made, listed, gone on with, also after a kill in the middle of a turn."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from sparewheel import headless
from sparewheel.errors import ConfigError
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.runs import ENV, KEY, Run, agent, all_end

TITLE = "title_model: demo/hello"  # not the scripted one

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes as Linux does")


def done(run: Run) -> list[dict[str, Any]]:
    """The lines of a command that ends well."""
    assert run.end() == 0, run.stderr
    return run.events


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_a_turn_that_was_killed_goes_on(engine: str, tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "kept"), "--engine", engine)
    turn = (*store, "--session", "one", "--env", "TEST_KEY")
    held = Reply(openai_chat(text=("One", " two")), silent_after=2)
    with ScriptedProvider({"m": [held, Reply(openai_chat(text="Three")), Reply(openai_chat(text="Four"))]}) as server:
        file = tmp_path / "agent.yaml"
        file.write_text(agent(server, more=TITLE))
        run = Run(tmp_path, *turn, str(file), "Count")
        run.until("delta")
        started = run.descendants()
        run.process.send_signal(signal.SIGKILL)
        assert run.end() == -signal.SIGKILL
        assert all_end(started)
        [row] = done(Run(tmp_path, *store, command="sessions"))
        assert (row["id"], row["title"], row["turns"], row["state"]) == ("one", "Count", 0, "interrupted")
        events = done(Run(tmp_path, *turn, command="resume"))
        assert (events[0]["type"], events[0]["resumed"]) == ("start", True)
        assert events[-1]["message"]["content"] == "Three"
        assert done(Run(tmp_path, *turn, "Go on"))[-1]["message"]["content"] == "Four"
        [row] = done(Run(tmp_path, *store, command="sessions"))
        assert (row["turns"], row["state"]) == (2, "idle")
        last = server.requests[-1].json
    assert [(message["role"], message["content"]) for message in last["messages"]] == [
        ("system", "Be brief."),
        ("user", "Count"),
        ("assistant", "Three"),
        ("user", "Go on"),
    ]
    files = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


async def test_from_python(tmp_path: Path) -> None:
    with ScriptedProvider({"m": [Reply(openai_chat(text="One")), Reply(openai_chat(text="Two"))]}) as server:
        async with headless.open(agent(server, more=TITLE), env=ENV, store=tmp_path / "kept", session="one") as runtime:
            await runtime.send("Count")
        async with headless.open(env=ENV, store=tmp_path / "kept", session="one") as runtime:
            assert (await runtime.send("Go on"))["message"]["content"] == "Two"
    [row] = await headless.stored_sessions(tmp_path / "kept")
    assert (row["id"], row["turns"]) == ("one", 2)


async def test_what_keeps_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="browser that keeps one"):
        async with headless.open(engine="node", store=tmp_path):
            pytest.fail("it was opened")
    with pytest.raises(ConfigError, match="only be opened in a store"):
        async with headless.open(session="one"):
            pytest.fail("it was opened")
    (tmp_path / "port").write_text("none")
    with pytest.raises(ConfigError, match="cannot be used"):
        async with headless.open(store=tmp_path):
            pytest.fail("it was opened")
