"""The table of kinds: complete, consistent, and without a kind that no code produces."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import sparewheel.errors
from sparewheel.errors import FACTS, KINDS, Kind
from sparewheel.errors.hints import hint_for

PACKAGE = Path(sparewheel.errors.__file__).parents[1]


def test_every_kind_has_a_row() -> None:
    assert get_args(Kind) == KINDS


def test_the_columns_of_a_row_agree() -> None:
    for kind, facts in FACTS.items():
        assert facts.retryable or facts.action != "retry", kind
        assert not facts.trips_breaker or facts.scope in ("network", "host"), kind
        assert (facts.scope == "turn") == (facts.action == "fail"), kind


def test_every_kind_is_produced() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "kinds.py")
    assert [kind for kind in KINDS if f'"{kind}"' not in source] == []


def test_a_hint_needs_no_vendor() -> None:
    assert hint_for("timeout_idle").startswith("The provider stopped sending")
    assert [kind for kind in KINDS if "{" in hint_for(kind)] == []
