"""A sample of the fuzz ring with a fixed seed, and what the ring does with a find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz import ring
from tests.fuzz.readers import READERS, Reader


@pytest.mark.parametrize("name", READERS)
def test_a_sample(name: str) -> None:
    report = ring.Report(name)
    ring.fuzz(report, examples=60, start=10)
    assert not report.problem, f"{report.problem}\n{ring.as_test(report)}"
    assert report.inputs >= 60


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A reader that fails for longer texts, with the inputs that it was given."""
    seen: list[Any] = []

    def check(value: bytes) -> None:
        seen.append(value)
        assert len(value) < 3

    monkeypatch.setitem(READERS, "picky", Reader(st.binary(max_size=20), check))
    return seen


def test_a_find_is_shrunk_and_printed_as_a_test(picky: list[Any]) -> None:
    report = ring.Report("picky")
    ring.fuzz(report, examples=200, start=1)
    assert report.find == b"\0\0\0"
    assert "assert len(value) < 3" in report.problem
    assert ring.as_test(report).endswith("    READERS[\"picky\"].check(b'\\x00\\x00\\x00')\n")


def test_a_find_is_kept_and_replayed_until_it_is_gone(picky: list[Any], tmp_path: Path) -> None:
    report = ring.Report("picky", find=b"\xff\0\n", problem="it fails", started=5)
    path = ring.save(report, tmp_path)
    assert json.loads(path.read_text())["seed"] == 5
    (again,) = ring.replay("picky", READERS["picky"].check, tmp_path)
    assert (again.find, again.path, picky) == (b"\xff\0\n", path, [b"\xff\0\n"])
    assert ring.replay("picky", lambda _: None, tmp_path) == []
    assert not path.exists()


def test_an_input_that_takes_too_long_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(ring, "LIMIT", 0.05)
    with pytest.raises(ring.TooSlow):
        ring.timed(endless, None)
