"""Writes the messages to the page, without the secrets of any session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..jsontext import name_of, whole, write
from ..redaction.redact import MASK, written_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

# Programs switch on the values of these names in the protocol's own objects: the payload, and the objects in it under
# the names of `_OURS`. They never hold a key, so they are not masked, even if a user's key is such a word. In other
# objects, such as the arguments of a call, these names may hold anything.
_WORDS: Final = frozenset({"type", "kind", "code", "role", "session", "turn", "what"})
_OURS: Final = frozenset({"events", "error", "result", "message", "messages", "partial_message"})
_MAX_DEPTH: Final = 200  # pydantic's limit is 255


class Writer:
    """Writes payloads and masks secrets in them. Each secret belongs to an owner, usually a session."""

    def __init__(self) -> None:
        self._owned: dict[Hashable, frozenset[str]] = {}
        self._sought: list[tuple[str, str]] = []  # each as JSON text and as a value; the longest first

    def hide(self, owner: Hashable, secrets: Iterable[str]) -> None:
        """Mask `secrets` in every value that is written from now on."""
        self._owned[owner] = frozenset(secrets)
        self._seek()

    def forget(self, owner: Hashable) -> None:
        """Stop masking the owner's secrets, except those that another owner has as well."""
        self._owned.pop(owner, None)
        self._seek()

    def write(self, payload: dict[str, Any]) -> str:
        """One line of JSON. A value that JSON lacks is replaced, so that the rest of the payload is not lost."""
        try:
            text = write(payload)
        except Exception:  # half a surrogate pair, or nested too deeply
            payload = _each_text(payload, whole, ours=True)
            text = write(payload)
        found = [secret for as_text, secret in self._sought if as_text in text]
        return write(_each_text(payload, lambda value: _masked(value, found), ours=True)) if found else text

    def copy(self, payload: dict[str, Any]) -> Any:
        """The payload as masked plain values, for a reader in this process."""
        return _each_text(payload, lambda value: _masked(whole(value), [form for _, form in self._sought]), ours=True)

    def _seek(self) -> None:
        forms = written_forms(frozenset().union(*self._owned.values()))
        self._sought = [(write(form)[1:-1], form) for form in forms]


def _masked(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _each_text(value: object, change: Callable[[str], str], depth: int = 0, *, ours: bool = False) -> Any:
    """A copy of a value with every text changed. In keys, only halves of surrogate pairs are replaced."""
    if isinstance(value, str):
        return change(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {
            whole(str(key)): whole(item)
            if ours and key in _WORDS and isinstance(item, str)
            else _each_text(item, change, depth + 1, ours=ours and key in _OURS)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_each_text(item, change, depth + 1, ours=ours) for item in value]
    return name_of(value)
