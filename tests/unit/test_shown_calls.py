"""A call runs as it was shown, or not at all."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook, Point
from sparewheel.page.calls import HostCalls
from sparewheel.page.hooks import page_hooks
from sparewheel.page.options import HookSpec
from sparewheel.page.options import ToolSpec as PageToolSpec
from sparewheel.page.tools import HostTools
from sparewheel.testing import Reply, openai_chat
from sparewheel.tools.python.toolset import open_python
from tests.support.agentic import agent_file, call, calls, context, say, tool
from tests.support.asking import ask
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, session


def asked(played: Played) -> list[str]:
    return [event["args"] for event in played.of("tool_confirmation")]


def taking() -> tuple[list[Any], State]:
    ran: list[Any] = []

    def write(**given: Any) -> str:
        ran.append(given)
        return "written"

    return ran, context(tool(write, read_only=False), interactive=True, timeout=5)


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        ('{"n": 12345678901234567890}', '{"n": 12345678901234567890}'),
        ('{"n": 0.30000000000000004}', '{"n": 0.30000000000000004}'),
        ('{"n": 1e22, "m": -1.50}', '{"n": 1e+22, "m": -1.5}'),
        ('{"a": "x\u200by", "\u202eb": "\U000e0041"}', r'{"a": "x\u200by", "\u202eb": "\udb40\udc41"}'),
    ],
)
def test_the_arguments_are_shown_and_run_exactly(args: str, shown: str) -> None:
    ran, own = taking()
    played = ask(own, [call("write", args), say("ok")], lambda _: "approve")
    assert asked(played) == [shown]
    assert ran == [json.loads(args)] == [json.loads(shown)]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ('{"n": 1e400}', "the number 1e400 would be rounded"),
        ('{"n": -1e400}', "the number -1e400 would be rounded"),
        ('{"n": [{"m": 0.1000000000000000055511151231257827}]}', "would be rounded"),
        ('{"n": 1e-400}', "the number 1e-400 would be rounded"),
        ('{"n": 1e-99999999999999999999}', "would be rounded"),
        ('{"n": 9007199254740993.0}', "would be rounded"),
    ],
)
def test_a_number_that_would_change_is_refused(args: str, problem: str) -> None:
    ran, own = taking()
    played = ask(own, [call("write", args), say("ok")], lambda _: "approve")
    assert (ran, asked(played)) == ([], [])
    [result] = played.of("tool_result")
    assert problem in result["output"]
    assert result["is_error"]


def test_a_doubled_key_never_runs() -> None:
    ran, own = taking()
    played = ask(own, [call("write", '{"n": 1, "n": 2}')], lambda _: "approve")
    assert (ran, asked(played)) == ([], [])
    assert played.terminal["type"] == "error"


def test_a_retry_with_other_arguments_asks_again_also_of_another_model() -> None:
    ran, own = taking()
    script = {
        "a": [call("write", '{"n": 1}', "1"), call("write", '{"n": 2}', "1"), Reply(openai_chat(text="x"), status=500)],
        "b": [call("write", '{"n": 3}', "1"), say("ok")],
    }
    file = agent_file().replace("{retries: -1}", "{retries: -1, models: [openai/b]}")
    words = iter(["approve", "reject", "approve"])
    played = ask(own, script, lambda _: next(words), file)
    assert asked(played) == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    assert ran == [{"n": 1}, {"n": 3}]


def test_hooks_cannot_change_in_place_what_was_shown() -> None:
    ran, own = taking()

    async def meddle(facts: dict[str, Any]) -> None:
        facts["tool_input"]["n"] = 666
        facts["tool_input"]["deep"]["x"] = 666

    points: tuple[Point, ...] = ("pre_tool_use", "permission_request", "on_tool_approval_decision")
    for point in points:
        own.hooks += [Hook(point, meddle), Hook(point, meddle)]
    played = ask(own, [call("write", '{"n": 1, "deep": {"x": 1}}'), say("ok")], lambda _: "approve")
    assert asked(played) == ['{"n": 1, "deep": {"x": 1}}']
    assert ran == [{"n": 1, "deep": {"x": 1}}]


def test_a_hook_that_changes_the_arguments_after_the_approval_asks_again() -> None:
    ran, own = taking()
    seen = []

    async def change(facts: dict[str, Any]) -> Any:
        seen.append((facts["tool_input"]["n"], facts["approved"]))
        return {"updated_input": {"n": 9}}

    own.hooks = [Hook("on_tool_approval_decision", change)]
    played = ask(own, [call("write", '{"n": 1}', "1"), say("ok")], lambda _: "approve_tool")
    assert asked(played) == ['{"n": 1}', '{"n": 9}']
    first, second = played.of("tool_confirmation")
    assert (first["id"], "call_id" in first, second["id"], second["call_id"]) == ("1", False, "1_2", "1")
    assert (ran, seen) == ([{"n": 9}], [(1, True), (9, True)])


def test_a_hook_that_changes_them_after_each_approval_is_refused() -> None:
    ran, own = taking()

    async def change(facts: dict[str, Any]) -> Any:
        return {"updated_input": {"n": facts["tool_input"]["n"] + 1}}

    own.hooks = [Hook("on_tool_approval_decision", change)]
    played = ask(own, [call("write", '{"n": 1}'), say("ok")], lambda _: "approve")
    assert (ran, asked(played)) == ([], ['{"n": 1}', '{"n": 2}', '{"n": 3}'])
    assert played.of("tool_blocked")[0]["reason"] == "A hook changed the arguments after each approval."


@pytest.mark.parametrize("changed", [{"n": float("nan")}, {"n": {1, 2}}, {1: "x", "1": "y"}, {"n": 10**5000}, "{}"])
def test_a_change_that_is_not_json_never_runs(changed: Any) -> None:
    ran, own = taking()

    async def change(_: dict[str, Any]) -> Any:
        return {"updated_input": changed}

    own.hooks = [Hook("pre_tool_use", change)]
    played = ask(own, [call("write", '{"n": 1}'), say("ok")], lambda _: "approve")
    assert (ran, asked(played)) == ([], [])
    assert played.of("tool_result")[0]["is_error"]


def test_an_answer_to_a_call_that_is_over_does_nothing() -> None:
    ran, own = taking()
    late: list[str] = []

    def answer(event: dict[str, Any]) -> Any:
        if event["id"] == "1":
            return "reject"
        with pytest.raises(ConfigError, match="no tool confirmation is pending"):
            own.approvals.answer("approve", call_id="1")
        late.append(event["id"])
        return None

    played = ask(own, [call("write", '{"n": 1}', "1"), call("write", '{"n": 1}', "1"), say("ok")], answer)
    assert (ran, late) == ([], ["1_2"])
    assert "not approved within" in played.of("tool_result")[1]["output"]


# Functions of the page -------------------------------------------------------------------------------------------


class PageDouble:
    """Answers the host calls of page tools. `version` is that of its function."""

    def __init__(self) -> None:
        self.version = "1"
        self.ran: list[tuple[Any, str]] = []
        self.calls = HostCalls(self._post)

    def _post(self, message: Any) -> None:
        if message["type"] == "call":
            asyncio.get_running_loop().call_soon(self._answer, message)

    def _answer(self, message: Any) -> None:
        value: Any = self.version
        if message["what"] == "tool":
            self.ran.append((message["input"]["args"], message["input"]["version"]))
            value = "done"
        self.calls.deliver({"type": "piece", "call": message["call"], "done": True, "value": value})


def of_page(**approvals: Any) -> tuple[PageDouble, State]:
    page = PageDouble()
    own = context(interactive=True, **approvals)
    own.open_toolsets = lambda _: [HostTools({"write": PageToolSpec(description="")}, page.calls, "s")]
    return page, own


def test_a_function_that_the_page_replaces_asks_again() -> None:
    page, own = of_page()

    def answer(event: dict[str, Any]) -> str:
        return "approve_tool"

    async def replace_it(facts: dict[str, Any]) -> None:
        if facts["tool_use_id"] == "3":
            page.version = "2"

    own.hooks = [Hook("pre_tool_use", replace_it)]
    replies = [call("write", "{}", str(number)) for number in (1, 2, 3, 4)]
    played = ask(own, [*replies, say("ok")], answer)
    assert [event["id"] for event in played.of("tool_confirmation")] == ["1", "3"]
    assert [version for _, version in page.ran] == ["1", "1", "2", "2"]


def test_without_an_approval_any_version_runs() -> None:
    page, own = of_page(everything=True)
    ask(own, [call("write", "{}"), say("ok")], lambda _: "approve")
    assert page.ran == [({}, "")]


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 12345678901234567890, 10**400])
def test_the_page_never_gets_a_rounded_number(number: int) -> None:
    page, own = of_page()
    played = ask(own, [call("write", json.dumps({"x": [{"n": number}]})), say("ok")], lambda _: "approve")
    assert page.ran == []
    assert "would round" in played.of("tool_result")[0]["output"]


def test_the_page_gets_every_integer_that_it_has() -> None:
    page, own = of_page()
    args = {"a": 2**53, "b": -(2**60), "c": 10**22, "d": 0.1}
    ask(own, [call("write", json.dumps(args)), say("ok")], lambda _: "approve")
    assert page.ran == [(args, "1")]


def test_a_hook_of_the_page_that_would_see_a_rounded_number_denies() -> None:
    ran, own = taking()
    own.hooks = page_hooks([HookSpec(event="pre_tool_use", index=0)], PageDouble().calls, "s")
    played = ask(own, [call("write", '{"n": 12345678901234567890}'), say("ok")], lambda _: "approve")
    assert ran == []
    assert "JavaScript would round 12345678901234567890" in played.of("tool_blocked")[0]["reason"]
    assert len(played.of("warning")) == 1


def test_a_python_function_never_gets_a_rounded_number() -> None:
    async def main() -> None:
        source = "def pay(amount: float, more: list[float] = []) -> str:\n    return repr((amount, more))\n"
        found = open_python(
            ToolsetConfig.model_validate({"type": "python", "source": source}),
            load=None,  # type: ignore[arg-type]  # no packages
            documents={},
        )
        own = context(interactive=True, everything=True)
        own.open_toolsets = lambda _: [found]
        asked = calls(
            ("1", "pay", '{"amount": 9007199254740993}'),
            ("2", "pay", '{"amount": 1, "more": [9007199254740993]}'),
            ("3", "pay", '{"amount": 9007199254740992, "more": [2]}'),
        )
        transport = ScriptedTransport({"a": [asked, say("ok")]})
        played = Played()
        async with aclosing(session(transport, [], text=agent_file(), context=own).turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
        await found.close()
        outputs = [event["output"] for event in sorted(played.of("tool_result"), key=lambda event: event["id"])]
        assert outputs[:2] == ["An integer in the arguments is too large for the float that the function takes."] * 2
        assert outputs[2] == "(9007199254740992.0, [2.0])"

    run(main())
