"""`${env.NAME}` in an agent file, filled in from the session's env and nowhere else.

docker-agent runs what stands in `${...}` as JavaScript. Nothing is run here: a name is looked up, and what is more than
a name with a fallback in quotes is refused where it would have to work, and left as it is in text for a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..errors.validation import Path
    from .faults import Faults

_ANY: Final = re.compile(r"\$\{([^{}]*)\}")
_NAME: Final = re.compile(
    r"""\s*(?P<env>env\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:(?:\|\||\?\?)\s*(?P<text>"[^"]*"|'[^']*')\s*)?"""
)
# docker-agent's way to put an argument into an address; here every argument is encoded.
_ENCODED: Final = re.compile(r"\s*encodeURIComponent\(\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\)\s*")
_CALLS_ENV: Final = re.compile(r"\benv\b\s*[.\[]")
_SECRET_NAME: Final = re.compile(r"key|token|secret|pass|pwd|auth|cred|cookie|session|sig", re.IGNORECASE)
_SHORTEST_SECRET: Final = 16  # characters from which a value counts as a secret whatever its name is


@dataclass(slots=True)
class Expander:
    """Fills in; what it cannot fill in goes to `faults`, and what must be kept secret to `hidden`."""

    env: Mapping[str, str]
    faults: Faults
    hidden: set[str] = field(default_factory=set)

    def prose(self, text: str, path: Path) -> str:
        """Text for a model or a person. `${NAME}` of an unknown name stays, as prompts speak of code."""

        def fill(match: re.Match[str]) -> str:
            parsed = _NAME.fullmatch(match[1])
            if parsed is None:
                if _CALLS_ENV.search(match[1]):
                    self._refuse(path, match[0])
                return match[0]
            if not parsed["env"] and parsed["name"] not in self.env:
                return match[0]
            return self._value(parsed, path)

        return _ANY.sub(fill, text)

    def strict(self, text: str, path: Path, *, arguments: Collection[str] = (), header: bool = False) -> str:
        """An address or a header. `arguments` are names that a tool fills in later, and stay."""

        def fill(match: re.Match[str]) -> str:
            parsed = _NAME.fullmatch(match[1])
            encoded = _ENCODED.fullmatch(match[1])
            if encoded is not None and encoded["name"] in arguments:
                return match[0]
            if parsed is None:
                self._refuse(path, match[0])
                return ""
            if not parsed["env"] and parsed["name"] in arguments:
                return match[0]
            value = self._value(parsed, path)
            if header or _is_secret(parsed["name"], value):
                self.hidden.add(value)
            return value

        return _ANY.sub(fill, text)

    def headers(self, headers: Mapping[str, str], path: Path, *, arguments: Collection[str] = ()) -> dict[str, str]:
        """The headers of a request. One that holds a line break or an odd character is refused, unshown."""
        filled = {}
        for name, text in headers.items():
            value = self.strict(text, (*path, name), arguments=arguments, header=True).strip()
            if not (value.isascii() and value.isprintable() and _is_header_name(name)):
                self.faults.add((*path, name), "cannot be a header: it holds a line break or an odd character")
                continue
            if value != text or _SECRET_NAME.search(name):
                self.hidden.add(value)
            filled[name] = value
        return filled

    def _value(self, parsed: re.Match[str], path: Path) -> str:
        value = self.env.get(parsed["name"])
        if not value and parsed["text"] is not None:
            return parsed["text"][1:-1]
        if value is None:
            self.faults.add(path, f"env does not hold {parsed['name']}")
            return ""
        return value

    def _refuse(self, path: Path, found: str) -> None:
        shown = found if len(found) <= 60 else f"{found[:57]}..."
        reason = "is an expression; only ${env.NAME} and ${env.NAME || 'text'} are filled in"
        self.faults.add(path, f"{' '.join(shown.split())} {reason}")


def _is_secret(name: str, value: str) -> bool:
    """Whether a value in an address must be kept out of what is said. A host or a region must not: texts name them."""
    if _SECRET_NAME.search(name):
        return True
    return len(value) >= _SHORTEST_SECRET and not any(mark in value for mark in ":/. ")


def _is_header_name(name: str) -> bool:
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name))
