"""The state of each model of a chain before a step asks it, for pages that show it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..config.vendor_keys import host_of
from ..errors.hints import is_local
from .report import resting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..config.catalogue import Price
    from ..config.specs import ModelSpec
    from ..page.results import ChainModel, TokenPrice
    from .health import Status


def standing(chain: Iterable[ModelSpec], status_of: Callable[[ModelSpec], Status]) -> list[ChainModel]:
    """What would happen to each model of `chain` now: it is ready, it rests, it lacks its key, or it is skipped."""
    return [_model(spec, status_of(spec)) for spec in chain]


def _model(spec: ModelSpec, status: Status) -> ChainModel:
    model: ChainModel = {
        "model": spec.ref,
        "state": "ready",
        "wait_ms": 0,
        "host": "" if _is_here(spec) else host_of(spec.base_url),
        "local": _is_here(spec) or is_local(spec.base_url),
        "price": _price(spec.price),
    }
    if status.wait > 0:
        reason = resting(spec, status)
        model["state"] = status.kind if status.kind in ("no_key", "skipped") else "resting"
        model["wait_ms"] = None if math.isinf(status.wait) else round(status.wait * 1000)
        model["kind"], model["reason"] = status.kind, reason.message
    return model


def _is_here(spec: ModelSpec) -> bool:
    """Whether the runtime or the page itself answers."""
    return spec.is_demo or spec.base_url.startswith("page:")


def _price(price: Price | None) -> TokenPrice | None:
    return None if price is None else {"input": price.input, "output": price.output}
