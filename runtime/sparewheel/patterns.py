"""Regular expressions that come from outside, matched in linear time and compiled within limits.

Python's `re` backtracks: `^(a+)+$` blocks it for minutes on 30 characters. pydantic's core has Rust's regex engine,
whose time is linear in the text. It has no look-around and no backreferences.

Linear is not fast: a class such as `\\w` has hundreds of ranges, `\\w{400}` takes a tenth of a second to compile, and
an expression with many states may take microseconds for each character. So `size` estimates the cost before anything is
compiled, and a search in a long text is stopped when it turns out to be slow.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING, Final

from pydantic_core import SchemaError, SchemaValidator, core_schema

from .jsontext import whole
from .slices import run_at_once

if TYPE_CHECKING:
    from .slices import Slices

MAX_PATTERN: Final = 2000  # characters
# About the microseconds that a worker takes to compile: a hundred times `\w`.
MAX_SIZE: Final = 60_000
MAX_MATCHERS: Final = 100_000  # of all matchers of hooks together, which may have to be compiled at once
MAX_CACHED_SIZE: Final = 1_000_000  # of all expressions that are kept compiled
MAX_SLICE: Final = 0.03  # seconds of the search in a part of a text; in all of it, up to four times as long
SLICE: Final = 1024  # characters of the first part; each one is twice as long as the one before

_REASON: Final = re.compile(r"error: (.+)|(Compiled regex exceeds size limit)")
_CHARACTER: Final = r"(?:\\[xuU](?:\{[^}]*\}|[0-9a-fA-F]+)|\\[^wWdDsSpPbB]|[^\\])"
_TOKEN: Final = re.compile(
    r"(?P<property>\\[pP](?:\{[^}]*\}?|.))|(?P<word>\\[wW])|(?P<digit>\\[dD])|(?P<space>\\[sS])"
    rf"|(?P<flags>\(\?[A-Za-z-]*[:)])|(?P<open>\((?:\?P?<[^>]*>)?)|(?P<close>\))"
    r"|(?P<count>\{\s*\d*\s*,?\s*\d*\s*\})|(?P<repeat>[*+?])"
    rf"|(?P<set>\[\^?)|(?P<one>{_CHARACTER}|\\.?)",
    re.DOTALL,
)
_IN_SET: Final = re.compile(
    r"(?P<property>\\[pP](?:\{[^}]*\}?|.))|(?P<word>\\[wW])|(?P<digit>\\[dD])|(?P<space>\\[sS])"
    rf"|(?P<set>\[\^?)|(?P<close>\])|(?P<range>(?P<low>{_CHARACTER})-(?P<high>(?!\]){_CHARACTER}))|(?P<one>{_CHARACTER}|\\.?)",
    re.DOTALL,
)
# What compiling costs, and with letters in either case.
_COST: Final = {"one": (2, 25), "digit": (50, 50), "space": (25, 25), "word": (600, 600), "property": (1_000, 3_000)}
_DOT: Final = 10
_SET: Final = 15
_GROUP: Final = 5
_NEARLY_ALL: Final = re.compile(r"any|assigned|age|c$|cn|other|unassigned|gr", re.IGNORECASE)
_FOLDED_PER_UNIT: Final = 40  # characters of a range
_ALL: Final = 0x110000


class Pattern:
    """A compiled regular expression. Raises `ValueError` that tells why it cannot be used."""

    def __init__(self, text: str, *, ignore_case: bool = False, entire: bool = False) -> None:
        """
        Args:
            text: the expression, in the syntax that Python, JavaScript and Rust share.
            ignore_case: letters match in either case.
            entire: it must match the whole text, not a part of it.
        """
        self.size = size(text, ignore_case=ignore_case)
        expression = rf"\A(?:{text})\z" if entire else text
        if ignore_case:
            expression = f"(?i){expression}"
        try:
            self._matcher = SchemaValidator(
                core_schema.str_schema(pattern=expression, regex_engine="rust-regex", strict=True)
            )
        except SchemaError as error:
            found = _REASON.search(str(error))
            reason = (found[1] or found[2]) if found else "it is not valid"
            raise ValueError(f"{text[:200]!r} is not a regular expression that can be used: {reason}") from None

    def search(self, text: str) -> bool:
        """Whether the expression matches. A text that UTF-8 cannot encode is searched with U+FFFD in it.

        Raises:
            TooSlow: the search in a long text would block a worker.
        """
        return run_at_once(self.search_in_slices(text))

    def search_in_slices(self, text: str) -> Slices[bool]:
        """`search`. How long it takes is tried out with ever longer parts of the text, with a pause after each."""
        text = whole(text)
        start, length = 0, SLICE
        while len(text) > SLICE and start < len(text):
            part = text[start : start + length]
            if self._seconds(part) > MAX_SLICE < self._seconds(part):  # twice: the machine may have been suspended
                raise TooSlow(f"the expression takes too long on a text of {len(text)} characters: simplify it")
            start, length = start + length, 2 * length
            yield
        return self._matcher.isinstance_python(text)

    def _seconds(self, text: str) -> float:
        begun = perf_counter()
        self._matcher.isinstance_python(text)
        return perf_counter() - begun


class TooSlow(ValueError):
    """A search that would block a worker."""


class _Compiled(dict[tuple[str, bool, bool], Pattern]):
    """The expressions that were compiled last, by text and options."""

    def add(self, key: tuple[str, bool, bool], pattern: Pattern) -> None:
        self[key] = pattern
        total = sum(each.size for each in self.values())
        while total > MAX_CACHED_SIZE and len(self) > 1:
            total -= self.pop(next(iter(self))).size


_compiled: Final = _Compiled()


def compiled(text: str, *, ignore_case: bool = False, entire: bool = False) -> Pattern:
    """`Pattern`, kept compiled for a while."""
    key = (text, ignore_case, entire)
    if key not in _compiled:
        _compiled.add(key, Pattern(text, ignore_case=ignore_case, entire=entire))
    return _compiled[key]


def size(text: str, *, ignore_case: bool = False) -> int:
    """What it costs to compile an expression, estimated from its text: repeated parts count as often as they repeat.

    Raises:
        ValueError: it costs more than `MAX_SIZE`, is too long, has a bracket that closes nothing, or the flag `x`, with
            which its text cannot be estimated.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(f"the regular expression is longer than {MAX_PATTERN} characters")
    groups = _Groups()
    folded = ignore_case or bool(re.search(r"\(\?[A-Za-z]*i", text))
    at = 0
    while token := _TOKEN.match(text, at):
        at = token.end()
        match token.lastgroup:
            case "flags" if "x" in token[0]:
                raise ValueError("the regular expression has the flag x: write it without white space and comments")
            case "flags" if token[0].endswith(")"):
                pass
            case "open" | "flags":
                groups.open()
            case "close":
                if not groups.close():
                    raise ValueError(f"{text[:200]!r} is not a regular expression that can be used: unopened group")
            case "count" | "repeat":
                groups.repeat(_times(token[0]))
            case "set":
                cost, at = _size_of_set(text, at, folded)
                groups.add(cost)
            case _:
                groups.add(_DOT if token[0] == "." else _size_of(token, folded))
    if groups.total > MAX_SIZE:
        raise ValueError(
            f"{text[:200]!r} exceeds the size limit of regular expressions: repeat less, or write * and + for counts, "
            r"[a-z] for \w and \p{L}"
        )
    return groups.total


