"""What a server tells about itself, and what this client tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...visible import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rpc import Message

MAX_INSTRUCTIONS: Final = 4_000  # characters
CLIENT: Final = {"name": "sparewheel", "version": "1"}  # the version is that of this client


@dataclass(frozen=True, slots=True)
class Server:
    """The revision that a server speaks with this client, its capabilities, and its instructions for models."""

    version: str = ""
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""

    @classmethod
    def of(cls, version: str, result: Message) -> Server:
        """The facts in the result of `initialize` or `server/discover`."""
        capabilities, instructions = result.get("capabilities"), result.get("instructions")
        return cls(
            version,
            capabilities if isinstance(capabilities, dict) else {},
            readable(instructions[:MAX_INSTRUCTIONS]) if isinstance(instructions, str) else "",
        )

    def has(self, feature: str, option: str = "") -> bool:
        """Whether the server has `tools`, `prompts` or `resources`, with an option such as `listChanged`."""
        found = self.capabilities.get(feature)
        return isinstance(found, dict) and (not option or found.get(option) is True)
