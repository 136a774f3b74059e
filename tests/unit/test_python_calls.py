"""Python tools: what comes of a call."""

from __future__ import annotations

import asyncio

import pytest

from sparewheel.redaction.redact import redact
from tests.support.pythontools import KEY, Context, Open, answer, one, problem

ASYNC = "This engine has no JSPI: a function that waits for a coroutine must be an `async def`."
NAME_IT = "Packages are named in the toolset's `packages`."
COLON = "Expecting ':' delimiter: line 1 column 6 (char 5)"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'plain \"text\"'", 'plain "text"'),
        ("''", ""),
        ("None", "null"),
        ("True", "true"),
        ("[1, 2.5, 'x']", '[1,2.5,"x"]'),
        ("{'a': (1, 2), 'b': {3}}", '{"a":[1,2],"b":[3]}'),
        ("float('nan')", '"NaN"'),
        ("date(2026, 1, 2)", '"2026-01-02"'),
        ("Point(1)", '{"x":1}'),
        ("Model(y=2)", '{"y":2}'),
        ("array('d', [1.0])", "[1.0]"),
        ("'Gr\u00fc\u00dfe'", "Gr\u00fc\u00dfe"),
    ],
)
async def test_results_are_text_or_json(expression: str, text: str, opened: Open) -> None:
    source = f"""
from array import array
from dataclasses import dataclass
from datetime import date
from pydantic import BaseModel
from sparewheel.tools import tool

@dataclass
class Point:
    x: int

class Model(BaseModel):
    y: int

@tool
def f(): return {expression}
"""
    assert await answer(opened(source)) == text


async def test_a_result_that_json_cannot_say_is_an_error(opened: Open) -> None:
    said = await problem(opened("def f(): return [object()]\n"))
    assert said.startswith("f returned a list that cannot be written as JSON: ")
    loop = await problem(opened("def f():\n    x = []\n    x.append(x)\n    return x\n"))
    assert loop.startswith("f returned a list that cannot be written as JSON: ")


# Failures


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no such city')", "ValueError: no such city (tools.py, line 4: HERE)"),
        ("return {}['key']", "KeyError: 'key' (tools.py, line 4: HERE)"),
        ("assert city", "AssertionError (tools.py, line 4: HERE)"),
        ("json.loads('{\"a\" 1')", f"JSONDecodeError: {COLON} (tools.py, line 4: HERE)"),
        ("exit_now()", "SystemExit: 3 (tools.py, line 6: def exit_now(): raise SystemExit(3))"),
        ("import nothing", f"ModuleNotFoundError: No module named 'nothing' (tools.py, line 4: HERE). {NAME_IT}"),
        ("raise OSError('Cannot stack switch')", f"OSError: Cannot stack switch (tools.py, line 4: HERE). {ASYNC}"),
        ("raise ToolError('try Bonn')", "try Bonn"),
        (f"raise ValueError('it is {KEY}')", "ValueError: it is [redacted] (tools.py, line 4: HERE)"),
        ("raise ValueError('x.test/?key=abcd')", "ValueError: x.test/?key=[redacted] (tools.py, line 4: HERE)"),
        ("raise Odd", "Odd: (it cannot be printed) (tools.py, line 4: HERE)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_an_exception_is_told_with_its_line_and_nothing_of_the_host(
    kind: str, body: str, said: str, opened: Open
) -> None:
    line = f'{kind} f(city: str = ""): {body}'
    source = f"""import json
from sparewheel.tools import ToolError, tool
@tool
{line}

def exit_now(): raise SystemExit(3)
class Odd(Exception):
    def __str__(self): raise KeyError
"""
    assert await problem(opened(source)) == said.replace("HERE", redact(line, [KEY]))


async def test_recursion_without_end_is_an_error(opened: Open) -> None:
    said = await problem(opened("def f(): return f()\n"))
    assert said.startswith("RecursionError: maximum recursion depth exceeded")
    assert said.endswith(" (tools.py, line 1: def f(): return f())")


async def test_a_message_of_any_length_is_cut(opened: Open) -> None:
    said = await problem(opened("def f(): raise ValueError('x' * 10**6)\n"))
    assert len(said) < 2300


# Stopping


async def test_an_async_function_is_cancelled(opened: Open) -> None:
    found = await one(
        opened("""
import asyncio
started, ended = asyncio.Event(), []
async def f():
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(True)
""")
    )
    globals_ = found.call.__closure__  # the user's function is in there
    [function] = [cell.cell_contents for cell in globals_ or () if getattr(cell.cell_contents, "__name__", "") == "f"]
    task = asyncio.ensure_future(found.call({}, Context()))
    await function.__globals__["started"].wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert function.__globals__["ended"] == [True]


async def test_a_task_that_the_function_itself_cancelled_is_an_error(opened: Open) -> None:
    toolset = opened("""
import asyncio
async def f():
    task = asyncio.ensure_future(asyncio.sleep(3600))
    task.cancel()
    await task
""")
    assert await problem(toolset) == "CancelledError (tools.py, line 6: await task)"
