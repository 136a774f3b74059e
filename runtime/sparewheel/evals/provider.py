"""Registers the provider: `--model sparewheel/agent.yaml`. Inspect imports this module when it looks for a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_ai.model import modelapi

if TYPE_CHECKING:
    from .model import ChainModel


@modelapi(name="sparewheel")
def sparewheel() -> type[ChainModel]:
    """The class, imported when a model of it is made."""
    from .model import ChainModel

    return ChainModel
