"""The table of kinds: complete, consistent, and without a kind that no code produces."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import sparewheel.errors
from sparewheel.errors import FACTS, KINDS, Kind
from sparewheel.errors.hints import hint_for
from sparewheel.testing import openai_chat
from sparewheel.testing.streams import sse
from sparewheel.transports.base import broken_off, no_answer
from tests.support.scripted import play

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


def test_a_failure_of_no_known_kind_is_never_retried_on_the_same_model() -> None:
    odd = (sse({"error": {"message": "Odd."}}),)
    played, transport = play({"a": [odd], "other/b": [openai_chat(text="Answer")]})
    assert transport.asked == ["a", "b"]
    assert [(event["kind"], event["code"]) for event in played.of("fallback")] == [("unknown", "unknown")]
    played, transport = play({"a": [odd]})
    assert transport.asked == ["a"]
    assert (played.terminal["type"], played.terminal["kind"]) == ("error", "unknown")


def test_a_transport_places_what_the_classifier_cannot() -> None:
    assert no_answer("Das Netz ist weg.", "https://a.example").info.kind == "network"
    assert "a.example could not be reached" in no_answer("Das Netz ist weg.", "https://a.example").info.hint
    assert broken_off("Das Netz ist weg.", "https://a.example").info.kind == "stream_truncated"
    assert no_answer("Failed to fetch", "https://a.example").info.kind == "network_or_cors"
