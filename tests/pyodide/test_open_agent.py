"""The front door inside Pyodide: the same names, over the bridge, without what only CPython has."""

from __future__ import annotations

from typing import Any

from pytest_pyodide import run_in_pyodide

from sparewheel.testing import Reply, ScriptedProvider, errors, openai_chat
from tests.support.door import ENV, agent_file


@run_in_pyodide
async def ask(selenium_python, file, env):  # type: ignore[no-untyped-def]
    import sys

    import sparewheel

    transcript = sparewheel.Transcript()
    async with sparewheel.open_agent(file, env=env) as session:
        async for event in session.stream("hi"):
            transcript.push(event)
    return transcript.message["content"], transcript.snapshot()["status"], "httpx" in sys.modules


def test_a_turn_in_pyodide(selenium_python: Any) -> None:
    with ScriptedProvider() as server:
        server.script("a", errors.openai_server_error(), Reply(openai_chat(text=["Hel", "lo"])))
        assert list(ask(selenium_python, agent_file(server), ENV)) == ["Hello", "finished", False]
