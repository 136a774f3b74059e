"""The exceptions, the kinds of failure, and the classifier that assigns a kind to a failure.

`types` has the exceptions and `kinds` the table of kinds. `classify` is the classifier; `rules`, `body`, `hints` and
`retry_after` are its parts. `validation` words the errors of pydantic.
"""

from .kinds import CODE_OF, FACTS, KINDS, RETRYABLE, Action, Code, Fault, Kind
from .types import (
    ConfigError,
    ErrorInfo,
    KeyRequest,
    MissingKey,
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
    "Fault",
    "KeyRequest",
    "Kind",
    "MissingKey",
    "ProviderError",
    "SparewheelError",
    "TransportError",
    "TurnFailed",
    "internal",
]
