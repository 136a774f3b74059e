"""What holds for all tests: those that measure run alone, a second try in browsers, and what the summary names."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.support.measuring import share

pytest_plugins = ["tests.support.engines", "tests.support.second_run"]


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before the time of the test begins
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with share(alone=item.get_closest_marker("measures") is not None):
        return (yield)
