"""Texts of the page that cannot be read: what becomes of them."""

from __future__ import annotations

import json

import pytest

from sparewheel.worker.inbox import MAX_VALUE, read_message

LONG = "x" * MAX_VALUE


@pytest.mark.parametrize("piece", [{"value": LONG}, {"value": LONG, "done": True}, {"done": True, "value": LONG}])
def test_a_value_that_is_too_long_ends_its_call(piece: dict[str, object]) -> None:
    message, problem = read_message(json.dumps({"type": "piece", "call": 7, **piece}, separators=(",", ":")))
    error = f"what it returned cannot be read: it has more than {MAX_VALUE} characters"
    assert message == {"type": "piece", "call": 7, "error": error}
    assert problem is not None


def test_bytes_and_commands_may_be_longer() -> None:
    for given in ({"type": "piece", "call": 7, "bytes": LONG}, {"id": 1, "method": "send", "params": {"prompt": LONG}}):
        assert read_message(json.dumps(given, separators=(",", ":"))) == (given, None)
