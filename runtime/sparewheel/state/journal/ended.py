"""How a stored turn ended: the fields of its `end` record that a page shows. They are not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from ...errors import KINDS, Code
from .course import MAX_SPENT
from .shaped import taken
from .stored_messages import dump_message, load_message

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_MESSAGE: Final = 4000  # characters of an error
_WHY: Final = {"message": str, "kind": str, "code": str, "hint": str, "status": int}
_ERROR: Final = {**_WHY, "retryable": bool, "provider": str, "model": str}
_ATTEMPT: Final = {**_WHY, "attempt": int, "model": str, "outcome": str, "simulated": bool}
_TOTALS: Final = ("input_tokens", "output_tokens", "cached_tokens", "written_tokens", "reasoning_tokens")


def read_end(end: Mapping[str, Any]) -> dict[str, Any]:
    """What is well formed of `reason`, `model`, `usage`, `error`, `attempts` and `parts` of an `end` record."""
    found: dict[str, Any] = {**taken(end, {"reason": str, "model": str}), "usage": None}
    if totals := taken(end.get("usage"), dict.fromkeys(_TOTALS, int)):
        found["usage"] = {name: totals.get(name) for name in _TOTALS}
    error = taken(end.get("error"), _ERROR, _MAX_MESSAGE)
    if "message" in error:
        found["error"] = _known({"hint": "", "retryable": False, **error})
    if isinstance(records := end.get("attempts"), list):
        attempts = [_known(taken(each, _ATTEMPT)) for each in records[-MAX_SPENT:]]
        found["attempts"] = [each for each in attempts if {"attempt", "model", "outcome"} <= each.keys()]
    try:
        found["parts"] = dump_message(load_message({"role": "assistant", "parts": end.get("parts")}))["parts"]
    except ValueError:
        pass
    return found


def _known(error: dict[str, Any]) -> dict[str, Any]:
    """The error, of kind `unknown` if its kind is another one."""
    is_known = error.get("kind") in KINDS and error.get("code") in get_args(Code)
    return error if is_known or not error.keys() & {"kind", "code"} else {**error, "kind": "unknown", "code": "unknown"}
