"""Puts a session together: a team of agents, what belongs to the session, and every source of tools.

Each source is imported when an agent file names it: none of it is needed before the first answer of an agent without
tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..agent import Runner
from ..agent.toolbox import Toolbox
from ..errors import ConfigError
from ..session import Session
from ..state.session_state import Conversation, SessionState
from .keep import text_changed
from .unfinished import unfinished_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ..chain.chain import Chain
    from ..chain.health import Health
    from ..config.agents import InlineSkill
    from ..config.specs import ResolvedAgent, ResolvedTeam
    from ..config.toolsets import ToolsetConfig
    from ..hooks.engine import Hook
    from ..messages import Message
    from ..state.approvals import Approvals
    from ..tools.base import Toolset
    from ..tools.code.sandbox import Sandbox
    from ..tools.services import Services
    from ..transports.base import Transport, Url
    from .keep import Keep


@dataclass(slots=True)
class Extras:
    """What the caller adds to the agent file: the page, or a Python program.

    `toolsets` are open sources of tools, `entries` sources in the terms of an agent file. `documents` are texts by path
    for `file:` of toolsets, `env` is what `${...}` and keys are taken from. `package_index` is where packages of Python
    tools may come from; entries of the caller may name their own. `tool_proxy` is the egress proxy of requests of
    tools. Authorization servers send the user back to `oauth_redirect_uri`; the agent file's secrets may go to
    `allow_hosts` as well. `trace`: requests to models are reported as events. Code that
    models write runs in what `sandbox` makes.
    """

    approvals: Approvals
    hooks: Sequence[Hook] = ()
    toolsets: Sequence[Toolset] = ()
    entries: Sequence[ToolsetConfig] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    package_index: str | None = None
    oauth_redirect_uri: str = ""
    allow_hosts: Collection[str] = ()
    tool_proxy: Url | None = None
    trace: bool = False
    sandbox: Callable[[], Sandbox] | None = None


def assemble(
    team: ResolvedTeam,
    transport: Transport,
    health: Health,
    extras: Extras,
    history: Iterable[Message] = (),
    keep: Keep | None = None,
    title: str | None = None,
) -> Session:
    """A session of `team`, with every source of tools open; `keep` is where it is stored.

    With a `title`, none is looked for.

    Raises:
        ConfigError: a source cannot be opened.
    """
    messages = keep.restored.history if keep and keep.restored else list(history)
    state = SessionState(
        Conversation(messages, team.root),
        approvals=extras.approvals,
        hooks=list(extras.hooks),
        permissions=team.rules,
        texts=keep.texts() if keep else {},
        trace=extras.trace,
    )
    if keep is not None:
        state.recorder = keep.recorder(team, state, lambda: session.runner)
    runner = Runner(team, transport, health, state, _toolbox(team, state, transport, extras))
    if keep is not None and state.recorder is not None:
        keep.begin(state.recorder, team, runner, messages)
    session = Session(runner, title)
    if state.recorder is not None:
        session.secrets.watch(state.recorder.hide)
    if keep is not None and keep.restored and (unfinished := unfinished_turn(keep.restored, state.conversation)):
        session.expect(unfinished)
    return session


def runner_for(session: Session, team: ResolvedTeam, extras: Extras) -> Runner:
    """A runner with which an open session can go on (`Session.renew`): another team, but the same state.

    The session does not change. Raises `ConfigError` if a source cannot be opened.
    """
    former = session.runner
    return former.renewed(team, _toolbox(team, former.state, former.transport, extras))


def _toolbox(team: ResolvedTeam, state: SessionState, transport: Transport, extras: Extras) -> Toolbox:
    """The tools of every agent, opened now: an error is reported before the first turn."""
    toolbox = Toolbox(_Sources(team, state, transport, extras).open)
    for agent in team.agents.values():
        toolbox.open(agent)
    return toolbox


class _Sources:
    """Opens the sources of tools that an agent's file names, and the caller's before them."""

    def __init__(self, team: ResolvedTeam, state: SessionState, transport: Transport, extras: Extras) -> None:
        self._team = team
        self._state = state
        self._transport = transport
        self._extras = extras
        self._services: Services | None = None

    def open(self, agent: ResolvedAgent) -> Sequence[Toolset]:
        entries = [*self._extras.entries, *agent.toolsets]
        own = [_skills(agent.skills)] if agent.skills else []
        return [*self._extras.toolsets, *(self._toolset(entry) for entry in entries), *own]

    def _toolset(self, entry: ToolsetConfig) -> Toolset:
        if entry.type == "python":
            from ..tools.python.toolset import open_python
            from ..transports.packages import bundled_packages, package_loader

            own = any(entry is one for one in self._extras.entries)
            return open_python(
                entry,
                load=package_loader(),
                documents=self._extras.documents,
                secrets=self._team.secrets,
                index=(own and entry.index) or self._extras.package_index,
                bundled=bundled_packages(),
            )
        if entry.type == "mcp":
            from ..tools.mcp.toolset import open_mcp

            return open_mcp(entry, self._shared())
        if entry.type == "code":
            from ..tools.code.toolset import CodeToolset

            extras = self._extras
            sandbox = extras.sandbox() if extras.sandbox else None
            return CodeToolset(entry, self._shared(), sandbox, extras.package_index)
        from ..tools.registry import open_toolset

        return open_toolset(entry, self._shared())

    def _shared(self) -> Services:
        """The services that the built-in tools of a session share."""
        from ..tools.services import MemoryStore, Services, SignIns

        if self._services is None:
            state = self._state
            self._services = Services(
                self._transport,
                _Facts(self._team, state),
                now=lambda: datetime.now(UTC),
                env=self._extras.env,
                store=MemoryStore(state.texts, text_changed(state.recorder)),
                sign_ins=SignIns(
                    self._extras.oauth_redirect_uri,
                    self._extras.allow_hosts,
                    attended=lambda: state.approvals.interactive,
                    turn=lambda: state.conversation,
                    hide=state.secrets.add,
                    made=state.sign_ins,
                ),
                tool_proxy=self._extras.tool_proxy,
                documents=self._extras.documents,
                models={ref: spec for agent in self._team.agents.values() for ref, spec in agent.rag_models.items()},
                root=self._team.agents.get(self._team.root),
                spend=lambda usage, cost: state.spend(usage, cost),
                side_chain=self._side_chain,
                kept=state.kept,
                trace=self._extras.trace,
            )
        return self._services

    def _side_chain(self, name: str, max_tokens: int) -> Chain | None:
        from ..agent.titles import brief

        agent = self._team.agents[name]
        return self._state.side_chain(brief(agent, agent.chain, max_tokens))


def _skills(written: Sequence[InlineSkill]) -> Toolset:
    from ..config.toolsets import ToolsetConfig
    from ..tools.builtin.skills import skills
    from ..tools.toolset import BuiltinToolset

    return BuiltinToolset(ToolsetConfig(type="skills"), skills(written))


class _Facts:
    """What built-in tools may read of their session, and change."""

    def __init__(self, team: ResolvedTeam, state: SessionState) -> None:
        self._team = team
        self._state = state

    @property
    def agent(self) -> str:
        return self._state.conversation.agent

    def messages(self) -> Sequence[Message]:
        return self._state.conversation.messages

    def models(self) -> Sequence[str]:
        agent = self._team.agents[self.agent]
        return list(dict.fromkeys([*(spec.ref for spec in agent.chain), *agent.models]))

    def choose_model(self, ref: str | None) -> None:
        if ref is not None and ref not in self.models():
            raise ConfigError(f"{ref} is not one of {', '.join(self.models())}")
        self._state.model = ref
