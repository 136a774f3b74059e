"""The code sandbox outside of browsers: Deno, for `open_agent` and for the Node engine."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from sparewheel import headless, open_agent
from sparewheel.headless import find_dist
from sparewheel.native import code as native_code
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOOLS = '''
def find_order(id: str) -> dict:
    """Find an order."""
    return {"id": id, "total": 20}
'''
AGENT = """
agents:
  root:
    model: m
    code_mode_tools: {mode}
    toolsets:
      - {{type: code, timeout: {timeout}, keep: {keep}}}
      {tools}
models:
  m: {{provider: openai, model: m, base_url: "{url}/v1", token_key: TEST_KEY}}
"""
ENV = {"TEST_KEY": "sk-5d41402abc4b2a76b9719d"}
CHART = "import pygal\nchart = pygal.Bar(title='Sums')\nchart.add('a', [1, 2])\nchart"


@asynccontextmanager
async def opened(engine: str, text: str, env: dict[str, str]) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        agent = (
            open_agent(text, env=env, auto_approve=True)
            if engine == "native"
            else headless.open(text, engine="node", env=env, auto_approve=True)
        )
        yield await stack.enter_async_context(agent)


both = pytest.mark.parametrize("engine", ["native", "node"])


async def turn(session: Any, prompt: Any = "Go") -> list[dict[str, Any]]:
    return [event async for event in session.stream(prompt)]


async def results(engine: str, *codes: str, **options: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """What the model is told of these runs, and all events."""
    with ScriptedProvider() as provider:
        for number, code in enumerate(codes):
            provider.script("m", Reply(openai_chat(tool_calls=[ToolCall(f"c{number}", "run_python", {"code": code})])))
        provider.script("m", Reply(openai_chat(text="Done")))
        given = {"mode": "false", "timeout": "20s", "keep": "false", "tools": "", **options}
        async with opened(engine, AGENT.format(url=provider.url, **given), ENV) as session:
            events = await turn(session)
    assert events[-1]["type"] == "finish", events[-1]
    return [each["output"] for each in events if each["type"] == "tool_result" and "." not in each["id"]], events


@both
async def test_the_example_is_answered_with_a_chart(engine: str) -> None:
    examples = find_dist() / "examples"
    data = {"name": "bicycles.csv", "text": (examples / "bicycles.csv").read_text("utf-8")}
    agent = (examples / "compute.yaml").read_text("utf-8")
    async with opened(engine, agent, {}) as session:
        events = await turn(
            session, [{"type": "file", "file": data}, {"type": "text", "text": "Which month was best?"}]
        )
    assert "2026-06 has the highest total" in events[-1]["message"]["content"]
    (chart,) = [each for each in events if each["type"] == "media"]
    assert chart["mime_type"] == "image/svg+xml"
    assert base64.b64decode(chart["data"]).lstrip().startswith(b"<")
    assert [each["output"] for each in events if each["type"] == "tool_output"] == [
        "2026-06 has the highest total: 162,360.\n"
    ]


async def test_files_charts_and_a_fresh_start() -> None:
    told, events = await results(
        "native",
        f"open('out.txt', 'w').write('kept')\nx = 1\n{CHART}",
        "print(open('out.txt').read(), 'x' in globals())",
        "import js\nprint(hasattr(js, 'Deno'), hasattr(js, 'process'))",
    )
    assert told[1:] == ["Output:\nkept False", "Output:\nFalse False"]
    media = [each for each in events if each["type"] == "media"]
    assert sorted(each["name"] for each in media) == ["out.txt", "plot 1"]


async def test_limits_end_a_run_and_the_next_one_works() -> None:
    told, _ = await results("native", "while True: pass", "b = bytearray(1 << 30)", "6 * 7", timeout="2s")
    assert "Stopped after 2 s" in told[0]
    assert "MemoryError" in told[1]
    assert "42" in told[2]


async def test_python_s_own_library_knows_time_zones() -> None:
    code = (
        "from datetime import datetime\n"
        "from zoneinfo import ZoneInfo\n"
        "print(datetime(2026, 7, 1, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset())"
    )
    (told,), _ = await results("native", code)
    assert told == "Output:\n2:00:00"


async def test_variables_are_kept() -> None:
    told, _ = await results("native", "x = 40", "x + 2", keep="true")
    assert "42" in told[1]


@both
async def test_code_mode(engine: str) -> None:
    code = "orders = await asyncio.gather(*(find_order(id=n) for n in 'ab'))\nprint(sum(o['total'] for o in orders))"
    told, events = await results(
        engine,
        f"import asyncio\n{code}",
        mode="true",
        tools=f"- {{type: python, source: {json.dumps(TOOLS)}}}",
    )
    assert told == ["Output:\n40"], events


async def test_what_cannot_be_read_ends_its_run_alone() -> None:
    call = '{"type": "call", "id": 1, "call": 1, "name": "find_order", "args": {"id": ' + "[" * 5000 + "]" * 5000 + "}}"
    hostile = f"""
import asyncio, gc
from sparewheel.sandboxed.harness import Harness
next(each for each in gc.get_objects() if isinstance(each, Harness))._post({call!r})
await asyncio.sleep(100)
"""
    tools = f"- {{type: python, source: {json.dumps(TOOLS)}}}"
    told, _ = await results("native", hostile, "6 * 7", mode="true", tools=tools)
    assert "cannot be read" in told[0]
    assert "42" in told[1]


@pytest.mark.keyless
async def test_without_deno_the_tool_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_code, "_candidates", list)
    with ScriptedProvider() as provider:
        provider.script("m", Reply(openai_chat(text="I cannot")))
        text = AGENT.format(url=provider.url, mode="false", timeout="2s", keep="false", tools="")
        async with open_agent(text, env=ENV) as session:
            events = await turn(session)
        (request,) = provider.requests
    (warning,) = [each["message"] for each in events if each["type"] == "warning"]
    assert "pip install sparewheel[code]" in warning
    assert "tools" not in json.loads(request.body)
