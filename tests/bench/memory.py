"""Memory: what the page's process holds after a long answer, and after many turns."""

from __future__ import annotations

from .lab import Contender, Facts, Lab
from .report import Table
from .sizes import Sizes

_AGENT = """
agents:
  root: {{model: bench/flood-20}}
providers:
  bench: {{base_url: "{url}/v1", token_key: BENCH_KEY}}
"""
PER_SESSION = 25  # turns in a session: its history grows, so memory is flat only from session to session


async def memory(lab: Lab, ours: Contender, sizes: Sizes) -> tuple[Facts, Table]:
    """RssAnon of the renderer, in MB; `ours` has just been started."""
    table = Table("Memory of the page's process (MB)", ("", "RssAnon"))
    started = ours.rss_mb
    table.add("started", f"{started:.0f}")
    lab.tell(f"memory: {sizes.long:,} deltas")
    await ours.run(f"flood-{sizes.long}")
    long = ours.rss_mb
    table.add(f"after an answer of {sizes.long:,} deltas", f"{long:.0f}")
    lab.tell(f"memory: {sizes.turns:,} turns")
    half = sizes.turns // 2
    levels = []
    for _ in range(2):
        ends = await turns(ours, _AGENT.format(url=lab.api.url), {"BENCH_KEY": "none"}, half)
        assert ends == {"finish": half}, f"not every turn finished: {ends}"
        levels.append(ours.rss_mb)
    table.add(f"after {half:,} turns", f"{levels[0]:.0f}")
    table.add(f"after {2 * half:,} turns", f"{levels[1]:.0f}")
    return {"rss_mb": long, "started_mb": started, "turns": 2 * half, "turns_growth_mb": levels[1] - levels[0]}, table


async def turns(contender: Contender, yaml: str, env: dict[str, str], count: int, limit: float = 180) -> dict[str, int]:
    """Take so many turns, one after the other; how many ended how. Nothing may come after an end."""
    told = await contender.remote.call("turns", yaml, env, count, PER_SESSION, limit=limit)
    assert told["afterwards"] == 0, f"{told['afterwards']} events came after the end of their turn"
    ends: dict[str, int] = told["ends"]
    return ends
