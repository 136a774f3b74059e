"""JSON texts of the boundary: read so that nothing in them breaks us, written so that nothing is lost.

Half a surrogate pair is legal in JSON and in JavaScript, but no encoding can represent it (a text cut in the middle of
an emoji has one). It becomes U+FFFD on the way in and on the way out.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from pydantic_core import to_json

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def read(text: str) -> Any:
    """The value of a JSON text, without halves of surrogate pairs; `NaN` and `Infinity` are null.

    Raises `ValueError` and `RecursionError`.
    """
    value = json.loads(text, parse_constant=lambda _: None)
    if _HALF.search(text):
        value = json.loads(whole(json.dumps(value, ensure_ascii=False)))
    return value


def whole(text: str) -> str:
    """`text` with U+FFFD for every half of a surrogate pair that stands alone; halves that meet are joined."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def write(value: object) -> str:
    return to_json(value, inf_nan_mode="null", fallback=name_of).decode()


def name_of(value: object) -> str:
    return f"<{type(value).__name__}>"
