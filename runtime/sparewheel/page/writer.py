"""Writes what goes to the page, without the secrets of any session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..jsontext import name_of, whole, write
from ..redaction.redact import MASK, written_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

# What programs switch on, in what is ours: the payload, and what stands in it under the names of `_OURS`. It never
# holds a key, and stays as it is even if somebody's key is such a word. Elsewhere, as in the arguments of a call, these
# names are anybody's.
_WORDS: Final = frozenset({"type", "kind", "code", "role", "session", "turn", "what"})
_OURS: Final = frozenset({"events", "error", "result", "message", "messages", "partial_message"})
_DEEPEST: Final = 200  # pydantic's limit is 255


class Writer:
    """Writes payloads, and takes secrets out of them. Secrets belong to owners and go with them."""

    def __init__(self) -> None:
        self._owned: dict[Hashable, frozenset[str]] = {}
        self._sought: list[tuple[str, str]] = []  # as it stands in the text, and in the value; the longest first

    def hide(self, owner: Hashable, secrets: Iterable[str]) -> None:
        """From now on nothing that is written holds one of `secrets` in a value."""
        self._owned[owner] = frozenset(secrets)
        self._seek()

    def forget(self, owner: Hashable) -> None:
        """The owner's secrets need hiding no more, unless another owner has them too."""
        self._owned.pop(owner, None)
        self._seek()

    def write(self, payload: dict[str, Any]) -> str:
        """One line of JSON. Whatever JSON cannot say is replaced: no payload is lost for it."""
        try:
            text = write(payload)
        except Exception:  # half a surrogate pair, or nested too deeply
            payload = _each_text(payload, whole, ours=True)
            text = write(payload)
        found = [secret for as_text, secret in self._sought if as_text in text]
        return write(_each_text(payload, lambda value: _masked(value, found), ours=True)) if found else text

    def copy(self, payload: dict[str, Any]) -> Any:
        """The same as plain values, for a reader in this process; at any depth that `write` takes."""
        return _each_text(payload, lambda value: _masked(whole(value), [form for _, form in self._sought]), ours=True)

    def _seek(self) -> None:
        forms = written_forms(frozenset().union(*self._owned.values()))
        self._sought = [(write(form)[1:-1], form) for form in forms]


def _masked(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _each_text(value: object, change: Callable[[str], str], depth: int = 0, *, ours: bool = False) -> Any:
    """The same value with every text in it changed. Keys are only made whole: they are the protocol's."""
    if isinstance(value, str):
        return change(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _DEEPEST:
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
