"""The commands about the network and about what other tabs have learnt of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..chain.health import Health
    from ..page.commands import MergeHealth, Nothing
    from ..page.results import HealthEntry


class NetworkCommands:
    """Pass on to `health` what the page tells."""

    def __init__(self, health: Health) -> None:
        self._health = health

    async def online(self, params: Nothing) -> None:
        self._health.online()

    async def offline(self, params: Nothing) -> None:
        self._health.went_offline()

    async def merge(self, params: MergeHealth) -> None:
        if isinstance(params.entry, dict):
            self._health.merge(params.entry)

    async def known(self, params: Nothing) -> list[HealthEntry]:
        return cast("list[HealthEntry]", self._health.entries())
