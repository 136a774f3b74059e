"""Runs inside Pyodide: searches documents, as an agent's tool does."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.tools.registry import open_toolset
from sparewheel.tools.services import Services


class Context:
    call_id = "c1"
    agent = "root"
    idempotency_key = "k1"

    def progress(self, output: str) -> None:
        pass


async def search(documents: Mapping[str, str], query: str) -> dict[str, Any]:
    """What the tool finds, which modules it has imported for that, and how long a second search takes."""
    services: Any = Services(None, None, now=lambda: datetime.now(UTC), documents=documents)  # type: ignore[arg-type]  # no transport, no session: not used
    strategy = {"type": "bm25", "chunking": {"size": 400, "overlap": 0}}
    entry = ToolsetConfig(type="rag", rag_config={"strategies": [strategy]})
    before = {name for name in ("sqlite3", "pypdf") if name in sys.modules}
    [tool] = await open_toolset(entry, services).tools()
    context: Any = Context()
    result: Any = await tool.call({"query": query}, context)
    begun = perf_counter()
    await tool.call({"query": query}, context)
    return {
        "before": sorted(before),
        "after": sorted(name for name in ("sqlite3", "pypdf") if name in sys.modules),
        "found": json.loads(result.output.partition("\n\n")[0]),
        "seconds": perf_counter() - begun,
    }
