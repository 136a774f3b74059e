"""Reasons why an agent file cannot run: collected with their place, and said all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..errors.validation import shown

if TYPE_CHECKING:
    from ..errors.validation import Path, Position
    from .schema import AgentFile


@dataclass(slots=True)
class Faults:
    """What speaks against a session. A reason is kept once, however many agents share it."""

    file: AgentFile
    _reasons: dict[str, Position] = field(default_factory=dict)

    def add(self, path: Path, reason: str) -> None:
        """`path` is the key that is at fault; it need not be in the text."""
        name = ".".join(shown(part) for part in path)
        position = self.file.position(path)
        line = f"line {position[0]}, column {position[1]}: " if position else ""
        self._reasons[" ".join(f"{line}{name}: {reason}".split())] = position or (0, 0)

    def check(self, root: str) -> None:
        """Raises `ConfigError` with every reason, in the order of the text, when there is one."""
        if self._reasons:
            said = "; ".join(sorted(self._reasons, key=lambda reason: self._reasons[reason]))
            raise ConfigError(f'agent "{root}" cannot run: {said}', "Correct what is named; nothing was sent.")
