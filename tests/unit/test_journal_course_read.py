"""How a turn went, read from records of another shape or of before."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.state.journal import Store
from sparewheel.state.journal.course import MAX_ENTRIES, read_course, read_spent
from sparewheel.state.journal.restore import StoredTurn, restore
from sparewheel.state.journal.shelf import export, import_session
from tests.support.agentic import say
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, stored
from tests.support.scripted import ScriptedTransport, collect

ODD: list[Any] = [
    None,
    7,
    {},
    [[]],
    [{"type": []}],
    [{"at": 1, "type": "delta"}],
    [{"at": True, "type": "finish"}],
    [{"at": float("nan"), "type": "finish"}],
    [{"at": -1, "type": "finish"}],
    [{"at": 1, "type": "delta", "attempt": 10**9}],
    [{"at": 1, "type": "delta", "attempt": 0}],
    [{"at": 1, "type": "delta", "attempt": True}],
    [{"at": 1, "type": "retry", "model": {}, "attempt": 1}],
    [{"at": 1, "type": "error", "message": "x"}],
]


@pytest.mark.parametrize("value", ODD)
def test_entries_of_another_shape_are_left_out(value: Any) -> None:
    assert read_course(value) == []
    assert not any(read_spent(value))


def test_what_is_read_is_limited() -> None:
    entry = {"at": 1, "type": "warning", "message": "m" * 9000, "more": "x"}
    [read] = read_course([entry])
    assert (len(read["message"]), "more" in read) == (500, False)
    assert len(read_course([entry] * 5000)) == 2 * MAX_ENTRIES
    [used, none] = read_spent([{"attempt": 1, "model": "a/b", "cost": "1", "input_tokens": 2.5}, 7])
    assert (used["cost"], used["input_tokens"], none) == (None, None, {})


def test_a_stored_turn_of_before_has_no_course() -> None:
    assert (StoredTurn("t").entries, StoredTurn("t").spent) == ([], [])


def test_a_document_of_before_is_read() -> None:
    async def main() -> None:
        store = Store(Watched())
        conversation = await kept(store, ScriptedTransport({"a": [say("Answer")]}))
        await collect(conversation, "hi")
        document = await export(store, "one")
        assert isinstance(document, dict)
        for record in document["records"]:
            for name in ("course", "spent", "attempts", "usage"):
                record.pop(name, None)
        other = Store(Watched())
        await import_session(other, document)
        [turn] = await stored(other)
        assert [message.text for message in restore(await other.read("one")).history] == ["hi", "Answer"]
        assert (turn["course"], turn["spent"], turn["usage"]) == ([], [], None)
        await conversation.close()

    run(main())
