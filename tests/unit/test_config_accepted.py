"""Keys that are accepted: they load with any value, change nothing, and stand in the published schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bundle.agent_schema import agent_file_schema
from sparewheel.config.accepted import ACCEPTED
from sparewheel.config.loading import load_agent_file
from sparewheel.errors import ConfigError

Document = dict[str, Any]


def load(section: str, keys: Document) -> Document:
    """What comes of a file with further keys in one section."""
    own: Document = {name: {} for name in ACCEPTED} | {section: keys}
    agent: Document = {
        "model": "m",
        "structured_output": {"name": "a", "schema": {}, **own["structured_output"]},
        "hooks": {"stop": [{"type": "builtin", "command": "add_date", **own["hook"]}]},
        **own["agent"],
    }
    document = {
        "agents": {"root": agent},
        "models": {"m": {"provider": "p", "model": "x", **own["model"], **own["endpoint"]}},
        "providers": {"p": {"base_url": "https://example.test", **own["provider"], **own["endpoint"]}},
        "mcps": {"s": {"command": "c", **own["mcp"]}},
        "runtime": {"safety": "strict", **own["runtime"]},
        **own["file"],
    }
    return load_agent_file(json.dumps(document)).model_dump()


@pytest.mark.parametrize("section", [name for name in ACCEPTED if name not in ("provider_opts", "toolset")])
def test_accepted_keys_change_nothing(section: str) -> None:
    for key in ACCEPTED[section]:
        for value in ("text", 7, True, ["a"], {"a": 1}):
            assert load(section, {key: value}) == load(section, {}), key


def test_an_option_of_a_toolset_is_accepted_for_its_own_types_only() -> None:
    def toolset(**keys: object) -> str:
        return json.dumps({"agents": {"root": {"model": "a/b", "toolsets": [keys]}}})

    plain = load_agent_file(toolset(type="shell")).model_dump()
    assert load_agent_file(toolset(type="shell", sudo_askpass=True, safer="x", toon=7)).model_dump() == plain
    load_agent_file(toolset(type="think", sudo_askpass=False))
    with pytest.raises(ConfigError, match="sudo_askpass is not an option of type think, only of shell"):
        load_agent_file(toolset(type="think", sudo_askpass=True))


def test_the_published_schema_has_the_accepted_keys() -> None:
    agent = agent_file_schema()["$defs"]["AgentConfig"]["properties"]
    assert agent["enable_bang_commands"] == {"description": "Accepted, no effect: there is no shell in a browser."}
