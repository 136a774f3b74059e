"""Sections of a document, and the passages (chunks) into which they are divided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...slices import Slices

MAX_PASSAGES: Final = 50_000  # of one document
# Where a passage ends best, from the best place on: between paragraphs, lines, sentences, words.
_ENDS: Final = tuple(map(re.compile, (r"\n[ \t]*\n", r"\n", r"[.!?;\u3002\uff01\uff1f\uff1b]\s*", r"\s")))
_WORD_START: Final = re.compile(r"\s\S")


class Unreadable(Exception):
    """A document that cannot be searched. The text tells why, and what to do."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that passages do not go beyond.

    `start` is the place of its first character in the document's text, `page` counts from 1.
    """

    text: str
    heading: str = ""
    page: int | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk: characters `start` to `end` (exclusive) of the text of `document`; `number` counts from 0."""

    document: str
    number: int
    text: str
    start: int
    end: int
    heading: str = ""
    page: int | None = None

    @property
    def place(self) -> str:
        """The document and where in it, for people."""
        parts = [self.document, self.heading, f"page {self.page}" if self.page else ""]
        return " > ".join(part for part in parts if part)

    @property
    def searched(self) -> str:
        """The text with the heading it stands under, which often has the words of a question."""
        return self.text if self.heading in self.text else f"{self.heading}\n{self.text}"


def divide(
    document: str, sections: Iterable[Section], size: int, overlap: int, *, by_words: bool
) -> Slices[list[Passage]]:
    """The passages of a document.

    Args:
        size: characters of a passage, at most.
        overlap: characters that a passage repeats of the one before it, at most.
        by_words: whether passages begin and end between words.

    Raises:
        Unreadable: there are more than `MAX_PASSAGES`.
    """
    found: list[Passage] = []
    for section in sections:
        for start, end in _spans(section.text, size, overlap, by_words=by_words):
            text = section.text[start:end]
            if not text.strip():
                continue
            if len(found) == MAX_PASSAGES:
                raise Unreadable(f"it has more than {MAX_PASSAGES} chunks: choose a larger chunking.size, or split it.")
            begin = section.start + start
            found.append(Passage(document, len(found), text, begin, begin + len(text), section.heading, section.page))
            yield
    return found


def _spans(text: str, size: int, overlap: int, *, by_words: bool) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text) and by_words:
            end = _end(text, start, end, size)
        yield start, end
        if end == len(text):
            return
        start = max(_begin(text, end - overlap, end) if by_words else end - overlap, start + 1)


def _end(text: str, start: int, end: int, size: int) -> int:
    """A good place to end in the second half of the passage, else in its last part, else `end`."""
    half = text[start + size // 2 : end]
    for expression in _ENDS:
        if found := list(expression.finditer(half)):
            return start + size // 2 + found[-1].end()
    return end


def _begin(text: str, at: int, end: int) -> int:
    """The first start of a word between `at` and `end`, else `end`."""
    if at >= end or text[at - 1].isspace():
        return min(at, end)
    word = _WORD_START.search(text, at, end)
    return word.end() - 1 if word else end
