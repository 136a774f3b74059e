"""Lint, format, types and layers, so that a run of the tests finds what `build.py check` finds."""

from __future__ import annotations

import pytest

from bundle.checks import CHECKS, run_check


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [name for name in CHECKS if name not in ("layers", "words", "lengths")]
)  # tests themselves
def test_check(name: str) -> None:
    output = run_check(name)
    assert output is None, f"\n{output}"
