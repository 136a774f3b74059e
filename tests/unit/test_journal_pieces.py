"""Text that streamed in pieces, put together for records."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.state.journal.pieces import items_of, joined


def delta(text: str, *, attempt: int = 1, name: str = "content", **more: Any) -> Any:
    return {"type": "delta", "attempt": attempt, name: text, **more}


def test_a_chunk_of_text_becomes_one_piece() -> None:
    assert joined([delta("a"), delta("b"), delta("c")]) == [delta("abc")]
    assert joined([delta("a", name="reasoning"), delta("b", name="reasoning")]) == [delta("ab", name="reasoning")]
    assert joined([delta("a", task="t1"), delta("b", task="t1")]) == [delta("ab", task="t1")]


@pytest.mark.parametrize(
    "other",
    [delta("b", name="reasoning"), delta("b", attempt=2), delta("b", task="t1")],
    ids=["kind", "attempt", "task"],
)
def test_what_differs_stays_apart(other: Any) -> None:
    batch = [delta("a"), other, delta("c")]
    assert joined(batch) is batch


def test_items_are_the_same_with_and_without() -> None:
    batches = [
        [delta("a"), delta("b")],
        [delta("x", task="t1"), delta("y", task="t1")],
        [delta("c", name="reasoning"), delta("d")],
        [{"type": "discard", "attempt": 1}],
        [delta("e", attempt=2), delta("f", attempt=2)],
    ]
    expected = [
        {"attempt": 1, "content": "ab"},
        {"attempt": 1, "reasoning": "c"},
        {"attempt": 1, "content": "d"},
        {"attempt": 1, "discarded": True},
        {"attempt": 2, "content": "ef"},
    ]
    assert items_of(batches) == expected
    assert items_of([joined(batch) if batch[0]["type"] == "delta" else batch for batch in batches]) == expected
