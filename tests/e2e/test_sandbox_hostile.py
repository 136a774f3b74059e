"""A sample of hostile code in the sandbox; `python -m tests.sandbox` runs all of it, in any engine."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest

from sparewheel.headless.browser import Engine
from tests.sandbox.corpus import corpus
from tests.sandbox.ring import open_ring
from tests.support.engines import launch_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = {
    "climbing: js.eval",
    "forging: a result of the next run",
    "keys: the environment",
    "loops: a loop that catches everything",
    "network: urllib",
    "network: emscripten_run_script by ctypes",
    "storage: localStorage",
    "workers: a worker in the worker",
}


@pytest.mark.parametrize("engine", ["chromium", "firefox", "native"])
async def test_hostile_code_gets_nothing_out_and_the_session_lives(engine: Engine | Literal["native"]) -> None:
    if engine != "native":
        await asyncio.to_thread(launch_of, engine)
    chosen = [each for each in corpus() if f"{each.kind}: {each.name}" in SAMPLE]
    assert len(chosen) == len(SAMPLE)
    async with open_ring(engine) as ring:
        for snippet in chosen:
            outcome = await ring.take(snippet)
            assert outcome.problems == [], snippet
