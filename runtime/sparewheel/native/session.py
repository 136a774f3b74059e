"""A session that a Python program holds: prompts in, events and results out."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from ..batch import DEFAULT_PARALLEL, Outcome, Tally, map_prompts
from ..chain.cancelling import cancelled
from ..errors import ConfigError, SparewheelError
from ..worker.keep import storable
from .making import make_session, renewed_runner
from .turns import Turns

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..events import Event
    from ..session import Session
    from ..worker.keep import Keep
    from .making import Options
    from .turns import Prompt


class AgentSession(Turns):
    """One conversation with an agent; made by `open_agent`. Turns run one at a time, sessions run side by side.

    Every method raises `ConfigError` once the session is closed, except `abort` and `close`.

    Attributes:
        id: the name of the session, in the store if it is kept in one.
        agent: the agent's name.
        models: its chain as `provider/model`, primary first.
        agents: the names of the agents that can take part.
        welcome_message: what the agent file wants users to be greeted with; may be empty.
        warnings: keys of the agent file that have no effect, or not the usual one; the first turn reports them too.
        missing_keys: keys that env lacks, `{name, vendor, models}` each: these models are skipped.
        commands: the agent's commands by name, as the agent file has them.
        restored: the event `restored` if the session was opened from a store with a turn that has no end, else None.
    """

    def __init__(self, options: Options, session: Session, keep: Keep | None = None) -> None:
        super().__init__(session, options.on_event, options.interactive)
        self.id = keep.name if keep else secrets.token_hex(8)
        self._options = options
        self._recorder = options.tape.recorder
        self._traced = options.collector.listener() if options.collector else None
        self._describe()
        restored = keep.unfinished() if keep else None
        self.restored: dict[str, Any] | None = self._clean.result(restored) if restored else None
        self._others: set[AgentSession] = set()  # opened by `session`
        self._changing = asyncio.Lock()
        self.on_close: Callable[[], object] = lambda: None

    def _describe(self) -> None:
        team = self._session.team
        root = team.agents[team.root]
        self.agent = root.name
        self.models = [spec.ref for spec in root.chain]
        self.agents = list(team.agents)
        self.welcome_message = root.welcome_message
        self.warnings = list(team.warnings)
        self.missing_keys = list(team.missing_keys)
        self.commands = {name: command.model_dump(exclude_defaults=True) for name, command in root.commands.items()}

    @property
    def preferred(self) -> str | None:
        """The model that is asked first, as `provider/model`; None: as the agent file has it. See `prefer`."""
        return self._session.runner.state.choices.preferred

    @property
    def skipped(self) -> list[str]:
        """The models that are not asked. See `skip`."""
        return list(self._session.runner.state.choices.skipped)

    @property
    def title(self) -> str | None:
        """The title of the conversation; None if there is none (yet). `on_event` gets a `title` event when it comes."""
        title: str | None = self._clean.result(self._session.titles.title)
        return title

    async def resolve(
        self, call_id: str, decision: Literal["done", "again", "skip"], result: str | None = None
    ) -> None:
        """Decide about a call that may have had its effect before its turn was interrupted.

        Args:
            call_id: the `id` of its `in_doubt` event.
            decision: `done`: it has had its effect; `again`: run it, with the same idempotency key; `skip`: do not.
            result: what the model is told, for `done`; None: that it is not known.

        Raises:
            ConfigError: no such call is in doubt, or the decision is unknown.
        """
        self._check_open()
        self._session.resolve(call_id, decision, result)

    async def confirm(
        self,
        decision: Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"] | bool,
        *,
        id: str | None = None,
        tool_name: str | None = None,
        reason: str = "",
        arguments: Mapping[str, Any] | str | None = None,
    ) -> None:
        """Answer a `tool_confirmation`.

        Args:
            decision: True is `approve`, False is `reject`. `approve_tool` also approves later calls of the same tool,
                `approve_all` those of every tool.
            id: the `id` of the event; None: the call that has waited longest.
            tool_name: the tool for `approve_tool`; needed unless `id` names a call of it.
            reason: why a call is rejected; the model reads it.
            arguments: run the call with these instead of the model's: an object, or its JSON text.

        Raises:
            ConfigError: no call waits for approval, the decision is unknown, or the arguments do not match the schema
                of the tool.
        """
        self._check_open()
        self._session.confirm(decision, call_id=id, tool=tool_name, reason=reason, arguments=arguments)

    async def respond_to_elicitation(
        self, id: str, action: Literal["accept", "decline", "cancel"], content: Mapping[str, Any] | None = None
    ) -> None:
        """Answer an `elicitation`: `id` is that of the event, `content` what was filled in, in the shape of its schema.

        Raises:
            ConfigError: no such elicitation waits for an answer, or the action is unknown.
        """
        self._check_open()
        self._session.respond(id, action, dict(content or {}))

    async def restart(self) -> None:
        """Forget the conversation; a running turn is aborted first. Approvals and what tools have stored stay."""
        self._check_open()
        if self._turn is not None:
            await self._stop(self._turn, "restart")
        self._session.restart()

    async def update(
        self,
        agent: str | os.PathLike[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        agent_name: str | None = None,
        allow_hosts: Sequence[str] | None = None,
        documents: Mapping[str, str | bytes] | None = None,
    ) -> None:
        """Go on with another agent file, other keys or another agent, and keep the conversation.

        What is None stays as it is; `env` replaces the whole former one. A turn that runs ends first.

        Raises:
            ConfigError: the file cannot run, or an option is wrong; the session is as it was.
        """
        self._check_open()
        async with self._changing:
            options = self._options.changed(
                agent, env=env, agent_name=agent_name, allow_hosts=allow_hosts, documents=documents
            )
            runner = renewed_runner(self._session, options)
            try:
                if self._turn is not None:
                    await self._turn.wait()
                self._check_open()
                former = self._session.runner
                self._session.renew(runner, runner.team.root if agent_name else None)
            except BaseException:
                await runner.toolbox.close()
                raise
            self._options = options
            self._describe()
            if (recorder := self._session.recorder) is not None:
                await recorder.change(storable(options.file), runner.team.root)
            await former.toolbox.close()

    async def prefer(self, model: str | None) -> None:
        """Ask `model` (`provider/model`) first, from the next step on; None: the order of the agent file.

        Raises:
            ConfigError: no agent of the file has the model.
        """
        self._check_open()
        self._session.runner.state.choices.prefer(model, self._session.team)
        await self._save()

    async def skip(self, model: str, skip: bool = True) -> None:
        """Do not ask `model` from the next step on; `skip` False: ask it again.

        Raises:
            ConfigError: no agent of the file has the model, or it is the last one of an agent that can be asked.
        """
        self._check_open()
        self._session.runner.state.choices.skip(model, skip, self._session.team)
        await self._save()

    async def _save(self) -> None:
        if (recorder := self._session.recorder) is not None:
            await recorder.save_state()

    async def session(
        self,
        agent: str | os.PathLike[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        agent_name: str | None = None,
        auto_approve: bool | None = None,
        history: Sequence[Mapping[str, Any]] = (),
        documents: Mapping[str, str | bytes] | None = None,
        allow_hosts: Sequence[str] | None = None,
    ) -> AgentSession:
        """Another session, with the options of this one that are not given; it is closed with this one at the latest.

        It is kept in no store. Sessions run side by side; models' cooldowns are common to them.

        Raises:
            ConfigError: the agent file or an option cannot be used.
        """
        self._check_open()
        options = self._options.changed(
            agent,
            env=env,
            agent_name=agent_name,
            auto_approve=auto_approve,
            documents=documents,
            allow_hosts=allow_hosts,
        )
        if agent is not None and agent_name is None:
            options.agent_name = None
        other = AgentSession(options, make_session(options, history))
        self._others.add(other)
        other.on_close = lambda: self._others.discard(other)
        return other

    async def map(self, prompts: Iterable[Prompt], parallel: int = DEFAULT_PARALLEL) -> list[Outcome]:
        """Ask every prompt in a session of its own, with the options of this one; the outcomes are in their order.

        A prompt that fails has its error in its outcome (`status` is `error`). Cancelling the task aborts what is under
        way. No title is looked for, and no question is asked.

        Args:
            prompts: texts or lists of parts, as for `stream`.
            parallel: how many are under way at the same time, 1 to 1000.

        Raises:
            ConfigError: `prompts` or `parallel` cannot be used, or the session is closed.
        """
        self._check_open()
        return await map_prompts(self.ask, prompts, parallel)

    async def ask(self, prompt: Prompt, see: Callable[[list[Event]], object] | None = None) -> Outcome:
        """Ask one prompt in a session of its own, of which nothing stays. Never raises `SparewheelError`.

        `see` gets lists of its events, as they come.
        """
        tally = Tally()

        def on_event(event: Event) -> None:
            tally.see([event])
            if see is not None:
                see([event])

        options = replace(self._options, interactive=False, on_event=on_event)
        try:
            other = AgentSession(options, make_session(options, title="", team=self._session.team))
            try:
                return tally.answered(await other.send(prompt))
            finally:
                await other.close()
        except SparewheelError as error:
            return tally.failed(error)

    async def messages(self) -> list[dict[str, Any]]:
        """The messages of the conversation after the last turn, without keys."""
        self._check_open()
        messages: list[dict[str, Any]] = self._clean.result([message.to_dict() for message in self._session.history])
        return messages

    async def rename(self, title: str) -> None:
        """Give the session another title in its store. Raises `ConfigError` if it is kept in none."""
        self._check_open()
        if (recorder := self._session.recorder) is None:
            raise ConfigError("The session is kept in no store.")
        recorder.rename(title)
        self._session.titles.give(title)

    async def export(self) -> dict[str, Any]:
        """The conversation as a JSON document, without keys; its `messages` are a `history` for `open_agent`."""
        self._check_open()
        document: dict[str, Any] = self._clean.result(self._session.export())
        return document

    async def close(self) -> None:
        """End the session: abort its turn, wait for it, close its tools. Closing twice is fine."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self.on_close()
        await asyncio.gather(*(other.close() for other in list(self._others)))
        if self._turn is not None:
            await self._stop(self._turn, "dispose")
        await self._session.close()
        await cancelled()  # the program may end now
