"""Servers of Docker's catalogue that their vendors host: `ref: docker:NAME` works where there is one."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from sparewheel.config import remotes
from sparewheel.config.loading import load_agent_file
from sparewheel.config.reach import reach
from sparewheel.config.remotes import remote_of
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError

SERVERS = json.loads(remotes._FILE.read_text(encoding="utf-8"))["servers"]


def agent(toolset: str, more: str = "") -> str:
    return f"agents:\n  root:\n    model: demo/hello\n    toolsets: [{toolset}]\n{more}"


@pytest.mark.parametrize("name", SERVERS)
def test_an_entry_is_a_public_https_server(name: str) -> None:
    found = remote_of(f"docker:{name}")
    assert found is not None
    parts = urlsplit(found.url)
    assert parts.scheme == "https"
    assert "." in parts.netloc
    assert not parts.query
    assert found.transport_type in ("", "sse")
    assert all("${env." in value for value in found.headers.values())


@pytest.mark.parametrize("ref", ["docker:duckduckgo", "linear", "docker:", "docker:Linear", "docker:linear:1", ""])
def test_others_have_none(ref: str) -> None:
    assert remote_of(ref) is None


@pytest.mark.parametrize(
    ("toolset", "more"),
    [
        ("{type: mcp, ref: 'docker:linear', tools: [list_issues]}", ""),
        ("{type: mcp, ref: issues, tools: [list_issues]}", "mcps:\n  issues: {ref: 'docker:linear'}\n"),
    ],
)
def test_a_reference_leads_to_the_vendors_server(toolset: str, more: str) -> None:
    file = load_agent_file(agent(toolset, more))
    [entry] = resolve_team(file, None, {}).agents["root"].toolsets
    assert entry.remote is not None
    assert (entry.remote.url, entry.ref, entry.tools) == ("https://mcp.linear.app/mcp", "", ["list_issues"])
    assert reach(file)["hosts"] == ["mcp.linear.app"]


def test_a_key_is_named_and_goes_to_its_host() -> None:
    file = load_agent_file(agent("{type: mcp, ref: 'docker:github-official'}"))
    [entry] = resolve_team(file, None, {"GITHUB_PERSONAL_ACCESS_TOKEN": "token-123456789"}).agents["root"].toolsets
    assert entry.remote is not None
    assert entry.remote.headers == {"Authorization": "Bearer token-123456789"}
    keys = {key["name"]: key["hosts"] for key in reach(file)["keys"]}
    assert keys == {"GITHUB_PERSONAL_ACCESS_TOKEN": ["api.githubcopilot.com"]}
    with pytest.raises(ConfigError, match="GITHUB_PERSONAL_ACCESS_TOKEN"):
        resolve_team(file, None, {})


def test_a_server_without_a_remote_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="a server of the catalogue needs a host"):
        resolve_team(load_agent_file(agent("{type: mcp, ref: 'docker:duckduckgo'}")), None, {})
