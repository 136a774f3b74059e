"""A pytest fixture that records what models answer once, and then replays it: tests without keys and without a network.

    from sparewheel.testing import cassette  # in conftest.py, or in the test's module

    async def test_it_finds_the_order(cassette):
        async with open_agent("agent.yaml", env=os.environ, **cassette.options) as session:
            ...

The recording of a test is `cassettes/MODULE/TEST.jsonl` beside its module. With SPAREWHEEL_RECORD=1 one that is missing
is made, with SPAREWHEEL_RECORD=all every one; without it, a missing one fails the test.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE: Final = "SPAREWHEEL_RECORD"


@dataclass(frozen=True, slots=True)
class Cassette:
    """The recording of a test; `records`: it is made now."""

    path: Path
    records: bool

    @property
    def options(self) -> dict[str, Any]:
        """For `sparewheel.open_agent` and `sparewheel.headless.open`. A test may open one session with them."""
        return {"record" if self.records else "replay": self.path}


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Cassette:
    """The recording of the test that asks for it. Fails the test if there is none, and none is to be made."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)
    module = request.path
    path = module.parent / "cassettes" / module.stem / f"{name}.jsonl"
    wish = os.environ.get(VARIABLE, "")
    records = wish == "all" or (wish not in ("", "0") and not path.exists())
    if records:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        pytest.fail(f"There is no recording {path}. Run this test with {VARIABLE}=1 to make it.", pytrace=False)
    return Cassette(path, records)
