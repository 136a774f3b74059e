"""Code mode: the tools of an agent as functions of its code, with all that belongs to a call of a tool."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.providers.base import ToolSpec
from sparewheel.state.approvals import Approvals
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.code.functions import functions_of, identifier
from sparewheel.tools.code.running import MAX_CALLS
from tests.support.agentic import Toolset, agent_file, call, say, tool
from tests.support.codesandbox import InProcess, Scripted, code_toolset, ends
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, State, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparewheel.tools.base import Tool

CODE_MODE = "code_mode_tools: true"
ID = {
    "type": "object",
    "properties": {"note": {"type": "string"}, "id": {"type": "integer", "description": "The order's number."}},
    "required": ["id"],
    "additionalProperties": False,
}


def find_order(id: int, note: str = "") -> str:
    """Finds an order."""
    return json.dumps({"id": id, "note": note, "total": id * 10})


def cancel_order(id: int) -> str:
    return f"cancelled {id}"


FIND, CANCEL = tool(find_order, parameters=ID), tool(cancel_order, parameters=ID, read_only=False)


class Played:
    """A session in code mode; `sandbox` runs its code."""

    def __init__(
        self, sandbox: Any, *tools: Tool, more: str = CODE_MODE, answer: Callable[..., Any] | None = None
    ) -> None:
        self.state = State(approvals=Approvals(interactive=answer is not None))
        self.code = code_toolset(sandbox)
        self.state.open_toolsets = lambda _: [Toolset(*tools), self.code]
        self.answer = answer
        self.more = more
        self.events: list[dict[str, Any]] = []
        self.transport = ScriptedTransport({"a": []})

    def turn(self, *codes: str) -> list[dict[str, Any]]:
        """A turn in which the model runs these codes, one a step. Returns its events."""
        asked = [call("run_python", json.dumps({"code": code}), f"c{n}") for n, code in enumerate(codes, 1)]
        self.transport = ScriptedTransport({"a": [*asked, say("Done.")]})
        run(self._turn())
        return self.events

    async def _turn(self) -> None:
        conversation = session(self.transport, [], text=agent_file(self.more), context=self.state)
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                self.events += [dict(event) for event in batch]
                for event in batch:
                    if event["type"] == "tool_confirmation" and self.answer is not None:
                        self.answer(self, event)

    @property
    def tools(self) -> dict[str, str]:
        """What the model was shown last: descriptions by name."""
        shown = json.loads(self.transport.requests[-1].body)["tools"]
        return {each["function"]["name"]: each["function"]["description"] for each in shown}

    @property
    def output(self) -> str:
        """The result of the last run."""
        return str([event for event in self.events if event["type"] == "tool_result"][-1]["output"])

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


def test_code_calls_the_tools(tmp_path: Path) -> None:
    played = Played(InProcess(tmp_path), FIND, CANCEL)
    played.turn(
        "import asyncio\norders = await asyncio.gather(*(find_order(id=n) for n in (1, 2, 3)))\n"
        "print(sum(order['total'] for order in orders))"
    )
    assert played.output == "Output:\n60"
    assert list(played.tools) == ["run_python"]
    assert "async def find_order(id: int, note: str = None):" in played.tools["run_python"]
    assert '"""Finds an order.\n    id: The order\'s number."""' in played.tools["run_python"]
    calls = [(each["id"], each["name"], each.get("task")) for each in played.of("tool_call")]
    inner = [(f"c1.{n}", "find_order", "c1") for n in (1, 2, 3)]
    assert calls == [("c1", "run_python", None), *inner]
    results = {each["id"]: each.get("task") for each in played.of("tool_result")}
    assert results == {"c1.1": "c1", "c1.2": "c1", "c1.3": "c1", "c1": None}
    sent = json.loads(played.transport.requests[-1].body)["messages"]
    assert [each["role"] for each in sent] == ["user", "assistant", "tool"]