class _Groups:
    """The cost of each open group so far, and of its last part."""

    def __init__(self) -> None:
        self._costs = [[0, 0]]

    @property
    def total(self) -> int:
        return sum(cost for cost, _ in self._costs)

    def open(self) -> None:
        self._costs.append([0, 0])

    def close(self) -> bool:
        """Whether there was one to close."""
        if len(self._costs) == 1:
            return False
        self.add(self._costs.pop()[0] + _GROUP)
        return True

    def add(self, cost: int) -> None:
        self._costs[-1][0] += cost
        self._costs[-1][1] = cost

    def repeat(self, times: int) -> None:
        more = self._costs[-1][1] * max(times - 1, 0)
        self._costs[-1][0] += more
        self._costs[-1][1] += more


def _times(count: str) -> int:
    return max((int(number[:9]) for number in re.findall(r"\d+", count)), default=1)


def _size_of_set(text: str, at: int, folded: bool) -> tuple[int, int]:
    """The cost of the set whose first part is at this place, and where it ends. Sets may contain sets."""
    found, depth, first = _SET, 1, True
    while at < len(text) and depth:
        if first and text[at] == "-":  # a character, not a range
            at += 1
            continue
        token = _IN_SET.match(text, at)
        if token is None:
            break
        at = token.end()
        kind = token.lastgroup
        if kind == "close" and not first:
            depth -= 1
        elif kind == "set":
            depth += 1
        elif token["range"]:
            span = abs(_code(token["high"]) - _code(token["low"]))
            found += 5 + (span // _FOLDED_PER_UNIT if folded else 0)
        else:
            found += _size_of(token, folded)
        first = kind == "set"
    return found, at


def _size_of(token: re.Match[str], folded: bool) -> int:
    kind = token.lastgroup or "one"
    if kind == "property" and folded and _NEARLY_ALL.match(token[0][2:].lstrip("{^")):
        return _ALL // _FOLDED_PER_UNIT
    return _COST.get(kind, _COST["one"])[folded]


def _code(character: str) -> int:
    """The number of a character of a range; the highest one if it cannot be read."""
    digits = re.fullmatch(r"\\[xuU]\{?\s*([0-9a-fA-F]{1,8})\s*\}?", character)
    return int(digits[1], 16) if digits else ord(character[-1])
