"""A sample of the kills of `build.py bench --kill`: a stored session loses no turn when its tab ends."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.bench.kill import Kills
from tests.support.browser import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.measures]

SEED = 7
GENEROUS_MS = 5000.0  # the machine may be busy: the bench measures what is promised


async def test_no_turn_is_lost(browser: Browser, site: Site) -> None:
    script = f"{site.origin}/some/deep/path/spare/sparewheel.js"
    losses = await Kills(browser, f"{site.origin}/theirs/", script, SEED).run(4)
    assert losses.ended == {"kill": 1, "close": 1, "reload": 1, "terminate": 1}
    assert losses.lost == []
    assert losses.interrupted > 0
    assert max(losses.missing_ms) < GENEROUS_MS
