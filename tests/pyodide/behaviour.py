"""Runs inside Pyodide: what must be the same whether Python was started plainly or from its snapshot, as plain data."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pydantic_core
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, computed_field, field_validator
from pydantic_core import PydanticCustomError, from_json, to_json

SEEN: list[Any] = []


class Leaf(BaseModel):
    x: int
    y: str = Field(default="a", max_length=5)


class Tree(BaseModel):
    leaves: list[Leaf]
    weights: dict[str, float] = {}
    code: int | str = 1

    @field_validator("code")
    @classmethod
    def checked(cls, code: int | str) -> int | str:
        if code == 5:
            raise ValueError("five")
        if code == 6:
            raise PydanticCustomError("six", "is {n}", {"n": 6})
        if code == 7:
            raise KeyError("seven")
        return code

    @computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.leaves)


class Plain(BaseModel):
    when: datetime
    who: UUID
    much: Decimal
    inner: Plain | None = None


class Ring(BaseModel):
    ring: Ring | None = None


def note(work: Callable[[], Any]) -> None:
    """What comes of it, or what it raises."""
    try:
        result = work()
    except ValidationError as error:
        SEEN.append([error.error_count(), [(e["type"], e["msg"], e["loc"]) for e in error.errors()], str(error)])
    except Exception as error:
        SEEN.append([type(error).__name__, str(error)])
    else:
        SEEN.append(repr(result))


def forever(depth: int) -> int:
    return forever(depth + 1) + 1


def deep(levels: int, end: Any) -> dict[str, Any]:
    document: dict[str, Any] = {"ring": end}
    for _ in range(levels):
        document = {"ring": document}
    return document


def models() -> None:
    note(lambda: Leaf(x="3"))
    note(lambda: Leaf(x="zz", y="too long"))
    note(lambda: Tree.model_validate({"leaves": [{"x": 1}], "weights": {"k": "1.5"}}).model_dump_json())
    for code in (5, 6, 7):
        note(lambda code=code: Tree(leaves=[], code=code))  # type: ignore[misc]
    note(lambda: Plain.model_validate_json('{"when":"2024-01-01T00:00:00Z","who":"%s","much":"1.5"}' % ("12" * 16)))
    note(lambda: Ring.model_validate(deep(300, None)) and "deep")
    loop: dict[str, Any] = {}
    loop["ring"] = loop
    note(lambda: Ring.model_validate(loop))
    note(lambda: [Tree.model_json_schema(), Plain.model_json_schema()])
    note(lambda: type("New", (BaseModel,), {"__annotations__": {"z": int}, "__module__": __name__})(z="4"))


def values() -> None:
    note(lambda: from_json(b'{"a": [1,2'))
    note(lambda: from_json(b'{"a": [1,2', allow_partial=True))
    note(lambda: to_json({"x": [1, 2.5, None, b"q"]}))
    note(lambda: to_json(object()))
    note(lambda: TypeAdapter(list[int]).validate_json('[1,2,"3"]'))
    note(lambda: pydantic_core.__version__)
    note(lambda: [getattr(sys.stdin, name) for name in ("name", "encoding", "mode")])
    note(lambda: [sys.stdin is sys.__stdin__, sys.stdin.fileno(), sys.stdin.read()])
    note(lambda: forever(0))
    note(lambda: datetime(2024, 1, 1, tzinfo=UTC).isoformat())
    note(lambda: re.sub(r"(\w+) (\w+)", r"\2 \1", "b a"))
    note(lambda: sum(len(block) for block in [bytes(50_000_000), bytes(50_000_000)]))  # the memory grows


async def tasks() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(0.001, event.set)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(event.wait())
    note(waiting.result)
    try:
        async with asyncio.timeout(0):  # Pyodide's loop refuses a time that has passed, as 1 ms may have by then
            await asyncio.Event().wait()
    except TimeoutError as error:
        SEEN.append(type(error).__name__)


async def turn() -> None:
    """A turn of the runtime, with its faults and their cures."""
    from sparewheel.worker import start

    said: list[dict[str, Any]] = []
    replied = asyncio.Event()

    def hear(text: str) -> None:
        said.append(json.loads(text))
        if said[-1]["type"] == "reply":
            replied.set()

    dispatch = start(hear)
    models = "{models: [demo/hello], retries: -1, backoff: {initial: 1ms, jitter: 0}}"
    yaml = f"agents: {{root: {{model: demo/overloaded, instruction: Answer., fallback: {models}}}}}"
    for method, params in (
        ("create_session", {"yaml": yaml, "id": "one"}),
        ("send", {"prompt": "Hello"}),
        ("parse_config", {"yaml": "a"}),
    ):
        replied.clear()
        dispatch(json.dumps({"id": 1, "method": method, "params": {"session": "s", **params}}))
        await replied.wait()
    for message in said:
        SEEN.extend(
            {key: value for key, value in event.items() if key not in ("turn", "retrying_at", "delay_ms")}
            for event in message.get("events", [message])
        )


async def main() -> str:
    models()
    values()
    await tasks()
    await turn()
    return json.dumps(SEEN)
