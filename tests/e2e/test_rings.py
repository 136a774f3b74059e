"""A sample of the fuzz ring's browser round: one runtime gets inputs that only WebAssembly minds."""

from __future__ import annotations

from tests.fuzz.browser import fuzz_inputs
from tests.fuzz.ring import Report, as_test


def test_a_sample_of_inputs() -> None:
    report = Report("browser")
    fuzz_inputs(report, examples=20, start=3)
    assert not report.problem, f"{report.problem}\n{as_test(report)}"
    assert report.inputs == 20
