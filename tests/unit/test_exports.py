"""The names that are used from outside. Removing or renaming one breaks somebody's code."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import sparewheel

CONTRACT = {
    "sparewheel": [
        *("AgentSession", "ConfigError", "ErrorInfo", "Event", "ProviderError", "Result", "SessionStore"),
        *("SparewheelError", "ToolContext", "ToolError", "Transcript", "TransportError", "TurnFailed", "__version__"),
        *("fold", "is_error", "is_exhausted", "is_fallback", "is_terminal", "open_agent", "tool"),
    ],
    "sparewheel.agent": ["Runner", "Turn"],
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


def test_the_front_door_has_exactly_the_names_of_the_contract() -> None:
    assert sparewheel.__all__ == CONTRACT["sparewheel"]
    assert set(sparewheel.__all__) <= set(dir(sparewheel))
    with pytest.raises(AttributeError, match="module 'sparewheel' has no attribute 'open'"):
        sparewheel.open  # type: ignore[attr-defined]  # noqa: B018  # must not be there


def test_importing_the_package_imports_nothing_else() -> None:
    """It comes before everything else in a browser."""
    program = "import sys; known = set(sys.modules); import sparewheel; print(*sorted(set(sys.modules) - known))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"__future__", "sparewheel"}


def test_types_are_there_for_type_checkers() -> None:
    assert (Path(sparewheel.__file__).parent / "py.typed").is_file()


def test_the_classifier_takes_what_the_contract_says() -> None:
    from sparewheel.classify import classify

    parameters = inspect.signature(classify).parameters
    assert list(parameters)[:5] == ["status", "headers", "body", "message", "provider"]
