"""JSON texts from outside: one reader, bounded before it parses, and the writer of the boundary.

WebAssembly's stack is small: about 5,600 nested brackets in `json.loads` end Pyodide, with every session in it. So no
other module parses JSON; a lint rule (`banned-api` in pyproject.toml) holds that. pydantic's parser is the fast one and
stops at 200 levels. Only what it refuses goes to the standard library's parser, which accepts more, and its depth is
measured first.

Half a surrogate pair is legal in JSON and in JavaScript, but no encoding can represent it (a text cut in the middle of
an emoji has one). It becomes U+FFFD on the way in; what was not read here passes `whole` before `write`. A stream may
send the other half in its next event, so `read` can keep the halves at the ends of a text (`CutText`), and `join` puts
them together.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_DEPTH: Final = 200  # of arrays and objects; also the limit of pydantic's parser
MAX_CHARS: Final = 24 * 1024 * 1024
# Arrays, objects and what is in them: what a worker reads in a fifth of a second.
MAX_VALUES: Final = 250_000
# Of a text that Python has to check value by value: `strict`, NaN, halves of surrogate pairs.
MAX_CHECKED: Final = 50_000
MAX_CHECKED_CHARS: Final = 2 * 1024 * 1024
MAX_SAFE: Final = 2**53  # up to here JavaScript has every integer
SURE_CHARS: Final = 16  # a float keeps any 15 digits; the point is one more character

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NO_BRACKET: Final = re.compile(rf'[^\[\]{{}}"]++|{_STRING.pattern}', re.DOTALL)
_BLOCK: Final = 100  # brackets
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class CutText(str):
    """A text that begins or ends with half of a surrogate pair. As a `str` it has U+FFFD there, in `raw` the half."""

    __slots__ = ("raw",)

    raw: str

    def __new__(cls, raw: str) -> CutText:
        text = super().__new__(cls, whole(raw))
        text.raw = raw
        return text


def read(text: str | bytes, *, strict: bool = False, exact: bool = False, cut: bool = False) -> Any:
    """The value of a JSON text. `NaN` and `Infinity` are null; halves of surrogate pairs are U+FFFD.

    Args:
        text: the JSON text; bytes are UTF-8.
        strict: refuse `NaN`, `Infinity`, and an object that has a key twice: readers differ in which one they take.
        exact: with `strict`, refuse a number that a float would round, such as `1e400` or one of 20 decimals. Integers
            are never rounded.
        cut: make a string that begins or ends with half of a surrogate pair a `CutText`.

    Raises:
        ValueError: not JSON, longer than `MAX_CHARS`, nested deeper than `MAX_DEPTH`, a number of more than 4,300
            digits, too many values (`MAX_VALUES`, `MAX_CHECKED`), or what `strict` and `exact` refuse.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"the JSON text is longer than {MAX_CHARS} characters")
    _bound(text, MAX_VALUES)
    try:
        value = from_json(text, allow_inf_nan=False)
        if not strict:
            return value
    except (ValueError, TypeError) as error:  # it may still be JSON: NaN, halves of surrogate pairs
        if "recursion limit" in str(error) or _is_too_deep(text := _decoded(text)):
            raise ValueError(f"the JSON text is nested deeper than {MAX_DEPTH} levels") from None
    text = _decoded(text)
    _bound(text, MAX_CHECKED)
    if len(text) > MAX_CHECKED_CHARS:
        raise ValueError(f"the JSON text is longer than {MAX_CHECKED_CHARS} characters")
    value = json.loads(
        text,
        parse_constant=_refuse if strict else _null,
        parse_float=_exactly if exact else None,
        object_pairs_hook=_unique if strict else None,
    )
    if _HALF.search(text):
        value = _with_strings(value, _cut if cut else whole)
    return value


def read_first(text: str, start: int = 0) -> tuple[Any, int]:
    """The JSON value that begins at `start` of a text, and where it ends. Raises `ValueError` like `read`."""
    if _is_too_deep(text):
        raise ValueError(f"the JSON text is nested deeper than {MAX_DEPTH} levels")
    return json.JSONDecoder().raw_decode(text, start)


def is_cut(text: str) -> bool:
    """Whether a text that `read` refuses is the beginning of a JSON text."""
    try:
        from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return False
    return True


