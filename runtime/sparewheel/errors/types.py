"""The exceptions of the package.

    SparewheelError             carries an `ErrorInfo`, and the provider and model that failed
    ├── ConfigError             invalid input of the caller; nothing was sent
    ├── TransportError          the response did not arrive: network, CORS, a broken connection
    ├── ProviderError           an error answer of the provider, or a response that violates its format
    └── TurnFailed              no model of the chain is left; `.attempts` lists each attempt with its reason

Cancelling is not an error: `asyncio.CancelledError` is never caught and wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from .kinds import FACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kinds import Code, Kind


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One classified failure.

    `message` is one line without secrets; `hint` is advice for the user. `retry_after` is the time in seconds that the
    server asked to wait, `status` the HTTP status; both are None where there was none.
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
    """The base class of the package's exceptions.

    `provider` and `model` name the model that failed, if one did; `attempts` are all attempts of the turn.
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
        """The JSON shape of the error in an `error` event and in a rejected promise."""
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


class KeyRequest(TypedDict):
    """A key, in env under `name`, that a file would send to a host which is not its own and `allowHosts` does not name.

    `vendor` is "" for a key that is no vendor's: its own host is then that of the entry that names it.
    """

    name: str
    vendor: str
    host: str


class MissingKey(TypedDict):
    """A key that env lacks under `name`: `models` (`provider/model`) are skipped without it.

    `vendor` is a name of the known providers, "" for a key that is no vendor's.
    """

    name: str
    vendor: str
    models: list[str]


class ConfigError(SparewheelError):
    """The caller's input (agent file, option, prompt, history) is invalid.

    `key_requests`: what the embedder could allow with `allowHosts` (`allow_hosts` in Python). `missing_keys`: the keys
    of which one would let the agent run.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        key_requests: Sequence[KeyRequest] = (),
        missing_keys: Sequence[MissingKey] = (),
    ) -> None:
        super().__init__(ErrorInfo("config", message, hint))
        self.key_requests = list(key_requests)
        self.missing_keys = list(missing_keys)

    def to_dict(self) -> dict[str, Any]:
        more = {"key_requests": self.key_requests, "missing_keys": self.missing_keys}
        return super().to_dict() | {name: value for name, value in more.items() if value}


class TransportError(SparewheelError):
    """The request could not be sent, or the connection broke."""


class ProviderError(SparewheelError):
    """The provider answered with an error, or with a response that violates its format."""


class TurnFailed(SparewheelError):
    """All models of the chain failed."""
