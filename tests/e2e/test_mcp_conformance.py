"""The client scenarios of the MCP conformance suite for the newest revision; `build.py conformance` plays all."""

from __future__ import annotations

import pytest

from tests.mcp.conformance import SUITES, clients, play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_scenarios_of_the_newest_revision_pass() -> None:
    async with clients() as port:
        verdict = await play(SUITES[-1], port)
    assert verdict.missing == {}
    assert verdict.counts == (32, 32)
