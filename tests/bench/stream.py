"""Streaming: what a delta costs, how late it comes, how soon the first one, and what a fallback adds."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from .lab import OURS, RAW, Contender, Facts, Lab, Run, median, percentile, shuffled
from .report import Table, ms, ratio
from .sizes import Sizes

Both = dict[str, Contender]
CHAT: Final = "chat"
SESSION: Final = "session"
BATCH: Final = "batch"
FALLBACKS: Final = (
    ("same_host_ms", 429, "flood-1"),
    ("other_host_ms", 429, "other/flood-1"),
    ("after_500_ms", 500, "other/flood-1"),
)
VENDORS: Final = ("openai", "gateway", "usage")


async def throughput(both: Both, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """Deltas as fast as they can be read, in answers of several lengths."""
    await _warm_up(both)
    runs: defaultdict[tuple[str, int], list[Run]] = defaultdict(list)
    cells = [(name, length) for length, times in sizes.floods.items() for name in (RAW, OURS) for _ in range(times)]
    for name, length in shuffled(cells, 1):
        lab.tell(f"{length:,} deltas, {name}")
        runs[name, length].append(await _flood(both, name, f"flood-{length}", length))
    batches = [
        (await _flood(both, BATCH, f"flood-{sizes.long}", sizes.long)) for _ in range(min(sizes.floods.values()))
    ]
    table = Table(
        "Throughput", ("deltas", "raw ms", "ours ms", "time", "raw CPU us", "ours CPU us", "CPU", "ours per s")
    )
    time: dict[tuple[str, int], float] = {}
    cpu: dict[tuple[str, int], float] = {}
    for cell, done in runs.items():
        time[cell] = sizes.typical([run.us_per_delta for run in done])
        cpu[cell] = sizes.typical([run.cpu_us_per_delta for run in done])
    for length in sizes.floods:
        ours, theirs = (OURS, length), (RAW, length)
        table.add(
            f"{length:,} x {len(runs[ours])}",
            *(f"{time[cell] * length / 1000:,.0f}" for cell in (theirs, ours)),
            ratio(time[ours] / time[theirs]),
            *(f"{cpu[cell]:.1f}" for cell in (theirs, ours)),
            ratio(cpu[ours] / cpu[theirs]) if cpu[theirs] else "-",
            f"{1e6 / time[ours]:,.0f}",
        )
    long, short, longest = sizes.long, min(sizes.floods), max(sizes.floods)
    batch = sizes.typical([run.cpu_us_per_delta for run in batches])
    facts: Facts = {
        "time_ratio": time[OURS, long] / time[RAW, long],
        "cpu_ratio": cpu[OURS, long] / cpu[RAW, long] if cpu[RAW, long] else None,
        "batch_cpu_ratio": cpu[OURS, long] / batch if batch else None,
        "growth_ratio": time[OURS, long] / time[OURS, short],
        "cpu_growth_ratio": cpu[OURS, long] / cpu[OURS, short] if cpu[OURS, short] else None,
        "cpu_growth_200k": _grown(cpu, short, 200_000) if 200_000 in sizes.floods else None,
        "longest_growth_ratio": time[OURS, longest] / time[OURS, sizes.middle],
        "deltas": long,
        "us_per_delta": time[OURS, long],
        "cpu_us_per_delta": cpu[OURS, long],
        "raw_us_per_delta": time[RAW, long],
        "raw_cpu_us_per_delta": cpu[RAW, long],
    }
    table.note(
        f"Cost of a delta, {long:,} over {short:,} deltas: {ratio(facts['growth_ratio'])} time; "
        f"{longest:,} over {sizes.middle:,}: {ratio(facts['longest_growth_ratio'])}. "
        f"One post a chunk in raw JavaScript: {batch:.1f} us CPU."
    )
    return facts, table


def _grown(cpu: dict[tuple[str, int], float], short: int, long: int) -> float | None:
    return cpu[OURS, long] / cpu[OURS, short] if cpu[OURS, short] else None


async def latency(both: Both, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """A delta every 5 ms: how long after its sending the page has it. And how soon the first one comes."""
    late: defaultdict[str, list[list[float]]] = defaultdict(list)
    cpu: defaultdict[str, list[float]] = defaultdict(list)
    for name in shuffled((RAW, OURS), sizes.paced_runs):
        lab.tell(f"a delta every 5 ms, {name}")
        # Both in one page: the clocks of two browsers differ by more than what is measured.
        run = await both[OURS].run(f"paced-5-{sizes.paced}", stamped=True, name=name)
        late[name].append(run.latencies)
        cpu[name].append(run.cpu_us_per_delta)
    first: defaultdict[str, list[float]] = defaultdict(list)
    for name in shuffled((RAW, OURS, CHAT, SESSION), sizes.firsts):
        first[name].append((await both[RAW if name == RAW else OURS].run("flood-1", name=name)).first_ms)
    medians = {
        (name, percent): median([percentile(run, percent) for run in runs])
        for name, runs in late.items()
        for percent in (50, 99)
    }
    firsts = {name: median(runs) for name, runs in first.items()}
    facts: Facts = {
        "p50_ms": medians[OURS, 50] - medians[RAW, 50],
        "p99_ms": medians[OURS, 99] - medians[RAW, 99],
        "first_delta_ms": firsts[OURS] - firsts[RAW],
        "chat_first_delta_ms": firsts[CHAT] - firsts[RAW],
        "session_first_delta_ms": firsts[SESSION] - firsts[RAW],
        "paced_cpu_us_per_delta": sizes.typical(cpu[OURS]),
        "paced_raw_cpu_us_per_delta": sizes.typical(cpu[RAW]),
    }
    if facts["paced_raw_cpu_us_per_delta"]:
        facts["paced_cpu_ratio"] = facts["paced_cpu_us_per_delta"] / facts["paced_raw_cpu_us_per_delta"]
    table = Table("Latency, a delta every 5 ms (ms)", ("", "raw", "ours", "over raw"))
    for title, key, percent in (("p50", "p50_ms", 50), ("p99", "p99_ms", 99)):
        table.add(title, ms(medians[RAW, percent]), ms(medians[OURS, percent]), ms(facts[key]))
    for title, name, key in (
        ("first delta, session", OURS, "first_delta_ms"),
        ("first delta, chat() with a known file", CHAT, "chat_first_delta_ms"),
        ("first delta, new session of a known file", SESSION, "session_first_delta_ms"),
    ):
        table.add(title, ms(firsts[RAW]), ms(firsts[name]), ms(facts[key]))
    raw, ours = (facts[key] for key in ("paced_raw_cpu_us_per_delta", "paced_cpu_us_per_delta"))
    table.add("CPU of a delta (us)", f"{raw:,.0f}", f"{ours:,.0f}", ratio(ours / raw) if raw else "-")
    table.note(f"{sizes.paced_runs} runs of {sizes.paced} deltas; the first delta of {sizes.firsts} answers.")
    return facts, table


async def fallback(both: Both, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """The first model answers with an error at once; how soon the second one's first delta comes.

    After a 500 the next model on the same host is waited for, and that is no cost.
    """
    table = Table("Fallback: first delta of the second model (ms)", ("the first answers", "raw", "ours", "over raw"))
    facts: Facts = {}
    for key, status, second in FALLBACKS:
        where = "the same host" if key == "same_host_ms" else "another host"
        lab.tell(f"fallback after a {status}, {where}")
        first: defaultdict[str, list[float]] = defaultdict(list)
        # A name is used once: a model that has failed rests, and would not be asked first again.
        for number, name in enumerate(shuffled((RAW, OURS), sizes.fallbacks)):
            first[name].append((await both[name].run(f"status-{status}-{key}-{number}", second)).first_ms)
        raw, ours = median(first[RAW]), median(first[OURS])
        facts[key] = ours - raw
        table.add(f"{status}, {where}", ms(raw), ms(ours), ms(ours - raw))
    return {"overhead_ms": max(facts.values()), **facts}, table


async def _warm_up(both: Both) -> None:
    """Engines compile what has run for a while."""
    for contender in both.values():
        for _ in range(2):
            await contender.run("flood-20000")


async def _flood(both: Both, name: str, model: str, length: int) -> Run:
    run = await both[OURS if name == OURS else RAW].run(model, name=name)
    assert run.deltas == length, f"{name} delivered {run.deltas} of {length} deltas of {model}"
    return run


async def changing(both: Both, sizes: Sizes, lab: Lab) -> tuple[Facts, Table]:
    """Frames of which more than the text changes: none of them can be read without parsing it."""
    length = sizes.middle
    table = Table(f"{length:,} frames that change (CPU us a delta)", ("frames of", "raw", "ours", "ratio"))
    ratios: dict[str, float] = {}
    for vendor in VENDORS:
        lab.tell(f"frames that change, of {vendor}")
        cpu: defaultdict[str, list[float]] = defaultdict(list)
        for name in shuffled((RAW, OURS), sizes.paced_runs):
            run = await _flood(both, name, f"changing-{vendor}-{length}", length)
            cpu[name].append(run.cpu_us_per_delta)
        raw, ours = sizes.typical(cpu[RAW]), sizes.typical(cpu[OURS])
        if raw:
            ratios[vendor] = ours / raw
        table.add(vendor, f"{raw:.1f}", f"{ours:.1f}", ratio(ours / raw) if raw else "-")
    return {"cpu_ratios": ratios or None}, table
