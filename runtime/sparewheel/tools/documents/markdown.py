"""Sections of Markdown and plain text: a heading begins one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .passages import MAX_PASSAGES, Section, Unreadable

if TYPE_CHECKING:
    from ...slices import Slices

MAX_HEADING: Final = 120  # characters of one heading in a path
_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+([^\n]*)")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_UNDERLINE: Final = re.compile(r" {0,3}(?:(=+)|(-{3,}))[ \t\r]*\n?\Z")
_FRONT_MATTER: Final = re.compile(r"---[ \t\r]*\n(?:(?!---)[^\n]*\n){0,200}---[ \t\r]*(?:\n|\Z)")
_NO_TITLE: Final = re.compile(r"\s*(?:[-*+>|#]|\d+[.)]|\Z)")


def text_sections(text: str) -> list[Section]:
    """The text as one section."""
    return [Section(text)]


def markdown_sections(text: str) -> Slices[list[Section]]:
    """The sections of Markdown, each with the path of its headings. Raises `Unreadable` for too many."""
    outline = _Outline(text)
    front = _FRONT_MATTER.match(text)
    at, before = front.end() if front else 0, ""
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end]
        outline.take(line, at, before)
        before, at = line, end
        yield
    outline.end(at)
    return outline.found


class _Outline:
    """Collects the sections of a text, whose lines it takes one by one."""

    def __init__(self, text: str) -> None:
        self.found: list[Section] = []
        self._text = text
        self._path: list[tuple[int, str]] = []  # level and title of the headings around
        self._begun = 0
        self._fence = ""  # of the code block that is open

    def take(self, line: str, at: int, before: str) -> None:
        """Take the line at a place of the text; `before` is the line before it."""
        if mark := _FENCE.match(line):
            if not self._fence:
                self._fence = mark[1]
            elif line.strip().startswith(self._fence) and not line.strip().strip(self._fence[0]):
                self._fence = ""
        elif self._fence:
            return
        elif heading := _HEADING.match(line):
            self._enter(at, len(heading[1]), heading[2].rstrip().rstrip("#"))
        elif (under := _UNDERLINE.match(line)) and not _NO_TITLE.match(before):
            self._enter(at - len(before), 1 if under[1] else 2, before)

    def end(self, at: int) -> None:
        """End the section before this place."""
        if len(self.found) > MAX_PASSAGES:
            raise Unreadable(f"it has more than {MAX_PASSAGES} headings: split it.")
        if (text := self._text[self._begun : at]).strip():
            self.found.append(Section(text, " > ".join(title for _, title in self._path), None, self._begun))

    def _enter(self, at: int, level: int, title: str) -> None:
        self.end(at)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, " ".join(title.split())[:MAX_HEADING]))
        self._begun = at
