"""Finds secrets in texts, in all forms of `forms`: whole ones, and one that may have begun at the end of a text."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from .forms import MIN_SECRET, fixed_forms, is_simple, pattern, read_plainly
from .literals import Literals

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "[redacted]"

_MAX_SHOWN: Final = 13  # characters of a secret that may end a text, at most half of it: as long as `sk-ant-api03-`
_HEAD: Final = 8  # characters by which a form is looked up
_START: Final = 3  # characters by which an escaped form is looked up
_MAX_ESCAPE: Final = 24  # characters of one escaped character, as far as an unfinished form is looked for
# An escape of a character that keys consist of, or an escape that the text ends in. Others, such as `\n`, are frequent.
_ESCAPES: Final = re.compile(
    r"%(?:25){0,3}(?:2[0bdefBDEF]|3[0-9aAdD]|[4-7][0-9a-fA-F]|[0-9a-fA-F]?\Z)|\\(?:[uxU]|\Z)|&(?:amp;){0,3}(?:#|[amp]{0,3}\Z)"
)
_ANY_ESCAPE: Final = re.compile(r"[%\\&]")  # for secrets of other characters
# A text with more of them is masked as a whole: looking at each would block a worker.
MAX_ESCAPES: Final = 100_000
MAX_STARTS: Final = 20_000  # of one secret
_IN_ESCAPE: Final = 12  # characters of an escape that may be the first ones of a secret
_KEY: Final = re.compile(r"[A-Za-z0-9_\-+=.~: ]+")
_UNFINISHED: Final = re.compile(
    r"(?:(?:%[0-9a-fA-F]{0,8}){1,4}|\\{1,8}(?:u[0-9a-fA-F]{0,4}|x[0-9a-fA-F]{0,2})?|&[#a-zA-Z0-9;&]{0,20})\Z"
)


class Sought:
    """The `secrets` of at least `MIN_SECRET` characters, ready to be found. False if there is none."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.renew(secrets)

    def renew(self, secrets: Iterable[str]) -> None:
        """Seek these from now on, in the place of those before."""
        for name in ("_ends", "_heads", "_begins"):
            self.__dict__.pop(name, None)
        known = {form for secret in secrets for form in (secret, secret.strip()) if len(form) >= MIN_SECRET}
        self.forms = sorted(set().union(*map(fixed_forms, known)), key=len, reverse=True)
        self._escapable = [form for form in self.forms if form in known or not form.isalnum()]
        self._literals = Literals(self.forms)
        self._shortest = len(self.forms[-1]) if self.forms else 0
        self._longest = len(self.forms[0]) if self.forms else 0
        self._escapes = _ESCAPES if all(map(_KEY.fullmatch, self._escapable)) else _ANY_ESCAPE

    def __bool__(self) -> bool:
        return bool(self.forms)

    @cached_property
    def _ends(self) -> list[tuple[str, str]]:
        return [(form, _end(form)) for form in self._escapable]

    # Only for the ends of texts. Many texts are searched whole, for secrets of one request or one session.

    @cached_property
    def _heads(self) -> dict[str, list[str]]:
        heads: dict[str, list[str]] = {}
        for form in self.forms:
            for length in range(1, _HEAD + 1):
                heads.setdefault(form[:length], []).append(form)
        return heads

    @cached_property
    def _begins(self) -> re.Pattern[str]:
        return _beginnings(self.forms)

    def concerns(self, text: str) -> bool:
        """Whether anything of a secret may be in `text`. Cheap, because most texts need no more than this."""
        return (
            _may_escape(text)
            or self._unfinished(text) < len(text)
            or (len(text) >= self._shortest and self._literals.maybe_in(text))
        )

    def hidden(self, text: str) -> str:
        """`text` without the secrets."""
        return masked(text, self.spans(text))

    def occurs_escaped(self, text: str) -> bool:
        """Whether a secret is in `text`, or JSON text, with some of its characters escaped."""
        return bool(self._escaped(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the secrets are: start and end of each, in order, those that overlap as one."""
        found = self._escaped(text)
        for form in self.forms if self._literals.maybe_in(text) else ():
            at = text.find(form)
            while at != -1:
                found.append((at, at + len(form)))
                at = text.find(form, at + 1)
        return _merged(found)

    def unfinished(self, text: str) -> int:
        """Where the longest end of `text` begins that may be the beginning of a secret; its length if there is none."""
        return min(self._unfinished(text), self._unfinished_escaped(text)[0])

    def shown(self, before: str, text: str) -> str:
        """`text`, which follows `before` and ends a block, without secrets that are in both, or go on in a later block.

        A later block may complete a secret. So more than the first characters of one do not end a block.
        """
        whole = before + text
        start = len(whole)
        for at in (self._unfinished(whole, told=True), self._unfinished_escaped(whole)[1]):
            start = min(start, at)
        spans = [*self.spans(whole), *([(start, len(whole))] if start < len(whole) else [])]
        return masked(whole, _merged(spans), len(before))

    def _unfinished(self, text: str, *, told: bool = False) -> int:
        """Like `unfinished`, of the fixed forms; `told`: of those of which too much would be shown."""
        match = self._begins.search(text, max(len(text) - self._longest + 1, 0))
        while match is not None:
            rest = text[match.start() :]
            for form in self._heads.get(rest[:_HEAD], ()):
                if len(rest) < len(form) and form.startswith(rest) and not (told and len(rest) <= _may_show(form)):
                    return match.start()
            match = self._begins.search(text, match.start() + 1)
        return len(text)

    def _escaped(self, text: str) -> list[tuple[int, int]]:
        """Where a secret is with escaped characters in it."""
        found: list[tuple[int, int]] = []
        if not self.forms or not _may_escape(text) or self._escapes.search(text) is None:
            return found
        plain, escapes = read_plainly(text, MAX_ESCAPES + 1)
        if escapes > MAX_ESCAPES:
            return [(0, len(text))]
        for form in [form for form, end in self._ends if end in plain]:
            starts, tried = pattern(form[:_START]), 0
            match = starts.search(text)
            while match is not None:
                tried += 1
                if tried > MAX_STARTS:
                    return [(0, len(text))]
                end, read = _follow(form, text, match.end(), _START)
                if read == len(form):
                    found.append((match.start(), end))
                match = starts.search(text, match.start() + 1)
        return found

    def _unfinished_escaped(self, text: str) -> tuple[int, int]:
        """Like `unfinished` and `shown` look for, of forms with escaped characters."""
        longest = told = len(text)
        window = max(len(text) - self._longest * _MAX_ESCAPE, 0)
        if self._escapes.search(text, window) is None:
            return longest, told
        for form in self._escapable:
            first = pattern(form[0])
            for at in [match.start() for match in re.finditer(rf"{re.escape(form[0])}|[%\\&]", text[window:])]:
                start = window + at
                if start >= told:
                    break
                end, read = _follow(form, text, start, 0, more=True) if first.match(text, start) else (start, 0)
                if read < len(form) and (end == len(text) or _UNFINISHED.match(text, end)):
                    longest = min(longest, start)
                    if read > _may_show(form):
                        told = start
        return longest, told


def _may_escape(text: str) -> bool:
    return "%" in text or "\\" in text or "&" in text


def _end(form: str) -> str:
    """What is in a text that is read plainly if `form` is in it with escapes."""
    if not is_simple(form):
        return ""
    return form[_IN_ESCAPE:].replace("+", " ") if len(form) >= _IN_ESCAPE + MIN_SECRET else form[-3:].replace("+", " ")


def _beginnings(forms: list[str]) -> re.Pattern[str]:
    """Finds a first and a second character of forms, or a first one at the end of a text."""
    if not forms:
        return re.compile("(?!)")
    firsts, seconds = (re.escape("".join(sorted({form[at] for form in forms}))) for at in (0, 1))
    return re.compile(rf"[{firsts}](?:[{seconds}]|\Z)")


def _follow(form: str, text: str, at: int, read: int, *, more: bool = False) -> tuple[int, int]:
    """Read `form` from its character number `read` on at this place: where it stops, and how many characters it has.

    `more`: the text may go on, so what may be an unfinished escape at its end is not read as a character.
    """
    while read < len(form) and (match := pattern(form[read]).match(text, at)):
        if more and form[read] in "%\\&" and _UNFINISHED.match(text, at):
            break
        at, read = match.end(), read + 1
    return at, read


def _may_show(form: str) -> int:
    return min((len(form) - 1) // 2, _MAX_SHOWN)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def masked(text: str, spans: Iterable[tuple[int, int]], start: int = 0, end: int | None = None) -> str:
    """`text` from `start` to `end` without those of the `spans` that end there."""
    end = len(text) if end is None else end
    pieces = []
    for first, last in spans:
        if start < last <= end:
            pieces += [text[start:first], MASK]
            start = last
    return "".join([*pieces, text[start:end]])
