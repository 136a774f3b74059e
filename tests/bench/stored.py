"""Sessions that the browser stores: what storing adds, and how soon they are listed and opened."""

from __future__ import annotations

from typing import Final

from .lab import OURS, Contender, Facts, Lab, median, percentile, shuffled
from .report import Table, ms, ratio
from .sizes import Sizes

STORED: Final = "stored"
MODEL: Final = "flood-1"
_LISTINGS: Final = 9


async def stored(ours: Contender, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """Answers, starts and latencies with a store and without one, in pairs."""
    lab.tell("with a store and without one")
    took: dict[str, list[float]] = {OURS: [], STORED: []}
    late: dict[str, list[float]] = {OURS: [], STORED: []}
    starts: dict[str, list[float]] = {OURS: [], STORED: []}
    await ours.run(MODEL, name=STORED)
    for name in shuffled((OURS, STORED), min(sizes.floods.values())):
        took[name].append((await ours.run(f"flood-{sizes.long}", name=name)).ms)
    for name in shuffled((OURS, STORED), sizes.paced_runs):
        run = await ours.run(f"paced-5-{sizes.paced}", stamped=True, name=name)
        late[name].append(percentile(run.latencies, 99))
    for name in shuffled((OURS, STORED), sizes.boots):
        starts[name].append(await ours.remote.call("start", name == STORED))
    facts: Facts = {
        "throughput_ratio": sizes.typical(took[OURS]) / sizes.typical(took[STORED]),
        "p99_ms": median(late[STORED]) - median(late[OURS]),
        "start_ms": median(starts[STORED]) - median(starts[OURS]),
    }
    table = Table("With a store (ms)", ("", "without", "with", "difference"))
    both = sizes.typical(took[OURS]), sizes.typical(took[STORED])
    table.add(f"{sizes.long:,} deltas", *map(ms, both), f"{ratio(facts['throughput_ratio'])} as many a second")
    for title, times, key in (
        ("a delta every 5 ms, p99", late, "p99_ms"),
        ("start of a further runtime", starts, "start_ms"),
    ):
        table.add(title, *(ms(median(times[name])) for name in (OURS, STORED)), ms(facts[key]))
    return facts, table


async def listed(ours: Contender, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """The list of many stored sessions, and one of them opened."""
    lab.tell(f"{sizes.stored:,} stored sessions")
    await ours.remote.call("fill", MODEL, sizes.stored, limit=900)
    found = [await ours.remote.call("stored", number * sizes.stored // _LISTINGS) for number in range(_LISTINGS)]
    count = found[0]["count"]
    assert count >= sizes.stored, f"of {sizes.stored} stored sessions {count} are listed"
    facts: Facts = {key: median([each[key] for each in found]) for key in ("list", "open")}
    table = Table(f"{sizes.stored:,} stored sessions (ms)", ("", "median", "worst"))
    for title, key in (("listed", "list"), ("one opened", "open")):
        table.add(title, ms(facts[key]), ms(max(each[key] for each in found)))
    return {"list_ms": facts["list"], "open_ms": facts["open"], "count": count}, table
