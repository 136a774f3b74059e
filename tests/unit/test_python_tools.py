"""Python tools: from a source to tools."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolError
from tests.support.pythontools import Open, answer, one, problem


async def test_a_function_becomes_a_tool(opened: Open) -> None:
    found = await one(
        opened('''
from typing import Annotated, Literal
from pydantic import Field

def weather(city: str, days: Annotated[int, Field(ge=1, le=7)] = 3, unit: Literal["C", "F"] = "C",
            note: str | None = None) -> str:
    """Tell the weather
    of a city.

    Asks nobody.

    Args:
        city: Which city,
            in English.
        days (int): How many days.

    Returns:
        city: this is not an argument.
    """
    return city
''')
    )
    assert found.spec.name == "weather"
    assert found.spec.description == "Tell the weather of a city."
    assert found.spec.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Which city, in English."},
            "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 3, "description": "How many days."},
            "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["city"],
        "additionalProperties": False,
    }
    assert (found.read_only, found.exclusive, found.timeout) == (False, False, 120.0)


GOOGLE = """
    Args:
        a (str, optional): First
            of two.
        b: Second: the other.

    Raises:
        ValueError: never.
"""
NUMPY = """
    Parameters
    ----------
    a : str, optional
        First
        of two.
    b
        Second: the other.

    Returns
    -------
    c : int
        None of these.
"""
SPHINX = """
    :param str a: First
        of two.
    :param b: Second: the other.
    :returns: nothing.
"""


@pytest.mark.parametrize("style", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
@pytest.mark.parametrize("blank", ["\n", ""], ids=["apart", "together"])
async def test_arguments_are_described_in_any_style(style: str, blank: str, opened: Open) -> None:
    if style is NUMPY and not blank:
        style = "\n" + style  # numpy's own rule
    found = await one(opened(f'def f(a: str = "", b: str = ""):\n    """Do it.{blank}{style}    """\n'))
    properties = found.spec.parameters["properties"]
    assert {name: each["description"] for name, each in properties.items()} == {
        "a": "First of two.",
        "b": "Second: the other.",
    }
    assert found.spec.description == "Do it."


async def test_what_stands_beside_the_type_wins_over_the_docstring(opened: Open) -> None:
    found = await one(
        opened('''
from typing import Annotated
from pydantic import Field
from typing_extensions import Doc

def f(a: Annotated[int, "one"], b: Annotated[int, Doc("two")], c: Annotated[int, Field(description="three")], d: int):
    """F.

    Args:
        a: no
        b: no
        c: no
        d: four
    """
''')
    )
    words = [each["description"] for each in found.spec.parameters["properties"].values()]
    assert words == ["one", "two", "three", "four"]


async def test_an_author_is_told_of_a_docstring_that_cannot_be_read(opened: Open) -> None:
    toolset = opened("def f(a: int): ...\ndef g(): ...\nf.__doc__ = g.__doc__ = 'Do it.\\n\\nArgs:\\n    a the first'")
    assert [tool.spec.description for tool in await toolset.tools()] == ["Do it.", "Do it."]
    [warning] = toolset.warnings
    assert warning.startswith("tools.py: the arguments of f have no descriptions: its docstring cannot be read ")
    assert warning.endswith("(Expected a colon in 'a the first').")


async def test_a_function_without_words_is_described_by_its_name(opened: Open) -> None:
    found = await one(opened("def roll_two_dice(): return 7\n"))
    assert found.spec.description == "roll two dice"
    assert found.spec.parameters == {"type": "object", "properties": {}, "additionalProperties": False}


async def test_only_marked_functions_are_tools_when_any_is(opened: Open) -> None:
    toolset = opened("""
from functools import cache
from sparewheel.tools import tool

@tool(read_only=True, timeout=0.5)
def look(): "Look."

@tool
async def act(): "Act."

@tool
@cache
def _kept(): "Kept."

def helper(): ...
""")
    found = await toolset.tools()
    assert [(each.spec.name, each.read_only, each.timeout) for each in found] == [
        ("look", True, 0.5),
        ("act", False, 120.0),
        ("_kept", False, 120.0),
    ]


async def test_else_all_of_its_own_public_functions_are(opened: Open) -> None:
    toolset = opened("""
import json
from json import dumps
from dataclasses import dataclass

@dataclass
class Point:
    x: int

