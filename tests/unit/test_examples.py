"""The examples that the page offers: each loads with the keys it names, says what it is, and stands in the menu."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sparewheel import open_agent
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.tools.python.toolset import open_python
from sparewheel.transports.packages import only_installed
from tests.support.door import collect, text
from tests.support.pythontools import Context

FOLDER = Path(__file__).resolve().parents[2] / "web" / "examples"
MENU = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
KEYS = {entry["name"]: {need for need in entry["needs"] if re.fullmatch(r"[A-Z_]+", need)} for entry in MENU}
VALUE = "a-key-that-opens-nothing"


def read(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def test_the_menu_has_every_example_and_nothing_else() -> None:
    names = [entry["name"] for entry in MENU]
    assert sorted(names) == sorted(path.stem for path in FOLDER.glob("*.yaml"))
    assert names[:2] == ["demo", "openrouter"]  # what a newcomer sees, and the shortest way to real models
    for entry in MENU:
        assert set(entry) - {"sample"} == {"name", "title", "shows", "needs"}
        if sample := entry.get("sample"):
            assert (FOLDER / sample["file"]).is_file()
            assert sample["prompt"]
        assert entry["title"]
        assert entry["shows"]


@pytest.mark.parametrize("name", KEYS)
def test_it_runs_with_the_keys_it_names_and_no_other(name: str) -> None:
    team = resolve_team(load_agent_file(read(name)), None, dict.fromkeys(KEYS[name], VALUE))
    asked = {spec.key_name for agent in team.agents.values() for spec in agent.chain} - {None}
    assert asked == KEYS[name]


@pytest.mark.parametrize("name", [name for name, keys in KEYS.items() if keys and name != "local-first"])
def test_without_its_keys_it_names_each(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(read(name)), None, {})
    assert all(key in str(caught.value) for key in KEYS[name])


def test_a_local_model_needs_no_key_for_its_fallback() -> None:
    chain = resolve_team(load_agent_file(read("local-first")), None, {}).agents["root"].chain
    assert [spec.lacks_key for spec in chain] == [False, True]


@pytest.mark.parametrize("name", KEYS)
def test_its_first_lines_say_what_it_is_and_what_it_needs(name: str) -> None:
    lines = [line for line in read(name).splitlines() if not line.startswith("#!")]
    head = " ".join(line.removeprefix("#") for line in lines[: next(n for n, x in enumerate(lines) if x[:1] != "#")])
    assert len(head) > 80
    assert all(key in head for key in KEYS[name])
    assert all(agent.description for agent in load_agent_file(read(name)).agents.values())


async def test_the_python_tools_calculate() -> None:
    [entry] = load_agent_file(read("python-tools")).agents["root"].toolsets
    toolset = open_python(entry, load=only_installed, documents={})
    try:
        tools = {tool.spec.name: tool for tool in await toolset.tools()}
        assert toolset.warnings == []
        assert {name: tool.read_only for name, tool in tools.items()} == {"loan": True, "convert": True}
        arguments = {"amount": 100_000, "percent": 6, "years": 30}
        result = await tools["loan"].call(arguments, Context())
        assert json.loads(str(result)) == {"monthly": 599.55, "interest": 115838.19, "total": 215838.19}
    finally:
        await toolset.close()


async def test_the_documents_are_searched_without_a_key() -> None:
    ids = []
    async with open_agent(read("documents"), env={}) as session:
        for prompt, answer in (
            ("How many vacation days do I have?", "leave.md has this: ## Vacation You have 25 vacation days a year."),
            ("Xylophone", "No passage fits."),
        ):
            events = await collect(session, prompt)
            assert " ".join(text(events).split()).startswith(answer)
            [call] = [event for event in events if event["type"] == "tool_call"]
            assert call["name"] == "search_handbook"
            ids.append(call["id"])
    assert len(set(ids)) == len(ids)


async def test_the_model_that_searches_tells_when_it_has_no_tool() -> None:
    async with open_agent("agents:\n  root: {model: demo/searches}", env={}) as session:
        assert text(await collect(session)).startswith("I only search")
