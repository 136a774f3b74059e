"""A sample of hostile texts in every place of the page; `python -m tests.hostile` takes all of them."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from sparewheel.headless import find
from tests.hostile.ring import PLACES, open_visit
from tests.support.hostile import TEXTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_hostile_texts_do_nothing_in_any_place() -> None:
    launch = await asyncio.to_thread(find, "chromium")
    async with open_visit(launch) as visit:
        texts = visit.arm(Random(13).sample(TEXTS, 14))
        for place in PLACES:
            await place(visit, texts)
        assert visit.found == []
