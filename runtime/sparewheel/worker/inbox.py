"""Reads the texts of the page, commands and pieces of host calls. What cannot be read is answered all the same."""

from __future__ import annotations

import re
from typing import Any, Final

from ..errors import ConfigError
from ..jsontext import read

# The page writes these fields first.
_HEAD: Final = re.compile(r'\{(?:"id":(?P<id>\d{1,15})|"type":"piece","call":(?P<call>\d{1,15}))[,}]')
# The value that a function of the page returns, other than bytes.
_VALUE: Final = re.compile(r'\{"type":"piece","call":\d{1,15},(?:"done":true,)?"value":')
MAX_VALUE: Final = 2 * 1024 * 1024  # characters of it as JSON


def read_message(text: str) -> tuple[dict[str, Any], ConfigError | None]:
    """A message of the page, and what is wrong with a command that cannot be read, of which only the id is left.

    A piece that cannot be read becomes one with `error`, so that its call ends.
    """
    if len(text) > MAX_VALUE and _VALUE.match(text):
        return _head(text, f"it has more than {MAX_VALUE} characters")
    try:
        message = read(text)
    except ValueError as error:
        return _head(text, " ".join(str(error).split())[:300])
    return (message, None) if isinstance(message, dict) else ({}, None)


def _head(text: str, problem: str) -> tuple[dict[str, Any], ConfigError]:
    found = _HEAD.match(text)
    if found and found["call"]:
        reason = f"what it returned cannot be read: {problem}"
        return {"type": "piece", "call": int(found["call"]), "error": reason}, ConfigError(reason)
    head = {"id": int(found["id"])} if found else {}
    return head, ConfigError(f"What was passed cannot be read: {problem}", "Pass less, or plainer values.")
