"""Files in the style of docker-agent's own examples: each loads, and then runs, or is refused with every reason.

The table follows the examples of docker-agent and of its browser build, rewritten small: what matters is which keys
they use. A file that cannot run still loads, to be looked at.
"""

from __future__ import annotations

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.overview import list_agents, overview
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from tests.support.files_refused import REFUSED
from tests.support.files_that_run import RUNS

ENV = {
    "OPENAI_API_KEY": "key-of-openai",
    "ANTHROPIC_API_KEY": "key-of-anthropic",
    "GOOGLE_API_KEY": "key-of-google",
    "OPENROUTER_API_KEY": "key-of-openrouter",
    "GITHUB_TOKEN": "token-of-github",
    "GATEWAY_KEY": "key-of-gateway",
    "GATEWAY_TOKEN": "token-of-gateway",
}

ALL_TYPES = """background_agents background_jobs environment git lsp mcp_catalog scheduler script session_plan tasks
webhook a2a open_url file""".split()


def reasons(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(text), None, ENV)
    head, _, rest = caught.value.info.message.partition(" cannot run: ")
    assert head.startswith("agent ")
    return rest.split("; line ") if rest else []


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_runs(text: str) -> None:
    team = resolve_team(load_agent_file(text), None, ENV)
    assert team.agents[team.root].chain


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_every_reason(text: str, expected: list[str]) -> None:
    found = reasons(text)
    assert len(found) == len(expected), found
    for said, reason in zip(found, expected, strict=True):
        assert reason.removeprefix("line ") in said


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_run_can_be_looked_at(text: str, expected: list[str]) -> None:
    file = load_agent_file(text)
    assert overview(file)["agents"]
    assert [agent["name"] for agent in list_agents(file)] == list(file.agents)


@pytest.mark.parametrize("kind", ALL_TYPES)
def test_every_other_type_has_its_reason(kind: str) -> None:
    needed = {"lsp": ", command: a", "webhook": ", webhook_config: {url: a}", "a2a": ", url: a", "open_url": ", url: a"}
    (said,) = reasons(f"agents: {{a: {{model: openai/gpt-4o, toolsets: [{{type: {kind}{needed.get(kind, '')}}}]}}}}")
    assert f'agents.a.toolsets.0: toolset type "{kind}": ' in said


def test_only_agents_that_can_be_reached_matter() -> None:
    text = """
agents:
  root: {model: openai/gpt-4o, sub_agents: [helper]}
  helper: {model: openai/gpt-4o}
  elsewhere: {model: nowhere/x, toolsets: [{type: shell}]}
"""
    assert list(resolve_team(load_agent_file(text), None, ENV).agents) == ["root", "helper"]
    with pytest.raises(ConfigError, match="toolset type"):
        resolve_team(load_agent_file(text), "elsewhere", ENV)
