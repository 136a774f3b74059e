"""Values of JSON documents from servers, of the type that is expected or none, and bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ....visible import without_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_TEXT: Final = 8_000  # characters
MAX_ITEMS: Final = 200
MAX_SCOPES: Final = 4_000  # characters of all scopes together
_SECRETS: Final = ("access_token", "refresh_token", "id_token", "client_secret", "registration_access_token")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,500}")  # RFC 6749 section 3.3


def text(document: Mapping[str, Any], name: str) -> str:
    """A text; "" if there is none, or it is too long."""
    value = document.get(name)
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else ""


def texts(document: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """The texts of a list, None if there is no list."""
    value = document.get(name)
    if not isinstance(value, list):
        return None
    return tuple(item for item in value[:MAX_ITEMS] if isinstance(item, str) and len(item) <= MAX_TEXT)


def scopes(*sources: Iterable[str]) -> tuple[str, ...]:
    """The scopes of all sources, each once, without what is no scope."""
    found: dict[str, None] = {}
    size = 0
    for scope in (scope for source in sources for scope in source):
        size += len(scope) + 1
        if size > MAX_SCOPES or len(found) == MAX_ITEMS:
            break
        if _SCOPE.fullmatch(scope):
            found[scope] = None
    return tuple(found)


def told(value: object, limit: int = 300) -> str:
    """A text of a server for a message to people: on one line, cut, without characters that cannot be seen."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return without_hidden(line if len(line) <= limit else f"{line[:limit]}…")


def secrets_in(document: Mapping[str, Any]) -> list[str]:
    """What must not be shown of the response of a token or registration endpoint."""
    return [value for name in _SECRETS if (value := text(document, name))]
