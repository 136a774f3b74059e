"""The reasons why an agent file cannot run, collected with their positions and reported together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..errors.validation import MAX_PROBLEMS, shown

if TYPE_CHECKING:
    from ..errors.validation import Path, Position
    from .schema import AgentFile


@dataclass(slots=True)
class Problems:
    """The reasons found so far. A reason that several agents share is kept once."""

    file: AgentFile
    _reasons: dict[str, Position] = field(default_factory=dict)

    def add(self, path: Path, reason: str) -> None:
        """Add a reason. `path` is the key that causes it; it need not be in the text."""
        name = ".".join(shown(part) for part in path)
        position = self.file.position(path)
        line = f"line {position[0]}, column {position[1]}: " if position else ""
        self._reasons[" ".join(f"{line}{name}: {reason}".split())] = position or (0, 0)

    def check(self, root: str) -> None:
        """Raises `ConfigError` if there are reasons: the first ones in the order of the text, and how many more."""
        if self._reasons:
            reasons = sorted(self._reasons, key=lambda reason: self._reasons[reason])
            if len(reasons) > MAX_PROBLEMS:
                reasons[MAX_PROBLEMS:] = [f"and {len(reasons) - MAX_PROBLEMS} more"]
            raise ConfigError(
                f'agent "{root}" cannot run: {"; ".join(reasons)}', "Correct the keys that are named; nothing was sent."
            )
