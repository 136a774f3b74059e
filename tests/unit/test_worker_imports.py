"""Imported sessions, and what a worker does not store."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakeloop import run
from tests.support.workerpage import ANSWER, ENV, YAML, Page, refusal, result


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "{",
        "[" * 10_000,
        {},
        {"format": "sparewheel.session"},
        {"format": "sparewheel.session", "version": 2, "records": []},
        {"format": "sparewheel.session", "version": 1, "records": [{}]},
        {"format": "sparewheel.session", "version": 1, "records": [None] * 3},
        {"format": "sparewheel.session", "version": 1, "records": [{"v": 9, "type": "end", "at": ""}]},
        {"format": "sparewheel.session", "version": 1, "records": [{"v": 1, "type": "end", "at": "", "turn": {}}]},
        {"format": "sparewheel.session", "version": 1, "records": [{"v": 1, "type": "session", "at": "", "key": 1}]},
    ],
)
def test_what_is_no_exported_session_is_refused(document: Any) -> None:
    async def main() -> None:
        page = Page({})
        kind, message = await refusal(page, "import_session", document=document)
        assert kind == "config"
        assert len(message) < 400
        assert await result(page, "list_sessions") == []

    run(main())


def test_an_imported_session_brings_no_approvals() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        state = {"approvals": {"all": True, "tools": ["x"]}, "agent": "missing", "left_out": -1, "budgets": {"team": 1}}
        records = [{"v": 1, "type": "session", "at": "", "key": "state", "value": state}]
        document = {"format": "sparewheel.session", "version": 1, "title": "T" * 999, "records": records}
        row = await result(page, "import_session", document=document)
        assert (len(row["title"]), row["created"]) == (200, "")
        assert (await refusal(page, "open_session", session="s", id=row["id"], env=ENV))[0] == "config"  # no file
        await result(page, "open_session", session="s", id=row["id"], env=ENV, yaml=YAML)
        session = page.worker._open["s"].session
        assert session._state.approvals.to_dict() == {"all": False, "tools": []}
        assert not session._state.approvals.everything
        assert session.history == []
        await result(page, "send", session="s", prompt="hi")

    run(main())
