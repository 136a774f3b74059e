"""The commands about agent files of which no session is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.literal_keys import line_of_key
from ..config.loading import load_in_slices
from ..config.overview import list_agents, overview
from ..slices import run_in_slices

if TYPE_CHECKING:
    from ..page.commands import AgentFile
    from ..page.results import AgentSummary, ParsedConfig


async def parse_config(params: AgentFile) -> ParsedConfig:
    """What an agent file has. Raises `ConfigError`."""
    file = await load_in_slices(params.yaml)
    return overview(file, await run_in_slices(line_of_key(params.yaml, file)))


async def agents_of(params: AgentFile) -> list[AgentSummary]:
    """Its agents. Raises `ConfigError`."""
    return list_agents(await load_in_slices(params.yaml))
