"""A step: what many tools and a long history add to it."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from .lab import OURS, RAW, Contender, Facts, Lab, median, shuffled
from .report import Table, ms
from .sizes import Sizes

TOOLS: Final = 200
MESSAGES: Final = 500


async def loaded_step(both: dict[str, Contender], sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """The shortest answer there is, with tools and history and without; what the request is sent in is in either."""
    lab.tell(f"a step with {TOOLS} tools and {MESSAGES} messages")
    took: defaultdict[tuple[str, bool], list[float]] = defaultdict(list)
    for name, loaded in shuffled([(name, loaded) for name in (RAW, OURS) for loaded in (False, True)], sizes.firsts):
        tools, messages = (TOOLS, MESSAGES) if loaded else (0, 0)
        took[name, loaded].append((await both[name].run("flood-1", tools=tools, messages=messages)).ms)
    times = {cell: median(runs) for cell, runs in took.items()}
    added = {name: times[name, True] - times[name, False] for name in (RAW, OURS)}
    table = Table("A step, from the prompt to its end (ms)", ("", "raw", "ours"))
    table.add("without tools and history", *(ms(times[name, False]) for name in (RAW, OURS)))
    table.add(f"with {TOOLS} tools and {MESSAGES} messages", *(ms(times[name, True]) for name in (RAW, OURS)))
    table.add("which adds", *(ms(added[name]) for name in (RAW, OURS)))
    table.note(f"{sizes.firsts} steps of each, each the first of its session.")
    return {"loaded_ms": added[OURS], "raw_loaded_ms": added[RAW]}, table
