"""A browser without a network: models elsewhere are asked when it is back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..config.vendor_keys import is_loopback
from ..errors import ErrorInfo

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..events import OfflineEvent
    from .health import Health

OFFLINE_LIMIT: Final = 60.0
"""Seconds that a step waits for the network, once."""

OFFLINE: Final = ErrorInfo("network", "You are offline.", "Connect to a network and try again.")


def is_offline(health: Health, spec: ModelSpec) -> bool:
    """Whether the browser is offline and the model on another machine."""
    url = urlsplit(spec.base_url)
    return health.offline and url.scheme in ("http", "https") and not is_loopback(url.hostname or "")


def waiting(spec: ModelSpec) -> OfflineEvent:
    """`spec` is asked when the network is back, or when the time is over."""
    return {"type": "offline", "model": spec.ref, "message": OFFLINE.message, "wait_ms": round(OFFLINE_LIMIT * 1000)}
