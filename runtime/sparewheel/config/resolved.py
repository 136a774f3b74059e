"""From a valid file, an agent's name and the caller's env to a `ResolvedTeam`: the agents, ready to run."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .accepted import NO_DISK
from .agents import MAX_IDENTICAL_CALLS
from .expand import Expander
from .modelspecs import Models
from .problems import Problems
from .providers import PROVIDERS
from .specs import ModelSpec, ResolvedAgent, ResolvedTeam, embeds
from .texts import Texts
from .tools import Tools
from .unsupported import check_agent
from .vendor_keys import Secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..errors.validation import Path
    from .agents import AgentConfig
    from .schema import AgentFile
    from .toolsets import ToolsetConfig

__all__ = ["PROVIDERS", "ModelSpec", "ResolvedAgent", "ResolvedTeam", "resolve", "resolve_team"]


def resolve(
    file: AgentFile, name: str | None, env: Mapping[str, str], allow_hosts: Collection[str] = ()
) -> ResolvedAgent:
    """The chosen agent of a team that can run. Raises like `resolve_team`."""
    team = resolve_team(file, name, env, allow_hosts)
    return team.agents[team.root]


def resolve_team(
    file: AgentFile,
    name: str | None,
    env: Mapping[str, str],
    allow_hosts: Collection[str] = (),
    *,
    documents: Mapping[str, str] = MappingProxyType({}),
    session_files: bool = False,
    needs_key: bool = True,
) -> ResolvedTeam:
    """The chosen agent (None: the first) and all agents that it can reach by sub_agents and handoffs.

    Args:
        env: the only source of keys and of values for `${...}`.
        allow_hosts: hosts that may get a vendor's key.
        documents: texts by path, for keys that name files.
        session_files: whether a `filesystem` toolset works on the files of the session.
        needs_key: whether it is refused if no model can be asked for lack of keys.

    Raises:
        ConfigError: once, with everything that is missing or unsupported, each with its line and column.
    """
    root = next(iter(file.agents)) if name is None else name
    if root not in file.agents:
        raise ConfigError(f'agent "{root}" not found', f"The file has: {', '.join(file.agents)}.")
    problems = Problems(file)
    expander = Expander(Secrets(env, allow_hosts), problems)
    tools = Tools(file, expander, session_files, documents)
    models, texts = Models(file, expander), Texts(file, expander, documents)
    team = _Team(file, problems, expander, models, tools, texts, _needed(file, root) if needs_key else set())
    agents = {reached: team.agent(reached) for reached in _reachable(file, root, problems)}
    expander.check_uses()
    problems.check(root, models.missing_keys)
    return ResolvedTeam(
        {name: agent for name, agent in agents.items() if agent},
        root,
        file.permissions,
        file.budget.limits(),
        {name: budget.limits() for name, budget in file.budgets.items()},
        problems.warnings,
        tuple(models.missing_keys),
    )


def _reachable(file: AgentFile, root: str, problems: Problems) -> list[str]:
    """The root first, then the others in the order in which they are found."""
    met = [root]
    for name in met:
        for path, target in _targets(file.agents[name]):
            here = ("agents", name, *path)
            if target == name:
                problems.add(here, "an agent cannot hand over to itself")
            elif target in file.agents:
                if target not in met:
                    met.append(target)
            elif "/" in target:
                problems.add(
                    here, f'"{target}" is an agent of another file, which is not fetched; write it into this one'
                )
            else:
                problems.add(here, f'there is no agent "{target}"; the file has: {", ".join(file.agents)}')
    _check_forced(file, met, problems)
    return met


def _targets(agent: AgentConfig) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = [(("sub_agents", index), name) for index, name in enumerate(agent.sub_agents)]
    found += [(("handoffs", index), name) for index, name in enumerate(agent.handoffs)]
    if agent.force_handoff:
        found.append((("force_handoff",), agent.force_handoff))
    found += [(("guardrails", index, "to"), rail.to) for index, rail in enumerate(agent.guardrails) if rail.to]
    return found


def _needed(file: AgentFile, root: str) -> set[str]:
    """The agents that every turn needs: the root, and those that it has to hand over to."""
    needed: set[str] = set()
    at = root
    while at in file.agents and at not in needed:
        needed.add(at)
        at = file.agents[at].force_handoff
    return needed


def _check_forced(file: AgentFile, names: list[str], problems: Problems) -> None:
    """Forced handoffs must not form a circle."""
    for name in names:
        seen, at = [name], file.agents[name].force_handoff
        while at in file.agents and at not in seen:
            seen.append(at)
            at = file.agents[at].force_handoff
        if at == name and len(seen) > 1:
            problems.add(("agents", name, "force_handoff"), f"leads back to itself: {' to '.join([*seen, name])}")


@dataclass(slots=True)
class _Team:
    """Resolves the agents of one file; what is wrong is added to `problems`."""

    file: AgentFile
    problems: Problems
    expander: Expander
    models: Models
    tools: Tools
    texts: Texts
    needed: set[str]  # agents without which no turn can run

    def agent(self, name: str) -> ResolvedAgent | None:
        """The agent, or None if it cannot run."""
        agent, here = self.file.agents[name], ("agents", name)
        entries = [(path, self.tools.filled(path, entry)) for path, entry in self.tools.entries(name, agent)]
        check_agent(self.problems, name, agent, entries)
        if agent.harness:
            return None
        if agent.cache and agent.cache.enabled and agent.cache.path:
            self.problems.warn((*here, "cache", "path"), f"{NO_DISK}; answers are kept in the session")
        paths: dict[str, Path] = dict.fromkeys(self.models.members(agent.model, (*here, "model")), (*here, "model"))
        first = [spec for ref, path in paths.items() if (spec := self.models.spec(ref, path))]
        for ref in agent.fallback.models:
            for member in self.models.members(ref, (*here, "fallback", "models")):
                paths.setdefault(member, (*here, "fallback", "models"))
        specs = [self.models.spec(ref, path) for ref, path in paths.items()]
        if all(spec is None or spec.lacks_key for spec in specs):
            self._lacks_keys(name, paths)
        chosen = {ref for _, entry in entries for ref in (entry.model, *entry.models) if ref}
        others = {ref: self.models.spec(ref, (*here, "toolsets")) for ref in sorted(chosen)}
        for ref, spec in others.items():
            if spec and spec.lacks_key:
                self._warn_of(spec.missing, (*here, "toolsets"), f"{ref} cannot be chosen")
        for index, budget in enumerate(agent.budgets):
            if budget not in self.file.budgets:
                known = ", ".join(self.file.budgets) or "none"
                self.problems.add((*here, "budgets", index), f'there is no budget "{budget}"; the file has: {known}')
        chain = tuple(spec for spec in specs if spec)
        return ResolvedAgent(
            name=name,
            instruction=self.texts.instruction(agent, here),
            chain=chain,
            alternatives=max(len(first), 1),
            fallback=agent.fallback,
            timeouts=agent.timeouts,
            structured_output=agent.structured_output,
            description=self.expander.prose(agent.description, (*here, "description")),
            welcome_message=self.expander.prose(agent.welcome_message, (*here, "welcome_message")),
            toolsets=tuple(entry for _, entry in entries),
            sub_agents=tuple(agent.sub_agents),
            handoffs=tuple(agent.handoffs),
            force_handoff=agent.force_handoff,
            max_iterations=agent.max_iterations,
            max_tool_calls=agent.max_tool_calls,
            max_consecutive_tool_calls=agent.max_consecutive_tool_calls or MAX_IDENTICAL_CALLS,
            max_old_tool_call_tokens=max(agent.max_old_tool_call_tokens, 0),
            max_tool_result_tokens=max(agent.max_tool_result_tokens, 0),
            num_history_items=agent.num_history_items,
            max_response_bytes=agent.max_response_bytes,
            limits=agent.limits,
            budgets=tuple(agent.budgets),
            guardrails=self.texts.guardrails(agent, here),
            add_date=agent.add_date,
            add_environment_info=agent.add_environment_info,
            add_description_parameter=agent.add_description_parameter,
            readonly=agent.readonly,
            code_mode_tools=agent.code_mode_tools,
            safety=agent.safety or self.file.runtime.safety,
            redact_secrets=agent.redact_secrets,
            session_compaction=agent.session_compaction,
            compaction_threshold=chain[0].compaction_threshold or agent.compaction_threshold if chain else 0.9,
            hooks=tuple(agent.hooks.entries()),
            commands=self.texts.commands(agent, here),
            skills=self.texts.skills(agent, here),
            cache=agent.cache,
            models={ref: spec for ref, spec in others.items() if spec and not spec.lacks_key},
            title_models=self._title_models(agent, here),
            rag_models=self._rag_models(entries),
            hidden=frozenset(self.expander.hidden) | self.expander.secrets.values(),
        )

    def _rag_models(self, entries: Iterable[tuple[Path, ToolsetConfig]]) -> dict[str, ModelSpec]:
        """The models that search documents. One without its key is only a warning where words can be searched."""
        found: dict[str, ModelSpec] = {}
        for path, entry in entries:
            if entry.type != "rag" or entry.rag_config is None:
                continue
            from .rag import SourceConfig  # few files have one

            source = SourceConfig.model_validate(entry.rag_config)
            for inside, ref in source.models():
                if (spec := self.models.spec(ref, path)) is None:
                    continue
                if spec.lacks_key and (inside[0] == "results" or source.by_words):
                    self._warn_of(spec.missing, path, f"documents are searched without {ref}")
                elif spec.lacks_key:
                    self.models.require_key(ref, path)
                elif inside[-1] in ("embedding_model", "model") and inside[0] == "strategies" and not embeds(spec):
                    self.problems.add(path, f"{ref} has no embeddings; name a model of an OpenAI-compatible server")
                else:
                    found[ref] = spec
        return found

    def _lacks_keys(self, name: str, paths: Mapping[str, Path]) -> None:
        """No model of this agent can be asked: it is refused if it is needed, else left out."""
        specs = [spec for ref, path in paths.items() if (spec := self.models.spec(ref, path))]
        names = dict.fromkeys(key for spec in specs for key in spec.missing)
        if name not in self.needed:
            self._warn_of(names, ("agents", name, "model"), f"no model of {name} can be asked")
            return
        self.problems.cannot_ask(name, names)
        for ref, path in paths.items():
            self.models.require_key(ref, path)

    def _warn_of(self, names: Iterable[str], path: Path, effect: str) -> None:
        """Warn of what follows from keys that env lacks."""
        if known := ", ".join(names):
            self.problems.warn(path, f"env has no {known}, so {effect}")

    def _title_models(self, agent: AgentConfig, here: Path) -> tuple[ModelSpec, ...]:
        """The models of `title_model`: the agent's, else that of its model. One without its key is only a warning."""
        ref, path = agent.title_model, (*here, "title_model")
        if not ref and (config := self.file.models.get(agent.model)):
            ref, path = config.title_model, ("models", agent.model, "title_model")
        members = self.models.members(ref, path) if ref else []
        specs = [spec for member in members if (spec := self.models.spec(member, path))]
        if specs and all(spec.lacks_key for spec in specs):
            names = dict.fromkeys(name for spec in specs for name in spec.missing)
            self._warn_of(names, path, "titles are the first words of a prompt")
        return tuple(specs)
