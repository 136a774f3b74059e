"""Characters that cannot be seen, made visible: a user decides by what is shown.

They are control and format characters (zero width, directions of text, tags), blanks other than the space, fillers,
variation selectors, private and unassigned characters. JSON has an escape for each, so the text keeps its value.
"""

from __future__ import annotations

import re
from typing import Final

# Marks and letters without a shape, which Python counts as printable: joiner, fillers, vowels, selectors, blanks.
_SHAPELESS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)


def visible_json(text: str) -> str:
    """JSON text with `\\u` escapes for the characters that cannot be seen. Its value stays the same."""
    if text.isprintable() and not _SHAPELESS.search(text):
        return text
    hidden = {char for char in set(text) if not char.isprintable()} - set("\n\r\t") | set(_SHAPELESS.findall(text))
    return text.translate({ord(char): _escape(ord(char)) for char in hidden})


def without_hidden(text: str) -> str:
    """Text without the characters that cannot be seen. Blanks of all kinds become spaces."""
    if text.isprintable() and not _SHAPELESS.search(text):
        return text
    seen = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    return _SHAPELESS.sub("", seen)


def readable(text: str) -> str:
    """Like `without_hidden`, for a text of lines: a model reads what its user can see."""
    return "\n".join(map(without_hidden, text.splitlines()))


def _escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
