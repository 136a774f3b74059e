"""`${env.NAME}` in an agent file, replaced from the session's env only.

docker-agent runs the text in `${...}` as JavaScript. Here it is a name to look up, with an optional fallback in quotes.
Any other expression is refused in addresses and headers, and left unchanged in prompts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..errors.validation import Path
    from .problems import Problems

_ANY: Final = re.compile(r"\$\{([^{}]*)\}")
_NAME: Final = re.compile(
    r"""\s*(?P<env>env\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:(?:\|\||\?\?)\s*(?P<text>"[^"]*"|'[^']*')\s*)?"""
)
# docker-agent's notation for an argument in an address; here every argument is encoded.
_ENCODED: Final = re.compile(r"\s*encodeURIComponent\(\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\)\s*")
_CALLS_ENV: Final = re.compile(r"\benv\b\s*[.\[]")
_SECRET_NAME: Final = re.compile(r"key|token|secret|pass|pwd|auth|cred|cookie|session|sig", re.IGNORECASE)
_MIN_SECRET: Final = 16  # characters from which a value counts as a secret whatever its name


@dataclass(slots=True)
class Expander:
    """Replaces expressions. Those it cannot replace are added to `problems`, secret values to `hidden`."""

    env: Mapping[str, str]
    problems: Problems
    hidden: set[str] = field(default_factory=set)

    def prose(self, text: str, path: Path) -> str:
        """Text for a model or a person. An unknown `${NAME}` is left unchanged, because prompts can contain code."""

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
        """An address or a header. `arguments` are names that a tool replaces later; they are left unchanged."""

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
        """The headers of a request. A value with a line break or a character outside ASCII is refused and not shown."""
        filled = {}
        for name, text in headers.items():
            value = self.strict(text, (*path, name), arguments=arguments, header=True).strip()
            if not (value.isascii() and value.isprintable() and _is_header_name(name)):
                self.problems.add(
                    (*path, name), "cannot be a header: it contains a line break or a character outside ASCII"
                )
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
            self.problems.add(path, f"env has no {parsed['name']}")
            return ""
        return value

    def _refuse(self, path: Path, found: str) -> None:
        shown = found if len(found) <= 60 else f"{found[:57]}..."
        reason = "is an expression; only ${env.NAME} and ${env.NAME || 'text'} are replaced"
        self.problems.add(path, f"{' '.join(shown.split())} {reason}")


def _is_secret(name: str, value: str) -> bool:
    """Whether a value in an address is a secret. A host or a region is not, because messages name them."""
    if _SECRET_NAME.search(name):
        return True
    return len(value) >= _MIN_SECRET and not any(mark in value for mark in ":/. ")


def _is_header_name(name: str) -> bool:
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name))
