"""The table of kinds: complete, consistent, and without a kind that no code produces."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

import sparewheel.errors
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import FACTS, KINDS, ConfigError, Kind
from sparewheel.errors.hints import hint_for
from sparewheel.testing import errors, openai_chat
from sparewheel.testing.streams import sse
from sparewheel.transports.base import broken_off, no_answer
from tests.support.scripted import bare, play

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


def test_a_model_without_its_key_is_skipped_and_never_asked() -> None:
    """The chain's `groq` models lack their key."""
    failed, answered = errors.openai_server_error(), openai_chat(text="Answer")
    played, transport = play({"a": [failed], "groq/b": [], "other/c": [answered]})
    assert transport.asked == ["a", "c"]
    assert [bare(event) for event in played.of("skipped")] == [
        {
            "type": "skipped",
            "model": "groq/b",
            "kind": "no_key",
            "code": "auth_error",
            "reason": "groq/b is not asked: env has no GROQ_API_KEY.",
            "wait_ms": None,
        }
    ]
    played, transport = play({"groq/a": [], "other/b": [answered]})
    assert transport.asked == ["b"]
    assert [event["kind"] for event in played.of("skipped", "fallback")] == ["no_key", "no_key"]
    assert played.terminal["type"] == "finish"
    played, transport = play({"a": [failed], "groq/b": []})
    assert transport.asked == ["a"]
    assert (played.terminal["type"], played.terminal["kind"]) == ("error", "server_error")


def test_a_session_without_any_key_is_refused_with_each() -> None:
    text = "agents: {a: {model: openai/x, fallback: {models: [groq/y]}}}"
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(text), None, {})
    assert caught.value.info.message == (
        'agent "a" needs a key for OpenAI or Groq; one is enough to start. Set OPENAI_API_KEY or GROQ_API_KEY.'
    )
    assert caught.value.to_dict()["missing_keys"] == [
        {"name": "OPENAI_API_KEY", "vendor": "openai", "models": ["openai/x"]},
        {"name": "GROQ_API_KEY", "vendor": "groq", "models": ["groq/y"]},
    ]
