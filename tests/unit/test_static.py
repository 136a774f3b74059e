"""Lint, format, types and layers, so that a run of the tests finds what `build.py check` finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bundle.checks import AT_ONCE, CHECKS, run_check

NAMES = [name for name in CHECKS if name not in ("layers", "words", "lengths")]  # these are tests themselves


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Future[str | None]]]:
    """The checks that were selected, under way."""
    selected = {item.name for item in request.session.items if item.path == request.path}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(run_check, name) for name in NAMES if f"test_check[{name}]" in selected}
        pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_check(name: str, running: Mapping[str, Future[str | None]]) -> None:
    output = running[name].result()
    assert output is None, f"\n{output}"
