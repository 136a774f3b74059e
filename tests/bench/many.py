"""Many sessions: at once, and one after the other."""

from __future__ import annotations

from typing import Final

from .lab import Contender, Facts, Lab, median
from .report import Table, ratio
from .sizes import Sizes

AT_ONCE: Final = 50
TURNS: Final = 10  # of each
MODEL: Final = "flood-20"
COMPARED: Final = 100  # turns and sessions, at the end and after the first ones


async def at_once(ours: Contender, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """Short turns in many sessions of one runtime at the same time."""
    lab.tell(f"{AT_ONCE} sessions at once")
    rates = [await ours.remote.call("atOnce", MODEL, AT_ONCE, TURNS) for _ in range(sizes.page_runs)]
    table = Table(f"{AT_ONCE} sessions at once, {TURNS} turns each", ("", "turns a second"))
    table.add("ours", f"{median(rates):,.0f}")
    return {"turns_per_s": median(rates)}, table


async def flat(ours: Contender, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """Sessions with a turn each, one after the other: what the last ones take, over those after the first ones."""
    lab.tell(f"{sizes.turns:,} sessions, one after the other")
    times = await ours.remote.call("flat", MODEL, sizes.turns, limit=600)
    table = Table(f"{sizes.turns:,} sessions, one after the other (ms)", ("", "early", "late", "ratio"))
    facts: Facts = {}
    for title, key, took in (("a turn", "turn", times["turns"]), ("a session", "session", times["sessions"])):
        size = min(COMPARED, len(took) // 3)
        early, late = median(took[size : 2 * size]), median(took[-size:])
        facts[f"{key}_ratio"] = late / early
        table.add(title, f"{early:.2f}", f"{late:.2f}", ratio(late / early))
    return facts, table
