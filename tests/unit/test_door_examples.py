"""The examples in the docstrings of the front door, run as they stand there."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import textwrap
from pathlib import Path
from typing import Any

import pytest

import sparewheel
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.door import KEY

EXAMPLES = {
    "sparewheel": sparewheel.__doc__,
    "open_agent": sparewheel.open_agent.__doc__,
    "AgentSession.stream": sparewheel.AgentSession.stream.__doc__,
    "Transcript": sparewheel.Transcript.__doc__,
    "tool": sparewheel.tool.__doc__,
}


def example(docstring: str | None) -> str:
    """The first indented block of a docstring."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    "))
    end = next((n for n in range(start, len(lines)) if lines[n] and not lines[n].startswith("    ")), len(lines))
    return textwrap.dedent("\n".join(lines[start:end]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Top-level `await`, `async with` and `async for` are wrapped into a program."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    source = example(EXAMPLES[name])
    with ScriptedProvider() as server:
        server.default(Reply(openai_chat(text="Because.")))
        agent = f"""
agents: {{root: {{model: mine/a}}}}
providers: {{mine: {{base_url: "{server.url}/v1", token_key: OPENAI_API_KEY}}}}
"""
        Path("agent.yaml").write_text(agent, encoding="utf-8")
        run_example(source)
        assert len(server.requests) == (name != "tool")
    if name != "tool":
        assert "Because." in capsys.readouterr().out


def run_example(source: str) -> None:
    given: dict[str, Any] = {
        "open_agent": sparewheel.open_agent,
        "Transcript": sparewheel.Transcript,
        "tool": sparewheel.tool,
        "os": os,
        "show": print,
    }
    if "asyncio.run(" in source:
        exec(compile(source, "example", "exec"), given)
        return

    async def with_session(code: Any) -> None:
        async with sparewheel.open_agent("agent.yaml", env={"OPENAI_API_KEY": KEY}) as session:
            given["session"] = session
            made = eval(code, given)
            if inspect.isawaitable(made):
                await made

    asyncio.run(with_session(compile(source, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)))
