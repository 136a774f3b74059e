"""Whether any of many strings is in a text, in a time that does not depend on how many there are.

Rust's regex engine, which pydantic's core has, builds one automaton for all of them: 5 MB take a worker 40 ms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydantic_core import SchemaValidator, core_schema

from ..jsontext import whole

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD: Final = 8  # characters of each string that are sought
_GROUP: Final = 5_000  # strings in one automaton, whose size is limited
_SHORT: Final = 1_000_000  # of strings times characters, which needs no automaton: most texts are short
_CALL: Final = 100  # characters in whose time a search begins


class Literals:
    """Strings of at least 8 characters. Compiled when they are first sought in a long text."""

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = list(strings)
        self._matchers: list[SchemaValidator] | None = None

    def maybe_in(self, text: str) -> bool:
        """Whether the beginning of one of the strings is in `text`: if not, none of them is."""
        if len(self._strings) * (len(text) + _CALL) < _SHORT:
            return any(string in text for string in self._strings)
        if self._matchers is None:
            heads = sorted({whole(string[:_HEAD]) for string in self._strings})
            groups = [heads[start : start + _GROUP] for start in range(0, len(heads), _GROUP)]
            self._matchers = [_matcher("|".join(map(re.escape, group))) for group in groups]
        text = whole(text)
        return any(matcher.isinstance_python(text) for matcher in self._matchers)


def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True))
