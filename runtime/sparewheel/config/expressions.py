"""Compiles the regular expressions of an agent file, one at a time: a file may have hundreds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..patterns import MAX_MATCHERS, compiled
from .problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors.validation import Path
    from ..slices import Slices
    from .schema import AgentFile

MAX_GUARDRAILS: Final = 1_000_000  # the sizes of all different expressions of a file together


def compile_patterns(file: AgentFile) -> Slices[None]:
    """Compile every guardrail and every matcher of a hook, so that a turn finds them compiled.

    Raises:
        ConfigError: the expressions that cannot be used, each with its line, or too many of them.
    """
    problems = Problems(file)
    left = {False: MAX_GUARDRAILS, True: MAX_MATCHERS}
    seen = set()
    for path, text, entire in _expressions(file):
        if (text, entire) in seen:
            continue
        seen.add((text, entire))
        try:
            left[entire] -= compiled(text, ignore_case=not entire, entire=entire).size
        except ValueError as error:
            problems.add(path, str(error))
        if left[entire] < 0:
            kind = "matchers" if entire else "guardrails"
            problems.add(
                path, f"the regular expressions of all {kind} exceed their size limit: use fewer, or simpler ones"
            )
            break
        yield
    problems.check(next(iter(file.agents)))


def _expressions(file: AgentFile) -> Iterator[tuple[Path, str, bool]]:
    """The expressions of guardrails, and of matchers, which must match the whole name of a tool."""
    for name, agent in file.agents.items():
        for number, guardrail in enumerate(agent.guardrails):
            if guardrail.pattern is not None:
                yield ("agents", name, "guardrails", number, "pattern"), guardrail.pattern, False
        for path, entry in agent.hooks.matchers():
            yield ("agents", name, "hooks", *path, "matcher"), entry.matcher, True
