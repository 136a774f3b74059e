"""Regular expressions that come from outside, matched in linear time.

Python's `re` backtracks: `^(a+)+$` blocks it for minutes on 30 characters. pydantic's core has Rust's regex engine,
whose time is linear in the text and which refuses expressions that grow too large. It has no look-around and no
backreferences.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import SchemaError, SchemaValidator, core_schema

from .jsontext import whole

MAX_PATTERN: Final = 2000  # characters
_REASON: Final = re.compile(r"error: (.+)|(Compiled regex exceeds size limit)")


class Pattern:
    """A compiled regular expression. Raises `ValueError` that says why it cannot be used."""

    def __init__(self, text: str, *, ignore_case: bool = False, entire: bool = False) -> None:
        """
        Args:
            text: the expression, in the syntax that Python, JavaScript and Rust share.
            ignore_case: letters match in either case.
            entire: it must match the whole text, not a part of it.
        """
        if len(text) > MAX_PATTERN:
            raise ValueError(f"the regular expression is longer than {MAX_PATTERN} characters")
        expression = rf"\A(?:{text})\z" if entire else text
        if ignore_case:
            expression = f"(?i){expression}"
        try:
            Pattern._validator(text)  # by itself: a stray bracket must not close the group around it
            self._matcher = Pattern._validator(expression)
        except SchemaError as error:
            found = _REASON.search(str(error))
            reason = (found[1] or found[2]) if found else "it is not valid"
            raise ValueError(f"{text[:200]!r} is not a regular expression that can be used: {reason}") from None

    @staticmethod
    def _validator(expression: str) -> SchemaValidator:
        return SchemaValidator(core_schema.str_schema(pattern=expression, regex_engine="rust-regex", strict=True))

    def search(self, text: str) -> bool:
        """Whether the expression matches. A text that UTF-8 cannot encode is searched with U+FFFD in it."""
        return self._matcher.isinstance_python(whole(text))
