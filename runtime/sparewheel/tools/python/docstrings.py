"""What a docstring says of a function and of its arguments, in the three widespread styles.

    Google                      numpy                       Sphinx
    Args:                       Parameters                  :param city: Which city.
        city (str): Which       ----------                  :param str city: Which city.
            city.               city : str
                                    Which city.

Read leniently: what is not understood is left out, never an error.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ARGUMENTS: Final = r"(?:Args|Arguments|Params|Parameters|Keyword Args|Keyword Arguments|Other Parameters)"
_GOOGLE: Final = re.compile(_ARGUMENTS + r":\s*", re.IGNORECASE)
_GOOGLE_ENTRY: Final = re.compile(r"\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:\s*(.*)")
_NUMPY: Final = re.compile(_ARGUMENTS + r"\s*", re.IGNORECASE)
_NUMPY_ENTRY: Final = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")
_UNDERLINE: Final = re.compile(r"-{3,}\s*")
_SPHINX_ENTRY: Final = re.compile(r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)")
# Where prose ends even without a blank line: a section, a field, an underlined heading's line.
_SECTION: Final = re.compile(
    r"(?:Args|Arguments|Params|Parameters|Keyword Args|Keyword Arguments|Returns|Yields|Raises|Examples?|Notes?):\s*$"
    r"|:\w+[^:]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Docstring:
    """The first paragraph in one line, and what is said of each argument, by its name."""

    summary: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str | None) -> Docstring:
    """Read a docstring of any of the three styles; of several, in one."""
    lines = inspect.cleandoc(text or "").splitlines()
    paragraph = takewhile(lambda line: line.strip() and not _SECTION.match(line), lines)
    summary = " ".join(line.strip() for line in paragraph)
    found = {**dict(_numpy(lines)), **dict(_google(lines)), **dict(_sphinx(lines))}
    return Docstring(summary, {name: words for name, words in found.items() if words})


def _google(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        if not _GOOGLE.fullmatch(line):
            continue
        body = list(takewhile(lambda each: not each.strip() or each.startswith((" ", "\t")), lines[number + 1 :]))
        yield from _entries(inspect.cleandoc("\n" + "\n".join(body)).splitlines(), _GOOGLE_ENTRY)


def _numpy(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    headings = [number for number in range(len(lines) - 1) if _UNDERLINE.fullmatch(lines[number + 1])]
    for position, number in enumerate(headings):
        if not _NUMPY.fullmatch(lines[number]):
            continue
        end = headings[position + 1] if position + 1 < len(headings) else len(lines)
        for names, words in _entries(lines[number + 2 : end], _NUMPY_ENTRY):
            yield from ((name.strip(" *"), words) for name in names.split(","))


def _sphinx(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        if match := _SPHINX_ENTRY.fullmatch(line):
            more = takewhile(lambda each: each.startswith((" ", "\t")), lines[number + 1 :])
            yield match[1], _joined([match[2], *more])


def _entries(lines: Sequence[str], entry: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Each entry with its words: what stands behind it, and the indented lines below it."""
    name, words = "", list[str]()
    for line in lines:
        if line.startswith((" ", "\t")) or not line.strip():
            words.append(line)
            continue
        if name:
            yield name, _joined(words)
        match = entry.fullmatch(line.strip())
        name = match[1] if match else ""
        words = [match[2]] if match and entry.groups > 1 else []
    if name:
        yield name, _joined(words)


def _joined(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())
