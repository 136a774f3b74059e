"""`${env.NAME}` in an agent file, replaced from the session's env only.

docker-agent runs the text in `${...}` as JavaScript. Here it is a name to look up, with an optional fallback in quotes.
Any other expression is refused in addresses and headers, and left unchanged in prompts.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..redaction.forms import MIN_SECRET
from .vendor_keys import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from ..errors.validation import Path
    from .problems import Problems
    from .vendor_keys import Secrets

_ANY: Final = re.compile(r"\$\{([^{}]*)\}")
_NAME: Final = re.compile(
    r"""\s*(?P<env>env\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:(?:\|\||\?\?)\s*(?P<text>"[^"]*"|'[^']*')\s*)?"""
)
# docker-agent's notation for an argument in an address; here every argument is encoded.
_ENCODED: Final = re.compile(r"\s*encodeURIComponent\(\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\)\s*")
_CALLS_ENV: Final = re.compile(r"\benv\b\s*[.\[]")
_SECRET_NAME: Final = re.compile(r"key|token|secret|pass|pwd|auth|cred|cookie|session|sig", re.IGNORECASE)


@dataclass(slots=True)
class Expander:
    """Replaces expressions. Those it cannot replace are added to `problems`, secret values to `hidden`.

    A value that is sent as a key or in a header is a secret, whatever its name: `check_uses` finds its other places.
    """

    secrets: Secrets
    problems: Problems
    hidden: set[str] = field(default_factory=set)
    _missing: list[tuple[str, Path]] | None = None  # names that env lacks while they are collected
    _sent: set[str] = field(default_factory=set)  # names of values in headers and of keys
    _shown: dict[str, Path] = field(default_factory=dict)  # names of values in texts and addresses, with one place

    @property
    def env(self) -> Mapping[str, str]:
        return self.secrets.env

    @contextmanager
    def collecting(self) -> Iterator[list[tuple[str, Path]]]:
        """Gives the names that env lacks, each with its place. Until the block ends they are no problems."""
        missing: list[tuple[str, Path]] = []
        self._missing = missing
        try:
            yield missing
        finally:
            self._missing = None

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
            return self._plain(parsed, path)

        return _ANY.sub(fill, text)

    def strict(self, text: str, path: Path, *, arguments: Collection[str] = ()) -> str:
        """An address. `arguments` are names that a tool replaces later; they are left unchanged."""
        return self._strict(text, path, arguments, self._plain)

    def _strict(
        self,
        text: str,
        path: Path,
        arguments: Collection[str],
        value: Callable[[re.Match[str], Path], str],
    ) -> str:

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
            return value(parsed, path)

        return _ANY.sub(fill, text)

    def headers(
        self,
        headers: Mapping[str, str],
        path: Path,
        to: Sequence[str],
        *,
        arguments: Collection[str] = (),
        home: str = "",
    ) -> dict[str, str]:
        """The headers of a request to the URLs `to`: none of them if its host is known only when a tool is called.

        `home` is the address of the entry that has the headers, where another entry can override it. A value with a
        line break or a character outside ASCII is refused and not shown.
        """
        filled = {}
        for name, text in headers.items():
            here = (*path, name)
            value = self._strict(text, here, arguments, lambda parsed, at: self._bound(parsed, at, to, home)).strip()
            if not (value.isascii() and value.isprintable() and _is_header_name(name)):
                self.problems.add(here, "cannot be a header: it contains a line break or a character outside ASCII")
                continue
            if value != text or _SECRET_NAME.search(name):
                self.hidden.add(value)
            filled[name] = value
        return filled

    def secret(self, text: str, path: Path, to: Sequence[str]) -> str:
        """A secret that is sent to the URLs `to`."""
        value = self._strict(text, path, (), lambda parsed, at: self._bound(parsed, at, to, "")).strip()
        self.hidden.add(value)
        return value

    def _plain(self, parsed: re.Match[str], path: Path) -> str:
        """A value for a text or an address, which no secret may be in."""
        if self.secrets.is_secret(parsed["name"]):
            self.problems.add(path, f"{parsed['name']} is a secret: it can only be a token_key or in a header")
            return ""
        self._shown.setdefault(parsed["name"], path)
        return self._value(parsed, path)

    def send(self, name: str, path: Path, to: Sequence[str], home: str = "") -> None:
        """The value of this name is sent to these URLs, as a key or in a header.

        `home` is the address of the entry that names it, "" if that has none but those.
        """
        self._sent.add(name)
        for url in to if not self._missing else ():  # else nothing is sent
            if objection := self.secrets.objection(name, url) or (home and self.secrets.foreign(name, url, home)):
                self.problems.add(path, objection)
                self.problems.ask(name, self.secrets.vendor(name), place_of(url))

    def check_uses(self) -> None:
        """A value that is sent to one host must not be in a text or an address as well, unless its name is plain."""
        for name in self._sent & self._shown.keys():
            if len(self.env.get(name, "")) >= MIN_SECRET and not self.secrets.is_plain(name):
                self.problems.add(self._shown[name], f"{name} is a secret, because a key or a header is made of it")

    def _bound(self, parsed: re.Match[str], path: Path, to: Sequence[str], home: str) -> str:
        """A value for a header, which goes to the hosts of `to` only."""
        value = self._value(parsed, path)
        if value and not to:
            self.problems.add(path, f"{parsed['name']} needs allowed_domains: they name the hosts that it is sent to")
        if value:
            self.send(parsed["name"], path, to, home)
        self.hidden.add(value)
        return value

    def _value(self, parsed: re.Match[str], path: Path) -> str:
        value = self.env.get(parsed["name"])
        if not value and parsed["text"] is not None:
            return parsed["text"][1:-1]
        if value is None and self._missing is not None:
            self._missing.append((parsed["name"], path))
            return ""
        if value is None:
            self.problems.add(path, f"env has no {parsed['name']}")
            return ""
        return value

    def _refuse(self, path: Path, found: str) -> None:
        shown = found if len(found) <= 60 else f"{found[:57]}..."
        reason = "is an expression; only ${env.NAME} and ${env.NAME || 'text'} are replaced"
        self.problems.add(path, f"{' '.join(shown.split())} {reason}")


def names_in(text: str) -> list[str]:
    """The names that a text may take from env, an expression that is refused not counted."""
    parsed = (_NAME.fullmatch(match[1]) for match in _ANY.finditer(text))
    return [found["name"] for found in parsed if found]


def _is_header_name(name: str) -> bool:
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name))
