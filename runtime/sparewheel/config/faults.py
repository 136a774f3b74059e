"""Reasons why an agent file cannot run: collected with their place, and said all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .wording import shown

if TYPE_CHECKING:
    from .schema import AgentFile, Path


@dataclass(slots=True)
class Faults:
    """What speaks against a session. A reason is kept once, however many agents share it."""

    file: AgentFile
    reasons: dict[str, None] = field(default_factory=dict)

    def add(self, path: Path, reason: str) -> None:
        """`path` is the key that is at fault; it need not be in the text."""
        name = ".".join(shown(part) for part in path)
        self.reasons[" ".join(f"{self.file.where(*path)}{name}: {reason}".split())] = None

    def check(self, root: str) -> None:
        """Raises `ConfigError` with every reason, when there is one."""
        if self.reasons:
            raise ConfigError(
                f'agent "{root}" cannot run: ' + "; ".join(self.reasons), "Correct what is named; nothing was sent."
            )
