"""ruamel's reader and scanner, with limits, and faster past comments, empty lines and long words."""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner

from .limits import MAX_DEPTH, MAX_TEXT, MAX_TOKENS, TOO_DEEP, problem

_BYTE_ORDER_MARK: Final = "\ufeff"
_BREAK: Final = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_UNEVEN: Final = re.compile(r"[\r\n\ufeff]")  # characters that do not add one column
_COMMENT: Final = r"(?:#[^\0\r\n\x85\u2028\u2029]*+)?"
_GAP, _FLOW_GAP = (
    re.compile(rf"(?:{space}{_COMMENT}(?:{_BREAK.pattern}))*+{space}{_COMMENT}") for space in (" *+", r"[ \t]*+")
)


class BoundedReader(Reader):
    """ruamel's reader, faster, and with a limit on the characters that are read for one token."""

    token_start = 0

    def peek(self, index: int = 0) -> str:
        if index > MAX_TEXT:
            self._refuse()
        character: str = self.buffer[self.pointer + index]
        return character

    def forward(self, length: int = 1) -> None:
        if self.pointer + length - self.token_start > MAX_TEXT:
            self._refuse()
        if length > 1 and not _UNEVEN.search(self.buffer, self.pointer, self.pointer + length):
            self._move(length, length)
        else:
            super().forward(length)

    def skip(self, gap: re.Pattern[str]) -> bool:
        """Move past what `gap` matches, of any length: a token starts there. Returns whether a line ended."""
        if self.index == 0 and self.peek() == _BYTE_ORDER_MARK:
            self.forward()
        found = gap.match(self.buffer, self.pointer)
        passed = found[0] if found else ""
        lines = passed.count("\n") + passed.count("\r") - passed.count("\r\n")
        rest = passed[max(passed.rfind("\n"), passed.rfind("\r")) + 1 :]
        self.line += lines
        self.column = 0 if lines else self.column
        self._move(len(passed), len(rest) - rest.count(_BYTE_ORDER_MARK))
        self.token_start = self.pointer
        return bool(_BREAK.search(passed))

    def _move(self, length: int, columns: int) -> None:
        self.pointer += length
        self.index += length
        self.column += columns

    def _refuse(self) -> NoReturn:
        raise problem(self.get_mark(), f"a text is longer than {MAX_TEXT} characters")


class BoundedScanner(Scanner):
    """ruamel's scanner with limits on nested brackets and on tokens, and a faster way past comments and empty lines."""

    def scan_to_next_token(self) -> None:
        if self.reader.skip(_FLOW_GAP if self.flow_level else _GAP) and not self.flow_level:
            self.allow_simple_key = True

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # ruamel's name
        if self.flow_level >= MAX_DEPTH:
            raise problem(self.reader.get_mark(), TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_more_tokens(self) -> Any:
        if self.tokens_taken > MAX_TOKENS:
            raise problem(self.reader.get_mark(), f"it has more than {MAX_TOKENS} tokens")
        return super().fetch_more_tokens()
