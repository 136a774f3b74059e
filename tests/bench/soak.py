"""Thousands of turns in one runtime against models that fail at random, in a real browser: what they leave behind."""

from __future__ import annotations

import random
from collections import Counter
from typing import Final

from sparewheel.testing import Reply, Request, ScriptedProvider, dropped, errors, openai_chat

from .lab import OURS, Facts, Lab
from .leftovers import grown, leftovers
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
    fallback: {{models: [second, third], retries: 1, cooldown: 1ms, delay: 0s, backoff: {{initial: 1ms, max: 1ms}}}}
models: {{{models}}}
"""


# What is counted, by its heading in the table.
_COUNTS: Final = {
    "sessions": "sessions",
    "tasks": "tasks",
    "PyProxies": "python_proxies",
    "JsProxies": "js_proxies",
    "objects": "objects",
}
_SIZES: Final = {
    "Python MB": "python_mb",
    "wasm MB": "wasm_mb",
    "worker JS MB": "worker_js_mb",
    "page JS MB": "page_js_mb",
    "RssAnon MB": "rss_mb",
    "with garbage": "rss_before_mb",
}


async def soak(lab: Lab, count: int) -> tuple[Facts, Table]:
    """Take `count` turns. Every turn must end in one event, and no round may leave more behind than those before."""
    rng = random.Random(20)
    requests = 0

    def reply(request: Request) -> Reply:
        nonlocal requests
        requests += 1
        return rng.choice(_FAULTS) if rng.random() < FAILING else Reply(_ANSWER)

    table = Table(f"{count:,} turns, every third request fails", ("turns", "finish", "error", *_COUNTS, *_SIZES))
    ends: Counter[str] = Counter()
    rounds: list[dict[str, float]] = []
    with ScriptedProvider() as provider:
        for model in MODELS:
            provider.script(model, reply)
        models = ", ".join(
            f'{model}: {{provider: openai, model: {model}, base_url: "{provider.url}/v1", token_key: SOAK_KEY}}'
            for model in MODELS
        )
        async with lab.contender(OURS, inspected=True) as ours:
            for number in range(ROUNDS):
                size = count * (number + 1) // ROUNDS - count * number // ROUNDS
                ends += Counter(await turns(ours, _AGENT.format(models=models), {"SOAK_KEY": "none"}, size, 3600))
                left = await leftovers(ours)
                rounds.append(left)
                counts = [left[name] for name in _COUNTS.values()]
                sizes = [f"{left[name]:.1f}" if name in left else "-" for name in _SIZES.values()]
                row = (f"{ends.total():,}", ends["finish"], ends["error"], *counts, *sizes)
                table.add(*row)
                lab.tell("soak: " + ", ".join(map(str, row)))
                provider.record.requests.clear()
    assert set(ends) <= {"finish", "error"}, f"turns without a proper end: {ends}"
    assert ends.total() == count
    table.note(f"{requests:,} requests. Counted between the rounds, after all garbage has been collected.")
    table.note("One session, and the tasks of its turn, are those of who counts.")
    facts: Facts = {"turns": count, "requests": requests, "ends": dict(ends), "rounds": rounds, "grown": grown(rounds)}
    return facts, table
