"""Thousands of turns in one runtime against models that fail at random, in a real browser: what is left in the end."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Final

from sparewheel.testing import Reply, Request, ScriptedProvider, dropped, errors, openai_chat

from .lab import OURS, Facts, Lab, median
from .memory import turns
from .report import Table

ROUNDS: Final = 10
FAILING: Final = 1 / 3  # of all requests; with more, breakers open, and most of the time is spent waiting for them
MODELS: Final = ("first", "second", "third")
_ANSWER: Final = openai_chat(text=["One ", "two ", "three ", "four."])
_CUT: Final = openai_chat(text=["One ", "two "], finish=None)
_FAULTS: Final = (
    errors.openai_rate_limit(),
    errors.openai_server_error(),
    Reply.json(503, {"error": {"message": "Overloaded."}}),
    dropped(),
    Reply(_CUT, cut_at=len(b"".join(_CUT)), cut="reset"),
    Reply(_CUT),
    Reply((*_CUT, b"data: {broken\n\n")),
    Reply(openai_chat(text=[])),
)
# No waits, and no rest after a failure: every turn is to meet every kind of failure.
_AGENT: Final = """
agents:
  root:
    model: first
    fallback: {{models: [second, third], retries: 1, cooldown: 0s, delay: 0s, backoff: {{initial: 1ms, max: 1ms}}}}
models: {{{models}}}
"""


async def soak(lab: Lab, count: int) -> tuple[Facts, Table]:
    """Take `count` turns. Every turn must end in one event; memory is told round by round."""
    rng = random.Random(20)
    requests = 0

    def reply(request: Request) -> Reply:
        nonlocal requests
        requests += 1
        return rng.choice(_FAULTS) if rng.random() < FAILING else Reply(_ANSWER)

    table = Table(f"{count:,} turns, every third request fails", ("turns", "finish", "error", "RssAnon MB", "turns/s"))
    ends: Counter[str] = Counter()
    levels: list[float] = []
    with ScriptedProvider() as provider:
        for model in MODELS:
            provider.script(model, reply)
        models = ", ".join(
            f'{model}: {{provider: openai, model: {model}, base_url: "{provider.url}/v1", token_key: SOAK_KEY}}'
            for model in MODELS
        )
        async with lab.contender(OURS) as ours:
            for number in range(ROUNDS):
                start = time.monotonic()
                size = count * (number + 1) // ROUNDS - count * number // ROUNDS
                ends += Counter(await turns(ours, _AGENT.format(models=models), {"SOAK_KEY": "none"}, size, 3600))
                levels.append(ours.rss_mb)
                rate = size / (time.monotonic() - start)
                row = (f"{ends.total():,}", ends["finish"], ends["error"], f"{levels[-1]:.0f}", f"{rate:.0f}")
                table.add(*row)
                lab.tell("soak: " + ", ".join(map(str, row)))
                provider.record.requests.clear()
    assert set(ends) <= {"finish", "error"}, f"turns without a proper end: {ends}"
    assert ends.total() == count
    # The first two rounds are the engine's: its heap finds its size. Single rounds differ by some MB.
    growth = median(levels[-3:]) - median(levels[2:5])
    table.note(f"{requests:,} requests. Memory, the last three rounds over the third to fifth: {growth:+.1f} MB.")
    facts: Facts = {"turns": count, "requests": requests, "ends": dict(ends), "rss_mb": levels, "growth_mb": growth}
    return facts, table
