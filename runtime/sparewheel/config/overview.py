"""Facts about an agent file that has not been run. The shapes are docker-agent's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reach import reach

if TYPE_CHECKING:
    from ..page.results import AgentOverview, AgentSummary, ModelOverview, ParsedConfig
    from .schema import AgentFile


def overview(file: AgentFile, key_line: int | None = None) -> ParsedConfig:
    """`parseConfig`: the agents in order, the models by key, and what the file may reach.

    `key_line` is from `line_of_key`.
    """
    agents: list[AgentOverview] = [
        {
            "name": name,
            "description": agent.description,
            "model": agent.model,
            "instruction": agent.instruction,
            "sub_agents": agent.sub_agents,
            "handoffs": agent.handoffs,
            "add_date": agent.add_date,
            "add_env_info": agent.add_environment_info,
            "fallback": {"models": agent.fallback.models},
        }
        for name, agent in file.agents.items()
    ]
    models: dict[str, ModelOverview] = {
        key: {"provider": model.provider, "model": model.model, "base_url": model.base_url or ""}
        for key, model in file.models.items()
    }
    return {
        "version": str(file.version or ""),
        "agents": agents,
        "models": models,
        "reach": reach(file),
        "key_line": key_line,
    }


def list_agents(file: AgentFile) -> list[AgentSummary]:
    """`listAgents`: the facts for a menu of agents."""
    return [
        {"name": name, "model": agent.model, "description": agent.description, "instruction": agent.instruction}
        for name, agent in file.agents.items()
    ]
