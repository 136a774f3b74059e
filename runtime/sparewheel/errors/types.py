"""What can go wrong, in one vocabulary.

    SparewheelError             carries an ErrorInfo, and who failed
    ├── ConfigError             the caller's input cannot be used; nothing was sent
    ├── TransportError          the bytes did not come: network, CORS, a connection that broke
    ├── ProviderError           the model's side said no, or sent what its format does not allow
    └── TurnFailed              the chain has no model left; `.attempts` lists each with its own reason

Cancelling is not an error: `asyncio.CancelledError` unwinds and is never wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .kinds import FACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kinds import Code, Kind


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One failure, classified.

    `message` is what happened, in one line and without secrets; `hint` is what the reader can do about it.
    `retry_after` is in seconds, where the other side named a time; `status` is the HTTP status, where there was one.
    """

    kind: Kind
    message: str
    hint: str = ""
    retry_after: float | None = None
    status: int | None = None

    @property
    def code(self) -> Code:
        """The coarse reason that pages switch on."""
        return FACTS[self.kind].code

    @property
    def retryable(self) -> bool:
        """Whether the same request to the same model may succeed later."""
        return FACTS[self.kind].retryable


def internal(error: Exception) -> ErrorInfo:
    """The facts of an unexpected exception."""
    return ErrorInfo("internal", f"{type(error).__name__}: {error}", FACTS["internal"].hint)


class SparewheelError(Exception):
    """Base of everything this package raises. `provider` and `model` name who failed, where someone did.

    `attempts` are all of the turn that the error has ended.
    """

    def __init__(
        self,
        info: ErrorInfo,
        *,
        provider: str | None = None,
        model: str | None = None,
        attempts: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(info.message)
        self.info = info
        self.provider = provider
        self.model = model
        self.attempts = list(attempts)

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape that a rejected promise and an `error` event share."""
        facts: dict[str, Any] = {
            "message": self.info.message,
            "kind": self.info.kind,
            "code": self.info.code,
            "hint": self.info.hint,
            "retryable": self.info.retryable,
            "attempts": self.attempts,
        }
        optional = {"status": self.info.status, "provider": self.provider, "model": self.model}
        return facts | {name: value for name, value in optional.items() if value is not None}


class ConfigError(SparewheelError):
    """The caller's input (agent file, option, prompt, stored history) cannot be used."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(ErrorInfo("config", message, hint))


class TransportError(SparewheelError):
    """The request could not be sent, or its answer stopped coming."""


class ProviderError(SparewheelError):
    """The provider answered with an error, or with bytes that its format does not allow."""


class TurnFailed(SparewheelError):
    """No model of the chain could answer."""