def shown(): ...
def _hidden(): ...
number = 3
""")
    assert [each.spec.name for each in await toolset.tools()] == ["shown"]


async def test_of_a_read_only_toolset_only_what_reads_is_a_tool(opened: Open) -> None:
    source = "from sparewheel.tools import tool\n@tool\ndef a(): ...\n@tool(read_only=True)\ndef b(): ...\n"
    toolset = opened(source, name="mine", readonly=True, instruction="Read.")
    assert [each.spec.name for each in await toolset.tools()] == ["b"]
    assert (toolset.name, toolset.instruction) == ("mine", "Read.")


@pytest.mark.parametrize("options", ["timeout=-1", "timeout='x'", "1"])
async def test_a_mark_that_cannot_be_meant_is_an_error_of_the_source(options: str, opened: Open) -> None:
    with pytest.raises(ToolError, match=r"^(Type|Value)Error: .* \(tools.py, line 2: @tool"):
        await opened(f"from sparewheel.tools import tool\n@tool({options})\ndef a(): ...\n").tools()


async def test_the_agent_file_narrows_and_times(opened: Open) -> None:
    toolset = opened("def a(): ...\ndef b(): ...\n", tools=["b", "c"], timeout=9)
    assert [(each.spec.name, each.timeout) for each in await toolset.tools()] == [("b", 9)]
    assert toolset.warnings == ["tools.py has no function c."]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def bad(*args): ...", "it takes any number of arguments (*args); name each one"),
        ("def bad(**more: int): ...", "it takes any number of arguments (**more: int); name each one"),
        ("def bad(x: 'Nothing'): ...", "its annotations cannot be read: NameError: name 'Nothing' is not defined"),
        ("import io\ndef bad(x: io.BytesIO): ...", "its arguments have no JSON schema: "),
        ("from typing import Callable\ndef bad(x: Callable[[], int]): ...", "its arguments have no JSON schema: "),
        ("def bad():\n    yield 1", "it is a generator; return a list"),
        ("async def bad():\n    yield 1", "it is a generator; return a list"),
        ("def größe(): ...", "its name must be of ASCII letters, digits and _, and not longer than 64"),
        (f"def {'x' * 65}(): ...", "its name must be of ASCII letters, digits and _, and not longer than 64"),
    ],
)
async def test_a_function_that_cannot_be_a_tool_costs_only_itself(code: str, why: str, opened: Open) -> None:
    toolset = opened(f"{code}\ndef good(): ...\n")
    assert [each.spec.name for each in await toolset.tools()] == ["good"]
    [warning] = toolset.warnings
    assert warning.startswith("The function ")
    assert f"is not a tool: {why}" in warning


async def test_a_file_among_the_documents_is_a_source(opened: Open) -> None:
    toolset = opened("", file="lib/mine.py", documents={"lib/mine.py": "def f():\n    1 / 0\n"})
    assert await problem(toolset) == "ZeroDivisionError: division by zero (lib/mine.py, line 2: 1 / 0)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "", "file": "x.py"}, "The python toolset's file 'x.py' is not among the documents."),
        ({"source": "\n\ndef f(:\n"}, "The Python tools cannot be used: SyntaxError: "),
        ({"source": "x = '\0'"}, "The Python tools cannot be used: "),
        ({"source": "# " + "x" * 65_536}, "The Python tools cannot be used: they have 65538 characters, and 65536 are"),
        (
            {"source": "\nx = " + "1+" * 501 + "1"},
            "The Python tools cannot be used: line 2 has more than 500 operators",
        ),
        ({"source": "x = " + "-" * 501 + "1"}, "The Python tools cannot be used: line 1 has more than 500 operators"),
        ({"source": "x = a" + ".b" * 501}, "The Python tools cannot be used: line 1 has more than 500 operators"),
    ],
)
def test_what_is_not_python_is_refused_at_once(options: dict[str, Any], message: str, opened: Open) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(**options)
    assert str(caught.value).startswith(message)
    if message.endswith("SyntaxError: "):
        assert str(caught.value).endswith("(tools.py, line 3: def f(:)")


@pytest.mark.parametrize(
    "line", ["x = [" + "-1.5, " * 5_000 + "]", "x = '" + "+/" * 5_000 + "'", 'x = "\\"' + "+" * 900 + '"']
)
async def test_a_long_line_of_data_is_no_deep_expression(line: str, opened: Open) -> None:
    assert await opened(f"{line}\ndef f(): ...\n").tools()


async def test_a_source_that_fails_as_it_starts_says_where(opened: Open) -> None:
    toolset = opened("import sys\n\ndef f(): ...\n\nsys.exit('no')\n")
    for _ in range(2):
        with pytest.raises(ToolError) as caught:
            await toolset.tools()
        assert str(caught.value) == "SystemExit: no (tools.py, line 5: sys.exit('no'))"


async def test_its_globals_last_from_call_to_call(opened: Open) -> None:
    toolset = opened("seen = []\ndef add(word: str):\n    seen.append(word)\n    return seen\n")
    assert await answer(toolset, word="a") == '["a"]'
    assert await answer(toolset, word="b") == '["a","b"]'


async def test_two_sessions_share_nothing(opened: Open) -> None:
    source = "seen = []\ndef add():\n    seen.append(1)\n    return len(seen)\n"
    assert [await answer(opened(source)) for _ in range(2)] == ["1", "1"]
