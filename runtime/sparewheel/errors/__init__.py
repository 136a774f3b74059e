"""Errors: their types, and the classifier that says which kind a failure is.

`types` holds the tree of exceptions, `classify` the decision, `rules`, `body`, `hints` and `retry_after` what it needs.
"""

from .kinds import CODE_OF, FACTS, KINDS, RETRYABLE, Action, Code, Kind
from .types import (
    ConfigError,
    ErrorInfo,
    ProviderError,
    SparewheelError,
    TransportError,
    TurnFailed,
    internal,
)

__all__ = [
    "CODE_OF",
    "FACTS",
    "KINDS",
    "RETRYABLE",
    "Action",
    "Code",
    "ConfigError",
    "ErrorInfo",
    "Kind",
    "ProviderError",
    "SparewheelError",
    "TransportError",
    "TurnFailed",
    "internal",
]
