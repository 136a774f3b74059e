"""Gives a session its title, beside its turns: after the first finished one, a model is asked for it.

Nothing of a turn depends on it. Its request has a health of its own, so that no failure of it counts for a turn, and
models that are not healthy are not asked. Its tokens and their cost count for the budgets of the session, not for the
usage of a turn.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..chain.log import AttemptLog
from ..chain.question import Question
from ..chain.step import Step
from ..messages import assistant
from ..providers.openai_common import is_at, reasons
from ..slices import run_in_slices
from ..titles import clean, first_words, request
from .guardrails import first_violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..config.specs import ModelSpec, ResolvedAgent
    from .runner import Runner

MAX_TOKENS: Final = 512  # of a title, thinking included
TITLE_SECONDS: Final = 60.0  # for all attempts
_MAX_BYTES: Final = 64 * 1024

# Options of a model that shape or prolong an answer, or give it tools: a short one needs none of them.
_LEFT_OUT: Final = frozenset(
    "tools tool_choice parallel_tool_calls response_format text n modalities audio web_search_options thinking "
    "reasoning reasoning_effort max_tokens max_completion_tokens max_output_tokens maxOutputTokens candidateCount "
    "responseModalities responseMimeType responseSchema responseJsonSchema thinkingConfig".split()
)


class Titles:
    """The title of one session. `publish` gets each title that is found; None: no title is wanted.

    A model is asked if the agent names a `title_model`, or if the session outlives the page in a store.
    """

    def __init__(self, runner: Runner, title: str | None, hidden: Callable[[str], str]) -> None:
        recorder = runner.state.recorder
        title = title or (recorder.header["title"] if recorder else None) or None
        self.title = title
        self.publish: Callable[[str], object] | None = None
        self._given = title
        self._runner = runner
        self._hidden = hidden  # removes secrets
        self._task: asyncio.Task[None] | None = None

    def give(self, title: str) -> None:
        """The user has named the conversation: no other title is looked for."""
        self.cancel()
        self.title = self._given = title
        if self.publish is not None:
            self.publish(title)

    def begin(self, prompt: str, answer: str) -> None:
        """A turn has finished: find a title, unless there is one or it is being looked for."""
        agent = self._runner.team.agents[self._runner.team.root]
        if self.publish is None or self.title is not None or self._task is not None:
            return
        recorder = self._runner.state.recorder
        if agent.title_models or (recorder is not None and recorder.durable):
            self._task = asyncio.ensure_future(self._find(agent, prompt, answer))
            self._task.add_done_callback(self._over)

    def renew(self, runner: Runner) -> None:
        """The session goes on with another runner."""
        self._runner = runner

    def cancel(self) -> None:
        """Stop looking for a title: the next finished turn begins anew."""
        if self._task is not None:
            self._task.cancel()

    def restart(self) -> None:
        """The conversation is forgotten, and so is a title that was found for it."""
        self.cancel()
        self.title = self._given

    async def close(self) -> None:
        """Stop looking for a title and wait until nothing of it runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _over(self, task: asyncio.Task[None]) -> None:
        self._task = None

    async def _find(self, agent: ResolvedAgent, prompt: str, answer: str) -> None:
        title = self._hidden(await self._ask(agent, prompt, answer) or first_words(self._hidden(prompt)))
        if title and self.publish is not None:
            self.title = title
            if (recorder := self._runner.state.recorder) is not None:
                recorder.rename(title)
            self.publish(title)

    async def _ask(self, agent: ResolvedAgent, prompt: str, answer: str) -> str:
        """The title that a model gives; "" if none does, for whatever reason."""
        chain = self._runner.side_chain(brief(agent, agent.title_models or agent.chain, MAX_TOKENS))
        if chain is None:
            return ""
        step = Step(chain, Question(request(prompt, answer), max_bytes=_MAX_BYTES), AttemptLog())
        try:
            async with asyncio.timeout(TITLE_SECONDS), aclosing(step.events()) as batches:
                async for _ in batches:
                    pass
            title = clean(step.answer().text) if step.reason == "stop" else ""
            violated = await run_in_slices(first_violation(agent.guardrails, "output", [assistant(title)]))
            return "" if violated else title
        except Exception:  # a defect, too, costs no more than the title
            return ""
        finally:
            self._runner.budgets.spend(agent, step.usage, step.cost)


def brief(agent: ResolvedAgent, models: Iterable[ModelSpec], max_tokens: int) -> ResolvedAgent:
    """The agent with `models` for a short answer in tokens: with little thinking, without tools, nothing but text."""
    return replace(agent, chain=tuple(_brief(spec, max_tokens) for spec in models))


def _brief(spec: ModelSpec, max_tokens: int) -> ModelSpec:
    at_openai = is_at(spec, "openai.com") and reasons(spec)
    parameters = {name: value for name in ("temperature", "top_p") if (value := spec.parameters.get(name)) is not None}
    parameters |= {"max_tokens": max_tokens, "thinking_budget": "low" if at_openai else 0}
    options = _short_options(spec.options)
    return replace(spec, parameters=parameters, options=options, outputs=frozenset(), resume=False)


def _short_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _short_options(value) if isinstance(value, dict) else value
        for name, value in options.items()
        if name not in _LEFT_OUT
    }
