"""One conversation: at most one turn at a time, and every turn ends in exactly one terminal event.

Here events get their `turn` and `seq`, errors become `error` events and cancellation becomes `aborted`. A turn joins
the conversation only with what the next request may contain: of a failed turn the completed steps, so that asking again
does not ask twice, of an aborted turn also the text that was shown.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .agent import Run, Turn
from .agent.active import Active
from .agent.ending import aborted, answer_of, failed, known_error, result_of
from .agent.stamp import Stamp
from .agent.titles import Titles
from .agent.turn_records import begin_log, durable
from .chain.watchdog import Watchdog
from .errors import ConfigError
from .messages import parse_prompt
from .redaction.learned import SessionSecrets
from .redaction.stream import SplitSecrets
from .state.answers import Answers
from .state.choices import check_known
from .state.episodes import Episodes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from .agent import Runner
    from .agent.unfinished import Unfinished
    from .config.specs import ResolvedAgent, ResolvedTeam
    from .errors import Fault
    from .events import AbortReason, Event
    from .messages import Message
    from .page.results import Result
    from .state.journal.recorder import Recorder
    from .state.session_state import Conversation

EXPORT_VERSION: Final = 1


class Session:
    """A conversation with the agents of `runner`, which may have a `title` from the beginning.

    `result` is that of the last turn, None unless it has finished. `titles` looks for a title beside the turns.
    `secrets` are never shown.
    """

    def __init__(self, runner: Runner, title: str | None = None) -> None:
        self.runner = runner
        self.result: Result | None = None
        self._state = runner.state
        self._state.spend = lambda usage, cost: self.runner.spend(usage, cost)
        self._state.side_chain = lambda agent: self.runner.side_chain(agent)
        self.secrets = SessionSecrets(lambda: self.team.secrets, self._state.secrets)
        self.titles = Titles(runner, title, self.secrets.sought.hidden)
        self._episodes = Episodes()
        self._active: Active | None = None
        self._unfinished: Unfinished | None = None  # the last turn, if it was interrupted or has failed

    def turn(self, prompt: object) -> AsyncGenerator[list[Event], None]:
        """Run one turn; yield its events in batches, the terminal event last.

        Raises `ConfigError` for a prompt that `parse_prompt` refuses, and before the first event if another turn is
        running. After the terminal event it raises the turn's `SparewheelError`, or `CancelledError` if the task was
        cancelled.
        """
        return self.answer([parse_prompt(prompt)])

    def answer(
        self, messages: Iterable[Message], *, model: str | None = None, fault: Fault | None = None
    ) -> AsyncGenerator[list[Event], None]:
        """Like `turn`, for messages of which the last one is the user's.

        `model` (`provider/model`) is asked first; `ConfigError` if no agent has it. The first attempt has the `fault`.
        """
        return self._run(lambda: self._begin(list(messages)), model, fault)

    def resume(self, *, model: str | None = None, fault: Fault | None = None) -> AsyncGenerator[list[Event], None]:
        """Go on with the last turn, which was interrupted or has failed: what is done in it is not done again.

        Yields and raises like `answer`; `ConfigError` if there is no such turn.
        """
        return self._run(self._begin_again, model, fault)

    def _begin(self, prompts: list[Message]) -> tuple[Turn, Conversation]:
        before = self._state.conversation
        self._give_up()
        messages = [*before.messages, *prompts]
        return Turn(replace(before, messages=messages), len(before.messages), prompts=len(prompts)), before

    def _give_up(self) -> None:
        """The last turn does not go on."""
        if self._unfinished is not None:
            self.runner.give_up(self._unfinished.reattach)
        self._unfinished = None

    def _begin_again(self) -> tuple[Turn, Conversation]:
        if (unfinished := self._unfinished) is None:
            raise ConfigError("there is no turn to resume", "Only the last turn, if it was interrupted or has failed.")
        return Turn.resumed(unfinished), unfinished.before

    async def _run(
        self, begin: Callable[[], tuple[Turn, Conversation]], model: str | None, fault: Fault | None
    ) -> AsyncGenerator[list[Event], None]:
        """Run the turn that `begin` gives, with the conversation before it."""
        self._check(model)
        turn, before = begin()
        turn.wish(model, fault)
        self._active = active = Active(before, asyncio.current_task())
        self._state.conversation = turn.conversation
        self.result = None
        stamp = Stamp(turn)
        episode = self._episodes.begin(turn.name, self.runner.now(), turn.episode)
        unsplit = SplitSecrets(self.secrets.sought)
        log = begin_log(self._state, turn, self._unfinished)
        self._unfinished = None
        failure: BaseException | None = None
        outcome = "abandoned"  # if the consumer closes the generator
        try:
            async with Watchdog() as dog, aclosing(Run(self.runner, turn).events()) as batches:
                dog.expect("timeout_turn", self._agent(turn).timeouts.turn)
                while (batch := await dog.watch(anext(batches, None))) is not None:
                    last = batch[-1]
                    if last["type"] == "finish":
                        outcome = "finished"
                        last["message"] = unsplit.message(answer_of(turn))
                        self.result = result_of(turn, last)
                    if batch := unsplit(batch):
                        if log.see(batch):
                            batch = await durable(self._state, turn, batch, active)
                        yield stamp(batch)
        except asyncio.CancelledError as error:
            failure = error
            batch = aborted(turn, active.reason or "user", unsplit)
            outcome = "abandoned" if active.reason == "consumer" else "aborted"
        except Exception as error:
            self.expect(turn.unfinished(before))
            failure = known = known_error(error)
            batch = failed(turn, known, unsplit, keep=self._agent(turn).fallback.on_partial == "keep")
            outcome = "failed"
        finally:
            turn.answer_calls()
            if outcome != "finished" and not turn.completed:
                self._state.conversation = before
            self._over(episode, turn, outcome, failure)
            if failure is None:
                self._active = None
                log.close(outcome, kept=bool(turn.completed), usage=None)
        if failure is not None:
            if log.see(batch := unsplit(batch or [])):
                batch = await durable(self._state, turn, batch, active)
            self._active = None
            yield stamp(batch)
        active.end(failure)

    def _check(self, model: str | None = None) -> None:
        if self._active is not None:
            raise ConfigError("a run is already active", "Wait for its end, or abort it first.")
        if model is not None:
            check_known(model, self.team)

    def _agent(self, turn: Turn) -> ResolvedAgent:
        return self.team.agents[turn.agent]

    def _over(self, episode: dict[str, Any], turn: Turn, outcome: str, failure: BaseException | None) -> None:
        now, attempts = self.runner.now(), turn.log.records
        self._episodes.end(episode, now, outcome, usage=turn.total, attempts=attempts, failure=failure)
        if outcome == "finished":
            self.titles.begin(turn.prompt.text, answer_of(turn).text)

    def renew(self, runner: Runner, agent: str | None = None) -> None:
        """Go on with `runner` (`Runner.renewed`), and with `agent` if it is given. The conversation stays.

        Raises `ConfigError` while a turn runs.
        """
        self._check()
        team, state = runner.team, self._state
        unfinished = [self._unfinished.before, self._unfinished.now] if self._unfinished else []
        for conversation in (state.conversation, *unfinished):
            named = agent or conversation.agent
            conversation.agent = named if named in team.agents else team.root
        state.permissions = team.rules
        state.choices.fit(team)
        state.answers = Answers()  # of other models, or to another instruction
        self.runner = runner
        self.secrets.renew()
        self.titles.renew(runner)

    def write_log(self) -> None:
        """Record now what has been shown of the running turn, because the page may go away."""
        if self._state.log is not None:
            self._state.log.write()

    def abort(self, reason: AbortReason = "user") -> bool:
        """Stop the running turn by cancelling the task that iterates it. Return whether there is one.

        The turn ends with an `aborted` event, which names the `reason` of the first call. A title is no longer looked
        for.
        """
        self.titles.cancel()
        if self._active is None or self._active.task is None or self._active.ending:
            return False
        self._active.reason = self._active.reason or reason
        self._active.task.cancel()
        return True

    def expect(self, unfinished: Unfinished) -> None:
        """The session was restored, and this turn of it can go on."""
        self._unfinished = unfinished
        self._state.doubts.expect(unfinished.doubts)

    def resolve(self, call_id: object, wish: object, result: object = None) -> None:
        """Decide about a call in doubt: `done` (with its `result`, if that is known), `again` or `skip`.

        Raises `ConfigError` if there is no such call, or the decision is none.
        """
        self._state.doubts.decide(call_id, wish, result)

    def confirm(
        self,
        decision: object,
        *,
        call_id: str | None = None,
        tool: str | None = None,
        reason: str = "",
        arguments: object = None,
    ) -> None:
        """Decide on a tool call: the one named by its confirmation's id, or the one that has waited longest.

        `tool` names the tool that `approve_tool` approves, `reason` tells the model why a call is rejected, `arguments`
        (an object, or its JSON text) replace the model's. Raises `ConfigError` for an unknown decision, for arguments
        that do not match the tool's schema, or if no such call waits.
        """
        self._state.approvals.answer(decision, call_id=call_id, tool=tool, reason=reason, arguments=arguments)

    def respond(self, question: object, action: object, content: object = None) -> None:
        """Answer the elicitation with the id `question`: accept (with `content`), decline or cancel.

        Raises `ConfigError` for an unknown action, or if no such elicitation waits.
        """
        self._state.respond(question, action, content)

    @property
    def interactive(self) -> bool:
        """Whether a user can be asked for approvals and answers."""
        return self._state.approvals.interactive

    @interactive.setter
    def interactive(self, value: bool) -> None:
        self._state.approvals.interactive = value

    @property
    def team(self) -> ResolvedTeam:
        return self.runner.team

    @property
    def recorder(self) -> Recorder | None:
        """Where the session is stored."""
        return self._state.recorder

    @property
    def history(self) -> Sequence[Message]:
        """The messages of the conversation after the last turn."""
        return self._settled.messages

    @property
    def _settled(self) -> Conversation:
        return self._active.before if self._active else self._state.conversation

    def restart(self) -> None:
        """Forget the conversation, which agent answers it, and the model that the agent has picked.

        Approvals, what tools have stored, and what was spent stay. Raises `ConfigError` while a turn runs.
        """
        self._check()
        self._state.forget(self.team.root)
        self._give_up()
        self.titles.restart()
        if self._state.recorder is not None:
            self._state.recorder.forget_turns()
        self._episodes.clear()

    async def close(self) -> None:
        """End the session and close its toolsets."""
        await self.titles.close()
        agent = self.team.agents[self._state.conversation.agent]
        await self.runner.hooks(agent).run("session_end", {"agent_name": agent.name})
        await self.runner.toolbox.close()
        if self._state.recorder is not None:
            await self._state.recorder.close()

    def export(self) -> dict[str, Any]:
        """The conversation as one JSON document, without keys; its messages can be the history of a new session."""
        conversation = self._settled
        return {
            "version": EXPORT_VERSION,
            "agent": conversation.agent,
            "messages": [message.to_dict() for message in conversation.messages],
            "episodes": self._episodes.records,
        }
