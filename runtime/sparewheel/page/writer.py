"""Writes the messages to the page, without the secrets of any session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ..jsontext import name_of, whole, write
from ..redaction.literals import Literals
from ..redaction.sought import Sought

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

# Programs switch on the values of these names in the protocol's own objects: the payload, and the objects in it under
# the names of `_OURS`. They never hold a key, so they are not masked, even if a user's key is such a word. In other
# objects, such as the arguments of a call, these names may hold anything.
_WORDS: Final = frozenset({"type", "kind", "code", "role", "session", "turn", "what"})
_OURS: Final = frozenset(
    {"events", "event", "error", "result", "message", "messages", "partial_message", "parts", "media"}
)
_NAME: Final = re.compile("[a-z_]{1,40}")
_MAX_DEPTH: Final = 200  # pydantic's limit is 255


class Writer:
    """Writes payloads and masks secrets in them. Each secret belongs to an owner, usually a session."""

    def __init__(self) -> None:
        self._owned: dict[Hashable, frozenset[str]] = {}
        self._changed = False
        self._known: frozenset[str] = frozenset()  # the secrets that the next three are made of
        self._sought = Sought(())
        self._plain = Literals(())  # the secrets within JSON text
        self._as_text = Literals(())  # all their forms within JSON text

    def hide(self, owner: Hashable, secrets: Iterable[str]) -> None:
        """Mask `secrets` in every value that is written from now on."""
        self._owned[owner] = frozenset(secrets)
        self._changed = True

    def forget(self, owner: Hashable) -> None:
        """Stop masking the owner's secrets, except those that another owner has as well."""
        self._owned.pop(owner, None)
        self._changed = True

    @property
    def secrets(self) -> frozenset[str]:
        """What is masked."""
        return frozenset().union(*self._owned.values())

    def write(self, payload: dict[str, Any]) -> str:
        """One line of JSON. A value that JSON lacks is replaced, so that the rest of the payload is not lost."""
        self._seek()
        try:
            text = write(payload)
        except Exception:  # half a surrogate pair, or nested too deeply
            payload = _each_text(payload, whole, ours=True)
            text = write(payload)
        if _is_filtered(payload):
            found = self._plain.maybe_in(text)
        else:
            found = self._as_text.maybe_in(text) or self._sought.occurs_escaped(text)
        if not found:
            return text
        return write(_each_text(payload, lambda value: self._sought.hidden(whole(value)), ours=True))

    def hidden(self, text: str) -> str:
        """`text` without the secrets."""
        self._seek()
        return self._sought.hidden(text)

    def copy(self, payload: dict[str, Any]) -> Any:
        """The payload as masked plain values, for a reader in this process."""
        self._seek()
        return _each_text(payload, lambda value: self._sought.hidden(whole(value)), ours=True)

    def _seek(self) -> None:
        """Make ready for what is masked now. Not at each change: a command changes it several times."""
        if not self._changed:
            return
        self._changed = False
        secrets = self.secrets
        if secrets == self._known:
            return
        self._known = secrets
        self._sought = Sought(secrets)
        forms = set(self._sought.forms)
        self._plain = Literals(_within_json(secret) for secret in secrets & forms)
        self._as_text = Literals(map(_within_json, forms))


def _within_json(text: str) -> str:
    return text if text.isalnum() and text.isascii() else write(text)[1:-1]


def _is_filtered(payload: dict[str, Any]) -> bool:
    """Whether there are only pieces of text, in which the session has sought every form of its secrets already."""
    if payload.get("type") != "events":
        return False
    for event in payload.get("events", ()):
        if event["type"] != "delta" or "task" in event:
            return False
    return True


def _each_text(value: object, change: Callable[[str], str], depth: int = 0, *, ours: bool = False) -> Any:
    """A copy of a value with every text changed, and every key that cannot be a name of the protocol."""
    if isinstance(value, str):
        return change(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        kept = _WORDS if "mime_type" not in value else {*_WORDS, "data"}  # the bytes of media are no text
        return {
            _name(str(key), change): whole(item)
            if ours and key in kept and isinstance(item, str)
            else _each_text(item, change, depth + 1, ours=ours and key in _OURS)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_each_text(item, change, depth + 1, ours=ours) for item in value]
    return name_of(value)


def _name(key: str, change: Callable[[str], str]) -> str:
    return key if _NAME.fullmatch(key) else change(key)
