"""Real error messages, one row each, with where they were seen. The rows are data: `tests/fixtures/errors/*.json`.

A row has what `classify` is given (`status`, `headers`, `body` or `message`, `provider`, `exception_name`) and what it
must say (`kind`, `retry_after`). `source` is the vendor's page or the public thread that shows the message; where a
thread shows the body alone, the status is the documented one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparewheel.classify import classify
from sparewheel.errors import KINDS

TABLE = Path(__file__).resolve().parents[1] / "fixtures" / "errors"
GIVEN = ("status", "headers", "body", "message", "provider", "exception_name")


def rows() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.stem}/{row['id']}", row)
        for path in sorted(TABLE.glob("*.json"))
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


ROWS = rows()


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[name for name, _ in ROWS])
def test_real_message(row: dict[str, Any]) -> None:
    given = {name: row[name] for name in GIVEN if name in row}
    info = classify(**given)
    assert (info.kind, info.retry_after) == (row["kind"], row["retry_after"])
    assert 0 < len(info.message) <= 500
    assert info.message.isprintable()
    assert not info.message.startswith(("{", "[{", "<"))
    assert info.hint
    if "body" in given:
        text = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
        for body in (text, text.encode(), bytearray(text.encode())):
            assert classify(**{**given, "body": body}) == info


def test_table_is_broad_and_sourced() -> None:
    assert len(ROWS) >= 250
    assert len({name for name, _ in ROWS}) == len(ROWS)
    assert all(row["source"].startswith("https://") for _, row in ROWS)
    assert {row["kind"] for _, row in ROWS} <= set(KINDS)
    assert len({row["kind"] for _, row in ROWS}) >= 16
