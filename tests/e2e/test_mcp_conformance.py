"""The client scenarios of the MCP conformance suites, as `build.py conformance` plays them."""

from __future__ import annotations

import pytest

from tests.mcp.conformance import SUITES, Suite, clients, play

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("suite", "count"), [*zip(SUITES, (23, 18, 32), strict=True)], ids=[each.name for each in SUITES]
)
async def test_the_scenarios_of_a_suite_pass(suite: Suite, count: int) -> None:
    async with clients() as port:
        verdict = await play(suite, port)
    assert verdict.missing == {}
    assert verdict.counts == (count, count)
