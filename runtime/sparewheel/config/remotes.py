"""Public remote MCP servers for `ref: docker:NAME` of agent files.

A container cannot run in a browser, but the vendors of many servers of Docker's catalogue host them. The data is
`remotes.json`: of the entries of type `remote` in https://github.com/docker/mcp-registry at its `date`, those of
vendors and known projects; and GitHub's own (https://github.com/github/github-mcp-server, "Remote GitHub MCP Server").
An entry without headers needs no key, or a sign-in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from ..jsontext import read
from .toolsets import RemoteConfig

CATALOGUE: Final = "docker:"
_FILE: Final = Path(__file__).with_name("remotes.json")


@cache
def _servers() -> dict[str, dict[str, Any]]:
    servers: dict[str, dict[str, Any]] = read(_FILE.read_text(encoding="utf-8"))["servers"]
    return servers


def remote_of(ref: str) -> RemoteConfig | None:
    """The remote server for a `ref` such as `docker:linear`; None if there is none that is known."""
    name, tag = ref.removeprefix(CATALOGUE), ref.startswith(CATALOGUE)
    found = _servers().get(name) if tag else None
    if found is None:
        return None
    return RemoteConfig(
        url=found["url"], transport_type="sse" if found.get("sse") else "", headers=found.get("headers", {})
    )