def test_a_call_is_approved_outside(tmp_path: Path) -> None:
    def answer(played: Played, event: dict[str, Any]) -> None:
        asked.append((event["name"], event["args"], event["task"]))
        wish = "approve" if '"id": 1' in event["args"] else "reject"
        played.state.approvals.answer(wish, call_id=event["id"], reason="Not that one.")

    asked: list[Any] = []
    played = Played(InProcess(tmp_path), CANCEL, answer=answer)
    played.turn(
        "print(await cancel_order(1))\ntry:\n    await cancel_order(2)\nexcept ToolError as error:\n    print(error)"
    )
    assert asked == [("cancel_order", '{"id": 1}', "c1"), ("cancel_order", '{"id": 2}', "c1")]
    assert "cancelled 1\n" in played.output
    assert "Not that one." in played.output
    assert [each["id"] for each in played.of("tool_blocked")] == ["c1.2"]


def test_a_refused_call_is_an_error_with_a_line(tmp_path: Path) -> None:
    played = Played(InProcess(tmp_path), CANCEL)
    played.turn("x = 1\nawait cancel_order(2)")
    assert 'File "code.py", line 2' in played.output
    assert "ToolError: Not executed." in played.output


@pytest.mark.parametrize("given", ["id='one'", "", "id=1, other=2"])
def test_arguments_are_checked(tmp_path: Path, given: str) -> None:
    played = Played(InProcess(tmp_path), FIND)
    played.turn(f"await find_order({given})")
    assert "ToolError" in played.output
    assert "arguments" in played.output


def test_hooks_see_the_calls(tmp_path: Path) -> None:
    played = Played(InProcess(tmp_path), FIND, more=f"{CODE_MODE}\nhooks: {{}}")
    seen: list[Any] = []

    async def deny(facts: dict[str, Any]) -> Any:
        seen.append((facts["tool_name"], facts["tool_input"]))
        return {"decision": "block", "reason": "Closed."} if facts["tool_name"] == "find_order" else None

    from sparewheel.hooks.engine import Hook

    played.state.hooks = [Hook("pre_tool_use", deny)]
    played.turn("await find_order(7)")
    assert [name for name, _ in seen] == ["run_python", "find_order"]
    assert seen[1][1] == {"id": 7}
    assert "Closed." in played.output


def test_the_limit_of_a_turn_holds(tmp_path: Path) -> None:
    played = Played(InProcess(tmp_path), FIND, more=f"{CODE_MODE}\nmax_tool_calls: 3")
    played.turn("for n in range(5):\n    await find_order(n)\n    print(n)")
    assert played.output.startswith("Output:\n0\n1\n")
    assert "max_tool_calls" in played.output
    assert played.events[-1]["type"] == "finish"
    assert played.events[-1]["reason"] == "tool_limit"


def test_a_run_makes_a_limited_number_of_calls() -> None:
    asked = [{"type": "call", "id": n, "name": "find_order", "args": {"id": n}} for n in range(MAX_CALLS + 5)]
    sandbox = Scripted([*asked, {"type": "output", "text": "x", "stream": "stdout"}, ends()])
    played = Played(sandbox, FIND)
    sandbox_next = sandbox.next

    async def patient() -> Any:
        if len(sandbox._events) == 1:
            await asyncio.sleep(1)  # of the fake clock: everything else comes first
        return await sandbox_next()

    sandbox.next = patient  # type: ignore[method-assign]  # the end comes after all answers
    played.turn("…")
    refused = [error for _, _, error in sandbox.answers if error]
    assert refused == [f"At most {MAX_CALLS} functions can be called in one run."] * 5


