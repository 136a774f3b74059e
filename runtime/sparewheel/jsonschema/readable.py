"""Schemas of servers as a user can see them: what cannot be seen in them may be written for the model alone.

Texts for people lose the characters that cannot be seen. Names and values of arguments have to stay as they are, so
they may not have such characters, except those that join or vary what can be seen, as in emoji and in Persian.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..jsontext import write
from ..visible import readable, without_hidden

_FOR_PEOPLE: Final = ("description", "title", "$comment", "markdownDescription")
# What a joiner or a variation selector follows: it is not sought in what is left.
_JOINED: Final = re.compile("([^\x00-\x7f])(?:[\ufe0e\ufe0f]\u200d?|[\u200c\u200d])|([0-9#*])\ufe0f(?=\u20e3)")
_BLANKS: Final = re.compile(r"[\t\n\r\u00a0\u2000-\u200a\u202f\u3000]")


def readable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy of a schema, itself if it has nothing that cannot be seen.

    Raises:
        ValueError: a name or a value has characters that cannot be seen.
    """
    text = write(schema)
    if "\\" not in text and without_hidden(text) == text:
        return schema
    found = _readable(schema)
    assert isinstance(found, dict)
    return found


def _readable(value: object) -> object:
    if isinstance(value, dict):
        return {_checked(key): _of_key(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_readable(each) for each in value]
    return _checked(value) if isinstance(value, str) else value


def _of_key(key: str, value: object) -> object:
    return readable(value) if key in _FOR_PEOPLE and isinstance(value, str) else _readable(value)


def _checked(text: str) -> str:
    plain = _JOINED.sub(r"\1\2", _BLANKS.sub("", text))
    if without_hidden(plain) != plain:
        raise ValueError(f"its schema has characters that cannot be seen, in {text[:100]!a}")
    return text
