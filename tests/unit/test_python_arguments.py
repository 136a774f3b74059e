"""Python tools: from the arguments of a model to those of the function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.jsonschema.dialects import normalise
from sparewheel.jsonschema.validate import Validator
from tests.support.pythontools import Context, Open, answer, one, problem

TYPES = """
from __future__ import annotations
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal, Optional, TypedDict
from pydantic import BaseModel, Field
from sparewheel.tools import tool

class Colour(Enum):
    RED = "red"

@dataclass
class Point:
    x: int
    y: int = 0

class Order(BaseModel):
    sku: str
    lines: list[Point] = []

@tool
def take(day: date, price: Decimal, colour: Colour, order: Order, point: Point = Point(1),
         tags: set[str] = frozenset(), size: Annotated[int, Field(gt=0)] = Field(5, lt=9), mode: Optional[Literal["a", 1]] = None,
         schema: str = "s", _under: int = 1, copy: object = print):
    return [type(each).__name__ for each in (day, price, colour, order, order.lines[0], point, tags, size)]
"""  # noqa: E501


async def test_arguments_arrive_as_the_types_they_are_annotated_with(opened: Open) -> None:
    found = await one(opened(TYPES))
    arguments = {
        "day": "2026-02-03",
        "price": "1.50",
        "colour": "red",
        "order": {"sku": "a", "lines": [{"x": 1}]},
        "point": {"x": 1, "y": 2},
        "tags": ["a", "b"],
        "size": 8,
    }
    assert Validator(found.spec.parameters).check(dict(arguments), "arguments")
    assert json.loads(str(await found.call(arguments, Context()))) == [
        "date", "Decimal", "Colour", "Order", "Point", "Point", "set", "int",
    ]  # fmt: skip
    for dialect in ("openai", "anthropic", "gemini"):
        normalised = normalise(found.spec.parameters, dialect)
        assert set(normalised["properties"]) == set(found.spec.parameters["properties"])


async def test_what_is_left_out_is_the_functions_own_default(opened: Open) -> None:
    toolset = opened("nothing = object()\ndef f(x: object = nothing, /, *, y: int = 2): return [x is nothing, y]\n")
    assert await answer(toolset) == "[true,2]"
    assert await answer(toolset, x=1, y=3) == "[false,3]"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, "city is missing"),
        ({"city": 3}, "city: must be text; put 3 in quotes"),
        ({"city": "Bonn", "days": "many"}, "days: must be a whole number"),
        ({"city": "Bonn", "town": 1}, "town: unknown key"),
        ({"city": "Bonn", "at": [{"x": "?"}]}, "at.0.x: must be a whole number"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(arguments: dict[str, Any], fault: str, opened: Open) -> None:
    toolset = opened("""
from dataclasses import dataclass

@dataclass
class Point:
    x: int

calls = []

def f(city: str, days: int = 1, at: list[Point] = []):
    raise AssertionError("must not be called")
""")
    assert await problem(toolset, **arguments) == f"The arguments do not match the schema. {fault}"


async def test_many_faults_are_counted(opened: Open) -> None:
    said = await problem(opened("def f(x: list[int]): ...\n"), x=["?"] * 5000)
    assert said.endswith("; and 4980 more")
    assert len(said) < 2000


async def test_the_context_is_not_the_models_to_give(opened: Open) -> None:
    found = await one(
        opened("""
from sparewheel.tools import ToolContext

async def f(n: int, context: ToolContext) -> str:
    context.progress("half")
    return f"{context.call_id} {(await context.ask_user('?', {}))['action']}"
""")
    )
    assert list(found.spec.parameters["properties"]) == ["n"]
    context = Context()
    assert await found.call({"n": 1}, context) == "c1 decline"
    assert context.said == ["half"]
