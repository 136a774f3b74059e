"""A sample of the ways to hang a worker: `python -m tests.hang` has them all, and measures."""

from __future__ import annotations

import pytest

from sparewheel.testing import ScriptedProvider
from tests.hang.ring import SAMPLE, answer, probe
from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("way", SAMPLE)
async def test_every_promise_is_settled_and_the_sessions_go_on(way: str, foreign_page: Theirs) -> None:
    with ScriptedProvider({"a": [answer]}) as provider:
        outcome = await probe(foreign_page.page, provider, way)
    assert not outcome.failure
    assert not outcome.early  # it did hang
