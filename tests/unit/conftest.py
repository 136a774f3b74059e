"""What holds for all tests of the unit ring."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.pythontools import Open, toolsets

# The examples are the same in every run: new ones are the work of `build.py fuzz`. One may take as long as it takes:
# hypothesis would fail it for the 200 ms that a machine stood still.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("any machine", derandomize=True, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("any machine")


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open Python toolsets; they are closed after the test."""
    with toolsets() as open_one:
        yield open_one