def test_calls_run_side_by_side_and_exclusive_ones_alone(tmp_path: Path) -> None:
    running: list[str] = []
    most: dict[str, int] = {"free": 0, "alone": 0}

    async def free(n: int) -> str:
        return await during("free")

    async def alone(n: int) -> str:
        return await during("alone")

    async def during(name: str) -> str:
        running.append(name)
        most[name] = max(most[name], len(running))
        await asyncio.sleep(1)
        running.remove(name)
        return ""

    played = Played(InProcess(tmp_path), tool(free), tool(alone, exclusive=True))
    calls = ", ".join(f"{name}(n={n})" for n in range(20) for name in (("free", "alone") if n == 5 else ("free",)))
    played.turn(f"import asyncio\nawait asyncio.gather({calls})\nprint('end')")
    assert "end" in played.output
    assert most == {"free": 8, "alone": 1}


def test_code_that_ends_does_not_wait_for_its_calls(tmp_path: Path) -> None:
    stopped: list[str] = []

    async def slow() -> str:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            stopped.append("slow")
            raise
        return ""

    played = Played(InProcess(tmp_path), tool(slow))
    played.turn("import asyncio\nasyncio.ensure_future(slow())\nawait asyncio.sleep(0)\nawait asyncio.sleep(0)\n1")
    assert stopped == ["slow"]
    assert [each["id"] for each in played.of("tool_result")] == ["c1.1", "c1"]


def test_a_result_with_media_names_them(tmp_path: Path) -> None:
    async def fails() -> ToolResult:
        raise ToolError("It is closed.")

    played = Played(InProcess(tmp_path), tool(fails))
    played.turn("try:\n    await fails()\nexcept ToolError as error:\n    print('told:', error)")
    assert played.output == "Output:\ntold: It is closed."


def test_names_that_python_cannot_have() -> None:
    names = ["find-order", "find.order", "print", "class", "2nd", "ToolError", "x" * 5, "ä", "match"]
    made = functions_of([ToolSpec(name, "", {}) for name in names])
    own = ["find_order", "find_order_2", "print_tool", "class_tool", "_2nd", "ToolError_tool", "xxxxx", "_", "match"]
    assert [spec["name"] for spec in made.specs] == own
    assert list(made.tools.values()) == names
    assert identifier("") == "tool"


def test_signatures() -> None:
    schema = {
        "properties": {
            "limit": {"type": "integer", "default": 10},
            "kind": {"enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "not a name": {"type": "string", "description": "Odd."},
            "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "class": {},
            "any": True,
        },
        "required": ["kind", 7],
    }
    made = functions_of([ToolSpec("f", 'Says """hello""".', schema)])
    assert made.description == (
        "async def f(kind: Literal['a', 'b'], limit: int = 10, tags: list[str] = None, either: str | None = None, "
        "any: Any = None):\n"
        "    \"\"\"Says '''hello'''.\n    **{'not a name': …}: Odd.\n    **{'class': …}\"\"\""
    )
    odd: dict[str, Any]
    for odd in ({"properties": 5}, {"properties": {"a": 1}, "required": "a"}, {"properties": {"a": {"type": [[]]}}}):
        assert functions_of([ToolSpec("f", "", odd)]).specs[0]["name"] == "f"


def test_many_tools_do_not_fill_the_description() -> None:
    made = functions_of([ToolSpec(f"tool{n}", "Does it. " * 100, {}) for n in range(500)])
    assert len(made.description) < 40_000
    assert "# Further functions, described by help(NAME): tool" in made.description
    assert len(made.specs) == 500


def test_without_a_sandbox_the_tools_are_called_as_ever() -> None:
    played = Played(None, FIND)
    played.transport = ScriptedTransport({"a": [call("find_order", '{"id": 1}'), say("Done.")]})
    run(played._turn())
    assert list(played.tools) == ["find_order"]
    (warning,) = played.of("warning")
    assert "runs only in a sandbox" in warning["message"]


def test_without_other_tools_it_is_a_tool_like_any(tmp_path: Path) -> None:
    played = Played(InProcess(tmp_path))
    played.turn("1 + 1")
    assert played.output == "Value: 2"
    assert "async def" not in played.tools["run_python"]
