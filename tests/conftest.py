"""What holds for all tests: those that measure run alone, and the summary names the engines that are not here."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.support.engines import pytest_terminal_summary as pytest_terminal_summary
from tests.support.measuring import share


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before the time of the test begins
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with share(alone=item.get_closest_marker("measures") is not None):
        return (yield)
