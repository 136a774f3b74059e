"""`bench --where` splits the time of a first delta and of a fallback at the requests that the server has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparewheel.headless import find_dist
from tests.bench.lab import OURS, RAW, open_lab
from tests.bench.sizes import QUICK
from tests.bench.where import FALLBACK, FIRST, SECOND, WAYS, where


@pytest.mark.measures
async def test_the_parts_of_a_first_delta_and_of_a_fallback() -> None:
    async with open_lab(find_dist(), "chromium", lambda _: None) as lab:
        parts, tables = await where(lab, replace(QUICK, firsts=1, fallbacks=1))
    wanted = {name: len(FIRST) for name, _ in WAYS}
    wanted |= {f"{name}, {host}": len(FALLBACK) for name in (RAW, OURS) for host in SECOND}
    assert {name: len(times) - 1 for name, times in parts.items()} == wanted
    for *times, whole in parts.values():
        assert sum(times) == pytest.approx(whole)  # one run each; a part may be off by what the clocks differ
        assert whole > 0
    assert all(title in str(tables[0]) for _, title in WAYS)
    assert str(tables[1]).count("same host") == 2
