"""Every event is either in the tables that keep events for later, or left out of them on purpose."""

from __future__ import annotations

from typing import Final, get_args, get_type_hints

import pytest

from sparewheel.events import Event
from sparewheel.state.journal import course
from sparewheel.traces import fold

TYPES: Final = {get_args(get_type_hints(shape)["type"])[0] for shape in get_args(Event)}

# Not in the course of a stored turn, so a page does not show them after a reload.
NOT_STORED: Final = {
    *("block_start", "block_end", "media", "annotation", "tool_call_delta"),  # the messages have what they add up to
    *("error", "aborted"),  # stored as `finish`; the record of the turn's end has the rest
    *("tool_confirmation", "elicitation", "in_doubt", "connecting", "tool_output"),  # of use while the turn runs
    *("request", "skipped"),  # for those who look into a running turn
}
# No note at a span.
NOT_NOTED: Final = {
    *("start", "step", "delta", "tool_call", "tool_call_delta", "tool_result"),  # begin or end a span, or time it
    *("usage", "request", "finish", "error", "aborted"),  # attributes of a span
    *("block_start", "block_end", "media", "annotation", "tool_output"),  # contents
    *("connecting", "in_doubt"),  # waiting, which the times of the spans show
}


def test_the_union_is_read() -> None:
    assert len(TYPES) == len(get_args(Event))
    assert {"delta", "finish", "warning"} <= TYPES


@pytest.mark.parametrize(
    ("listed", "left_out"),
    # `task` is no event: the work of a sub-agent.
    [(course._FIELDS.keys() - {"task"}, NOT_STORED), (fold._NOTED.keys(), NOT_NOTED)],
    ids=["course", "traces"],
)
def test_every_event_is_listed_or_left_out_on_purpose(listed: set[str], left_out: set[str]) -> None:
    assert listed | left_out == TYPES, "add the event to the table, or to the set of this test, with the reason"
    assert not listed & left_out
