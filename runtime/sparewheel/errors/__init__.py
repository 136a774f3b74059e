"""Errors: their types, and the classifier that says which kind a failure is.

`types` holds the tree of exceptions, `classify` the decision, `rules`, `body`, `hints` and `retry_after` what it needs.
"""

from .types import (
    CODE_OF,
    KINDS,
    RETRYABLE,
    Code,
    ConfigError,
    ErrorInfo,
    Kind,
    ProviderError,
    SparewheelError,
    TransportError,
    TurnFailed,
    internal,
)

__all__ = [
    "CODE_OF",
    "KINDS",
    "RETRYABLE",
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
