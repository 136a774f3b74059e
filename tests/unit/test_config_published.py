"""The published JSON schema: editors accept what the runtime accepts, and know every key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from bundle.agent_schema import FILE_NAME, agent_file_schema, agent_file_schema_text
from sparewheel.config.loading import load_agent_file
from sparewheel.config.schema import AgentFile
from sparewheel.errors import ConfigError
from tests.support.files_refused import REFUSED
from tests.support.files_that_run import RUNS
from tests.unit.test_config import FULL as FULL_CHAIN
from tests.unit.test_config_team import FULL as FULL_TEAM

EXAMPLES = sorted((Path(__file__).parents[2] / "web" / "examples").glob("*.yaml"))
SCHEMA = agent_file_schema()
VALIDATE = fastjsonschema.compile(agent_file_schema())  # a copy: compiling rewrites its references


def plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_of_the_page_are_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    load_agent_file(text)
    VALIDATE(plain(text))


@pytest.mark.parametrize("text", [*RUNS.values(), *(text for text, _ in REFUSED.values()), FULL_CHAIN, FULL_TEAM])
def test_what_loads_is_valid(text: str) -> None:
    VALIDATE(plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "models: {}",
        "agents: {}",
        "agents: {a: {modle: x/y}}",
        "agents: {a: {model: 7}}",
        "agents: {a: {model: x/y, toolsets: [{type: [todo]}]}}",
        "agents: {a: {model: x/y, timeouts: {idle: soon}}}",
        "agents: {a: {model: x/y, max_iterations: -1}}",
        "agents: {a: {model: x/y, hooks: {turn_begin: []}}}",
        "agents: {a: {model: x/y}}\nmodels: {m: {provider: a, model: b, thinking_budget: hard}}",
    ],
)
def test_what_does_not_load_is_not_valid(text: str) -> None:
    with pytest.raises(ConfigError):
        load_agent_file(text)
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        VALIDATE(plain(text))


def test_the_head_of_the_document() -> None:
    assert json.loads(agent_file_schema_text()) == SCHEMA
    assert (SCHEMA["$schema"], SCHEMA["$id"]) == ("http://json-schema.org/draft-07/schema#", FILE_NAME)
    assert FILE_NAME == "agent-schema.json"
    assert SCHEMA["title"] == "Agent file"


def test_every_key_of_agents_and_models_has_a_description() -> None:
    for name in ("AgentConfig", "ModelConfig", "ProviderConfig", "ToolsetConfig", "FallbackConfig", "HooksConfig"):
        for key, details in SCHEMA["$defs"][name]["properties"].items():
            assert details.get("description"), f"{name}.{key}"
    for key, details in SCHEMA["properties"].items():
        named = SCHEMA["$defs"].get(details.get("$ref", "").rpartition("/")[2], details)
        assert named.get("description"), key


def test_no_description_stands_where_older_drafts_do_not_look() -> None:
    def look(node: Any) -> None:
        if isinstance(node, dict):
            assert "$ref" not in node or len(node) == 1
            for part in node.values():
                look(part)
        elif isinstance(node, list):
            for part in node:
                look(part)

    look(SCHEMA)


def test_every_model_refuses_unknown_keys() -> None:
    for name, definition in SCHEMA["$defs"].items():
        if definition["type"] == "object":
            assert definition["additionalProperties"] is False, name
    assert issubclass(AgentFile, BaseModel)
