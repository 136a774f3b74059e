"""A step: what many tools and a long history add to the first of a session, and to the second."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from .lab import OURS, RAW, Contender, Facts, Lab, median, shuffled
from .report import Table, ms
from .sizes import Sizes

TOOLS: Final = 300
MESSAGES: Final = 1000


async def loaded_step(both: dict[str, Contender], sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """The shortest answer there is, with tools and history and without; what the request is sent in is in either."""
    lab.tell(f"steps with {TOOLS} tools and {MESSAGES} messages")
    first: defaultdict[tuple[str, bool], list[float]] = defaultdict(list)
    second: defaultdict[tuple[str, bool], list[float]] = defaultdict(list)
    for name, loaded in shuffled([(name, loaded) for name in (RAW, OURS) for loaded in (False, True)], sizes.firsts):
        tools, messages = (TOOLS, MESSAGES) if loaded else (0, 0)
        first[name, loaded].append((await both[name].run("flood-1", tools=tools, messages=messages)).ms)
        second[name, loaded].append((await both[name].again("flood-1")).ms)
    table = Table("A step, from the prompt to its end (ms)", ("", "raw", "ours", "second, raw", "second, ours"))
    rows = {"without tools and history": False, f"with {TOOLS} tools and {MESSAGES} messages": True}
    times = {cell: (median(first[cell]), median(second[cell])) for cell in first}
    for title, loaded in rows.items():
        table.add(title, *(ms(times[name, loaded][step]) for step in (0, 1) for name in (RAW, OURS)))
    added = {name: [times[name, True][step] - times[name, False][step] for step in (0, 1)] for name in (RAW, OURS)}
    table.add("which adds", *(ms(added[name][step]) for step in (0, 1) for name in (RAW, OURS)))
    table.note(f"{sizes.firsts} sessions of each, with two steps.")
    facts = {"loaded_ms": added[OURS][0], "second_loaded_ms": added[OURS][1], "raw_loaded_ms": added[RAW][0]}
    return facts, table
