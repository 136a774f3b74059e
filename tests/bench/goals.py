"""What the project wants to reach: a limit for numbers of the report. On a busy machine times are over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .lab import Facts
from .report import Table


@dataclass(frozen=True)
class Goal:
    """`key`: the group of facts and the name in it. `least`: the limit is the smallest that will do."""

    what: str
    key: str
    limit: float
    least: bool = False

    def measured(self, facts: Facts) -> float | None:
        group, _, name = self.key.partition(".")
        value: Any = facts.get(group, {}).get(name)
        found: float | None = max(value.values()) if isinstance(value, dict) else value  # the worst of several
        return found

    def met(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit


GOALS: Final = (
    Goal("second visit, to ready, over plain Pyodide", "boot.warm_ratio", 0.15),
    Goal("first visit, to ready, over plain Pyodide", "boot.cold_ratio", 0.20),
    Goal("bytes until ready (MB)", "boot.until_ready_mb", 8.0),
    Goal("first delta over raw, session (ms)", "latency.first_delta_ms", 1),
    Goal("first delta over raw, chat() with a known file (ms)", "latency.chat_first_delta_ms", 3),
    Goal("first delta over raw, new session (ms)", "latency.session_first_delta_ms", 3),
    Goal("a delta every 5 ms, p50 over raw (ms)", "latency.p50_ms", 0.2),
    Goal("a delta every 5 ms, p99 over raw (ms)", "latency.p99_ms", 0.7),
    Goal("CPU of a delta every 5 ms, over raw", "latency.paced_cpu_ratio", 1.5),
    Goal("CPU of a delta, over one post a chunk", "stream.batch_cpu_ratio", 1.8),
    Goal("CPU of a delta whose frame changes, over raw", "changing.cpu_ratios", 3),
    Goal("fallback after a 429, another host, over raw (ms)", "fallback.other_host_ms", 3),
    Goal("fallback after a 429, same host, over raw (ms)", "fallback.same_host_ms", 3),
    Goal("first step with 300 tools and 1,000 messages, added (ms)", "step.loaded_ms", 10),
    Goal("second step with them, added (ms)", "step.second_loaded_ms", 3),
    Goal("the page's longest task at 1,000 deltas/s (ms of CPU)", "page.worst_task_cpu_ms", 50),
    Goal("memory of a started runtime (MB)", "memory.started_mb", 100),
    Goal("turns a second, 50 sessions at once", "sessions.turns_per_s", 300, least=True),
    Goal("cost of a delta, 200,000 over 2,000", "stream.cpu_growth_200k", 1.1),
    Goal("deltas a second with a store, over without", "stored.throughput_ratio", 0.95, least=True),
    Goal("a delta every 5 ms, p99 with a store, added (ms)", "stored.p99_ms", 1),
    Goal("start with a store, added (ms)", "stored.start_ms", 10),
    Goal("all stored sessions listed (ms)", "listed.list_ms", 200),
    Goal("one of the stored sessions opened (ms)", "listed.open_ms", 100),
    Goal("a turn, the last 100 of 1,000 over the first", "flat.turn_ratio", 1.1),
    Goal("a session, the last 100 of 1,000 over the first", "flat.session_ratio", 1.1),
)


def goals(facts: Facts) -> Table:
    """Each goal with what was measured."""
    table = Table("Goals", ("", "limit", "measured", "met"))
    for goal in GOALS:
        value = goal.measured(facts)
        limit = f"{'at least' if goal.least else 'at most'} {goal.limit:g}"
        shown = ("-", "not measured") if value is None else (f"{value:.2f}", "yes" if goal.met(value) else "no")
        table.add(goal.what, limit, *shown)
    return table
