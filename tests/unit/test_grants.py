"""What an approval is for: the tool as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.errors import ConfigError
from sparewheel.providers.base import ToolSpec
from sparewheel.state.approvals import Approvals, identity
from sparewheel.tools.base import Registry, Tool
from sparewheel.tools.python.toolset import open_python
from tests.support.agentic import Toolset, call, context, say, tool
from tests.support.asking import ask
from tests.support.builtintools import opened
from tests.support.fakeloop import run


async def nothing(_: Any, __: Any) -> str:
    return ""


READ = Tool(ToolSpec("read", "Reads.", {"type": "object"}), nothing, definition="v1")


@pytest.mark.parametrize(
    "other",
    [
        identity(READ, "cook", "files"),
        identity(READ, "root", "memory"),
        identity(READ, "root", "files", "2"),
        identity(replace(READ, definition="v2"), "root", "files"),
        identity(replace(READ, read_only=True), "root", "files"),
        identity(replace(READ, spec=replace(READ.spec, name="read_2")), "root", "files"),
        identity(replace(READ, spec=replace(READ.spec, description="Reads!")), "root", "files"),
        identity(replace(READ, spec=replace(READ.spec, parameters={"type": "object", "x": 1})), "root", "files"),
    ],
)
def test_a_grant_is_for_the_tool_and_not_for_its_name(other: str) -> None:
    async def main() -> None:
        approvals = Approvals()
        granted = identity(READ, "root", "files")
        same, different = approvals.open("1", "read", granted), approvals.open("2", "read", other)
        approvals.answer("approve_tool", call_id=approvals.open("0", "read", granted))
        assert approvals.granted(granted)
        assert not approvals.granted(other)
        assert (await approvals.wait(same)).allowed
        approvals.answer("reject", call_id=different)

    run(main())


async def definitions(text: str, **entry: Any) -> str:
    found = open_python(
        ToolsetConfig.model_validate({"type": "python", "file": "t.py", **entry}),
        load=None,  # type: ignore[arg-type]  # no packages
        documents={"t.py": text},
    )
    [made] = await found.tools()
    await found.close()
    return identity(made, "root", found.name)


def test_the_code_of_a_python_tool_is_part_of_what_it_is() -> None:
    async def main() -> None:
        one = "def write(n: int) -> int:\n    return n\n"
        assert await definitions(one) == await definitions(one)
        assert await definitions(one) != await definitions(one.replace("return n", "return -n"))
        assert await definitions(one) != await definitions(one, packages=["evil"])

    run(main())


def test_the_entry_of_a_built_in_tool_is_part_of_what_it_is() -> None:
    async def main() -> None:
        def of(host: str, headers: dict[str, str] | None = None) -> Any:
            config = {"name": "send", "endpoint": f"https://{host}/x", "method": "POST", "headers": headers or {}}
            return opened("api", api_config=config)

        found = [await each.tools() for each in (of("a.test"), of("a.test"), of("b.test"), of("a.test", {"X": "1"}))]
        one, same, *others = [identity(tools[0], "root", "api") for tools in found]
        assert one == same
        assert one not in others

    run(main())


def test_the_same_name_in_another_toolset_or_agent_asks_again() -> None:
    ran: list[str] = []

    def of(source: str) -> Tool:
        def read() -> str:
            ran.append(source)
            return source

        return tool(read, read_only=False)

    file = """
agents:
  root: {model: openai/a, sub_agents: [cook], fallback: {retries: -1}}
  cook: {model: openai/b, fallback: {retries: -1}}
"""
    own = context(interactive=True)
    own.open_toolsets = lambda agent: [Toolset(of(agent.name))]
    replies = {
        "a": [call("read", "{}", "1"), call("transfer_task", '{"agent": "cook", "task": "x"}', "2"), say("ok")],
        "b": [call("read", "{}", "3"), call("read", "{}", "4"), say("ok")],
    }
    played = ask(own, replies, lambda event: "approve_tool", file)
    assert [event["id"] for event in played.of("tool_confirmation")] == ["1", "3"]
    assert ran == ["root", "cook", "cook"]


def test_a_description_that_changes_between_the_steps_asks_again() -> None:
    own = context(interactive=True)
    versions = iter(["Reads.", "Reads.", "Reads everything."])
    tools = {
        text: Tool(ToolSpec("read", text, {"type": "object"}), nothing) for text in ("Reads.", "Reads everything.")
    }

    class Changing(Toolset):
        async def tools(self) -> Any:
            return [tools[next(versions, "Reads.")]]

    own.open_toolsets = lambda _: [Changing()]
    replies = [call("read", "{}", str(number)) for number in range(3)]
    played = ask(own, [*replies, say("ok")], lambda event: "approve_tool")
    assert [event["id"] for event in played.of("tool_confirmation")] == ["0", "2"]


def test_approve_tool_is_for_the_tool_that_was_asked_about() -> None:
    async def main() -> None:
        approvals = Approvals()
        key = approvals.open("1", "write", "w")
        other = approvals.open("2", "wipe", "x")
        with pytest.raises(ConfigError, match="approve_tool: write waits for approval, not 'wipe'"):
            approvals.answer("approve_tool", call_id=key, tool="wipe")
        with pytest.raises(ConfigError, match=r"approve_tool: wipe, write waits for approval, not 'wr\\u200bite'"):
            approvals.answer("approve_tool", tool="wr\u200bite")
        assert not approvals.granted("w")
        assert not approvals.granted("x")
        approvals.answer("approve_tool", tool="wipe")
        assert (await approvals.wait(other)).allowed
        assert not approvals.granted("w")

    run(main())


def test_names_that_could_look_like_others_are_left_out() -> None:
    async def main() -> None:
        registry = Registry()
        names = ["read", "re\u200bad", "r\u0435ad", "read ", "", "re\u202ead"]
        await registry.add(Toolset(*(replace(READ, spec=replace(READ.spec, name=name)) for name in names)))
        assert list(registry.tools) == ["read"]
        assert registry.warnings[0] == r"test tools: the name of a tool must be visible ASCII: 're\u200bad'."
        assert len(registry.warnings) == 5

    run(main())
