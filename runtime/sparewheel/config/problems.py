"""The reasons why an agent file cannot run, and warnings about what it does not get: collected with their positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from ..errors.validation import MAX_PROBLEMS, shown

if TYPE_CHECKING:
    from ..errors import KeyRequest
    from ..errors.validation import Path, Position
    from .schema import AgentFile


MAX_KEPT: Final = 4_000  # a hostile file may have one at every tenth character


@dataclass(slots=True)
class Problems:
    """What was found so far. A reason or a warning that several agents share is kept once."""

    file: AgentFile
    _reasons: dict[str, Position] = field(default_factory=dict)
    _warnings: dict[str, Position] = field(default_factory=dict)
    _asked: list[KeyRequest] = field(default_factory=list)

    def add(self, path: Path, reason: str) -> None:
        """Add a reason. `path` is the key that causes it; it need not be in the text."""
        self._put(self._reasons, path, reason)

    def warn(self, path: Path, text: str) -> None:
        """Add a warning: the file runs, but not quite as it is written."""
        self._put(self._warnings, path, text)

    def ask(self, name: str, vendor: str, host: str) -> None:
        """One of the reasons is that a secret would be sent to another host, which the embedder can allow.

        `vendor` is "" for a key that is no vendor's.
        """
        request: KeyRequest = {"name": name, "vendor": vendor, "host": host}
        if host and request not in self._asked:
            self._asked.append(request)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings in the order of the text."""
        return tuple(_first_ones(self._warnings))

    def _put(self, found: dict[str, Position], path: Path, text: str) -> None:
        if len(found) >= MAX_KEPT:
            return
        name = ".".join(shown(part) for part in path)
        position = self.file.position(path)
        line = f"line {position[0]}, column {position[1]}: " if position else ""
        found[" ".join(f"{line}{name}: {text}".split())] = position or (0, 0)

    def check(self, root: str) -> None:
        """Raises `ConfigError` if there are reasons: the first ones in the order of the text, and how many more."""
        if self._reasons:
            reasons = "; ".join(_first_ones(self._reasons))
            hint = "Correct the keys that are named; nothing was sent."
            if self._asked:
                hosts = ", ".join(dict.fromkeys(f'"{request["host"]}"' for request in self._asked))
                hint += (
                    f" If you trust the hosts, pass allowHosts: [{hosts}] to createSession (open_agent: allow_hosts)."
                )
            raise ConfigError(f'agent "{root}" cannot run: {reasons}', hint, key_requests=self._asked)


def _first_ones(found: dict[str, Position]) -> list[str]:
    texts = sorted(found, key=lambda text: found[text])
    if len(texts) > MAX_PROBLEMS:
        texts[MAX_PROBLEMS:] = [f"and {len(texts) - MAX_PROBLEMS} more"]
    return texts
