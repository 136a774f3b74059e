"""The names that are used from outside. Removing or renaming one breaks somebody's code."""

from __future__ import annotations

import importlib
import inspect

import pytest

CONTRACT = {
    "sparewheel": ["__version__"],
    "sparewheel.agent": ["Agent", "Turn"],
    "sparewheel.classify": ["classify"],
    "sparewheel.errors": [
        "ConfigError",
        "ErrorInfo",
        "ProviderError",
        "SparewheelError",
        "TransportError",
        "TurnFailed",
    ],
    "sparewheel.events": [
        "Event",
        "TERMINAL",
        "is_error",
        "is_exhausted",
        "is_fallback",
        "is_terminal",
        "json_schema",
    ],
    "sparewheel.headless": ["open"],
    "sparewheel.messages": ["Message", "parse_messages"],
    "sparewheel.session": ["Session"],
    "sparewheel.sse": ["SSEDecoder", "ServerSentEvent"],
    "sparewheel.testing": ["Reply", "ScriptedProvider", "errors"],
    "sparewheel.worker": ["Worker", "start"],
}


@pytest.mark.parametrize("module", CONTRACT)
def test_the_names_are_there(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in CONTRACT[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", CONTRACT)
def test_an_all_list_is_true(module: str) -> None:  # ruff holds its order (RUF022)
    found = importlib.import_module(module)
    assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


def test_the_classifier_takes_what_the_contract_says() -> None:
    from sparewheel.classify import classify

    parameters = inspect.signature(classify).parameters
    assert list(parameters)[:5] == ["status", "headers", "body", "message", "provider"]
