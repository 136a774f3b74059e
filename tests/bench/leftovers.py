"""What turns leave behind in the browser: counted between rounds of them, and compared from round to round."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .lab import Contender, within

_INSIDE: Final = Path(__file__).with_name("leftovers_inside.py")
_WORKER: Final = "worker.js"

# How much more there may be of each after the warm-up. What is counted is the same each time, except for what Python
# keeps ready for later; of memory, pieces stay here and there.
LEEWAY: Final = {
    "tasks": 0,
    "sessions": 0,
    "python_proxies": 0,
    "js_proxies": 0,
    "objects": 100,
    "python_mb": 0.5,
    "wasm_mb": 0.0,
    "worker_js_mb": 0.5,
    "page_js_mb": 0.5,
    "rss_mb": 5.0,
}
COMPARED: Final = 3  # rounds, at the end and after the first


async def leftovers(contender: Contender) -> dict[str, float]:
    """What is there now that no turn runs, after all garbage has been collected; names as in `LEEWAY`.

    Only Chromium can be told to collect JavaScript's, and only Linux tells the memory of a process: elsewhere what
    needs them is missing. `rss_before_mb` is what the process had with the garbage, which is the engine's to let lie.
    """
    garbage = {"rss_before_mb": contender.rss_mb} if contender.processes else {}
    found: dict[str, float] = await contender.remote.call("lookup", _INSIDE.read_text(encoding="utf-8"))
    if contender.devtools is not None:
        heaps = await within(asyncio.to_thread(contender.devtools.heaps, _WORKER))
        found |= {f"{name}_js_mb": size for name, size in heaps.items()}
        if contender.processes:
            found["rss_mb"] = contender.rss_mb
    return found | garbage


def grown(rounds: Sequence[dict[str, float]]) -> dict[str, str]:
    """What there is more of in each of the last rounds than in any of those after the first, which warms up."""
    early, late = rounds[1 : 1 + COMPARED], rounds[-COMPARED:]
    found = {}
    for name in LEEWAY.keys() & rounds[0].keys():
        before, after = max(each[name] for each in early), min(each[name] for each in late)
        if after > before + LEEWAY[name]:
            found[name] = f"{before:g} -> {after:g}"
    return found
