"""What holds for all tests of the unit ring."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.pythontools import Open, toolsets

# An example may take as long as it takes: hypothesis would fail one for the 200 ms that a machine stood still.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open Python toolsets; they are closed after the test."""
    with toolsets() as open_one:
        yield open_one
