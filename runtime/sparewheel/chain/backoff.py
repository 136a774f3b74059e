"""How long to wait before the same model is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.schema import BackoffConfig


def backoff_delay(config: BackoffConfig, failures: int, random: Callable[[], float]) -> float:
    """Seconds to wait after `failures` failed attempts (from 1): `initial * factor**(failures - 1)`, capped.

    The jitter takes off or adds up to its share, evenly; `random` gives a float in [0, 1).
    """
    try:
        delay = config.initial * config.factor ** (failures - 1)
    except OverflowError:
        delay = config.max
    return min(delay, config.max) * (1 + config.jitter * (2 * random() - 1))