def whole(text: str) -> str:
    """`text` with U+FFFD for every half of a surrogate pair that stands alone; halves that meet are joined."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def join(pieces: Iterable[str]) -> str:
    """The pieces of a text in one. Halves of surrogate pairs that meet are joined, others are U+FFFD."""
    return whole("".join([piece.raw if isinstance(piece, CutText) else piece for piece in pieces]))


def take_half(text: str) -> tuple[str, str]:
    """`text` without the first half of a surrogate pair at its end, and that half; "" where there is none."""
    return (text[:-1], text[-1]) if "\ud800" <= text[-1:] <= "\udbff" else (text, "")


def write(value: object) -> str:
    """The JSON text of a value. Values that JSON lacks become null (NaN, Infinity) or `<type>`.

    Raises `PydanticSerializationError` for half a surrogate pair.
    """
    return to_json(value, inf_nan_mode="null", fallback=name_of).decode()


def name_of(value: object) -> str:
    """What stands in JSON for a value of a type that JSON lacks."""
    return f"<{type(value).__name__}>"


def _cut(text: str) -> str:
    """`text` as a `CutText` if an end of it is a half whose other half may be in another text."""
    is_cut = "\udc00" <= text[:1] <= "\udfff" or "\ud800" <= text[-1:] <= "\udbff"
    return CutText(text) if is_cut else whole(text)


def _with_strings(value: Any, clean: Callable[[str], str]) -> Any:
    """A JSON value with `clean` applied to each of its strings."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_with_strings(item, clean) for item in value]
    if isinstance(value, dict):
        return {whole(name): _with_strings(item, clean) for name, item in value.items()}
    return value


def _decoded(text: str | bytes) -> str:
    return text.decode("utf-8-sig") if isinstance(text, bytes) else text


def _bound(text: str | bytes, values: int) -> None:
    """Raise ValueError if `text` has more values than `values`. Takes time only for a text of as many characters.

    Every value follows a bracket or a comma, except those of keys, which belong to their keys.
    """
    if len(text) <= values or _marks(text) <= values:
        return
    text = _decoded(text)
    if _is_too_deep(text[: 20 * MAX_DEPTH]):
        raise ValueError(f"the JSON text is nested deeper than {MAX_DEPTH} levels")
    if text.count('"') - text.count('\\"') > 4 * values or _marks(_outside_of_strings(text)) > values:
        raise ValueError(f"the JSON text has more than {values} values")


def _outside_of_strings(text: str) -> str:
    """A JSON text without its strings; of a text that is not JSON, anything. Much faster than a regular expression."""
    return "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])


def _marks(text: str | bytes) -> int:
    """The brackets and commas in a text."""
    marks: Any = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    return sum(text.count(mark) for mark in marks)


def _is_too_deep(text: str) -> bool:
    """Whether brackets outside of strings are nested deeper than `MAX_DEPTH`. Linear in the length of `text`."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    brackets = _NO_BRACKET.sub("", text)
    depth = 0
    for start in range(0, len(brackets), _BLOCK):  # one by one only where the depth may be exceeded
        block = brackets[start : start + _BLOCK]
        opening = block.count("[") + block.count("{")
        if depth + opening > MAX_DEPTH and depth + max(accumulate(map(_STEP.__getitem__, block))) > MAX_DEPTH:
            return True
        depth += 2 * opening - len(block)
    return False


def _null(_: str) -> None:
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _exactly(number: str) -> float:
    """The float that has just the value of `number`: written again, it is the same number."""
    value = float(number)
    if len(number) <= SURE_CHARS and "e" not in number and "E" not in number:
        return value
    from decimal import Decimal  # takes 3 ms to import, and few numbers need it

    try:
        if math.isfinite(value) and Decimal(number) == Decimal(repr(value)):
            return value
    except ArithmeticError:  # an exponent beyond those of Decimal
        pass
    raise ValueError(f"the number {number[:100]} would be rounded; write fewer digits, or a string")


def first_inexact(value: object) -> int | None:
    """The first integer in a JSON value that JavaScript would round: its numbers are floats. None if there is none."""
    if isinstance(value, int):
        return value if abs(value) > MAX_SAFE and not _is_float(value) else None
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := first_inexact(item)) is not None), None)


def _is_float(value: int) -> bool:
    try:
        return float(value) == value
    except OverflowError:
        return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice[:100]!r} is there twice")
    return found
