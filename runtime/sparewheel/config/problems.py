"""The reasons why an agent file cannot run, and warnings about what it does not get: collected with their positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from ..errors.hints import vendor_of
from ..errors.validation import MAX_PROBLEMS, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..errors import KeyRequest, MissingKey
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
    _keyless: int = 0  # how many of the reasons are only that env lacks a key
    _lacking: dict[str, set[str]] = field(default_factory=dict)  # by agent, names of keys of which it needs one

    def add(self, path: Path, reason: str) -> None:
        """Add a reason. `path` is the key that causes it; it need not be in the text."""
        self._put(self._reasons, path, reason)

    def lacks_key(self, path: Path, reason: str) -> None:
        """Add the reason that a model lacks its key."""
        before = len(self._reasons)
        self.add(path, reason)
        self._keyless += len(self._reasons) - before

    def cannot_ask(self, agent: str, names: Iterable[str]) -> None:
        """The reasons are, among others, that `agent` has none of these keys."""
        self._lacking.setdefault(agent, set()).update(names)

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

    def check(self, root: str, missing_keys: Sequence[MissingKey] = ()) -> None:
        """Raises `ConfigError` if there are reasons: the first ones in the order of the text, and how many more."""
        if self._reasons:
            lacking = set().union(*self._lacking.values())
            missing_keys = [key for key in missing_keys if key["name"] in lacking]
            if len(self._reasons) == self._keyless and len(self._lacking) == 1:
                raise _keyless(next(iter(self._lacking)), missing_keys)
            reasons = "; ".join(_first_ones(self._reasons))
            hint = "Correct the keys that are named; nothing was sent."
            if self._asked:
                hosts = ", ".join(dict.fromkeys(f'"{request["host"]}"' for request in self._asked))
                hint += (
                    f" If you trust the hosts, pass allowHosts: [{hosts}] to createSession (open_agent: allow_hosts)."
                )
            message = f'agent "{root}" cannot run: {reasons}'
            raise ConfigError(message, hint, key_requests=self._asked, missing_keys=missing_keys)


def _keyless(root: str, missing: Sequence[MissingKey]) -> ConfigError:
    """The error for an agent that lacks nothing but a key."""
    vendors = [vendor_of(key["vendor"] or key["models"][0].partition("/")[0], None).name for key in missing]
    needs, names = _either(dict.fromkeys(vendors)), _either([key["name"] for key in missing])
    enough = "; one is enough to start" if len(missing) > 1 else ""
    message = f'agent "{root}" needs a key for {needs}{enough}. Set {names}.'
    return ConfigError(message, "Pass it in env; nothing was sent.", missing_keys=missing)


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _first_ones(found: dict[str, Position]) -> list[str]:
    texts = sorted(found, key=lambda text: found[text])
    if len(texts) > MAX_PROBLEMS:
        texts[MAX_PROBLEMS:] = [f"and {len(texts) - MAX_PROBLEMS} more"]
    return texts
