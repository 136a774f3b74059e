"""Reads the docstrings of functions, in Google, numpy or Sphinx style.

Parsed by docstring-parser (https://github.com/rr-/docstring_parser), which is imported at the first docstring of more
than one line. Each style is tried separately, because a docstring may mix them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docstring_parser import Docstring as Parsed

_MORE_SECTIONS: Final = (
    "Keyword Args",
    "Keyword Arguments",
    "Other Parameters",
)  # Google's, beside the library's
_MAX_PROBLEM: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class Docstring:
    """The first paragraph in one line, and the description of each argument by its name.

    `problem` is the reason why the descriptions of arguments could not be read; empty if there is none.
    """

    summary: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def read_docstring(text: str | None) -> Docstring:
    """Read a docstring. Never raises: what cannot be read is left out."""
    text = inspect.cleandoc(text or "")
    if "\n" not in text:
        return Docstring(_in_one_line(text))
    parsed, problems = _parse(text)
    arguments = {name: words for each in parsed for name, words in _arguments(each)}
    descriptions = [each.description or "" for each in parsed]
    summary = min(descriptions, key=len, default=text).partition("\n\n")[0]  # a style that finds sections cuts them off
    problem = problems[0][:_MAX_PROBLEM].rstrip(".") if problems and not arguments else ""
    return Docstring(_in_one_line(summary), arguments, problem)


def _parse(text: str) -> tuple[list[Parsed], list[str]]:
    """What each style makes of a docstring, and the problems of the styles that it breaks the rules of."""
    from docstring_parser import ParseError, google, numpydoc, rest

    more = [google.Section(title, "param", google.SectionType.MULTIPLE) for title in _MORE_SECTIONS]
    parsers = (numpydoc.parse, google.GoogleParser([*google.DEFAULT_SECTIONS, *more]).parse, rest.parse)
    parsed, problems = [], []
    for parse in parsers:
        try:
            parsed.append(parse(text))
        except ParseError as error:
            problems.append(_in_one_line(str(error)))
    return parsed, problems


def _arguments(parsed: Parsed) -> Iterator[tuple[str, str]]:
    for parameter in parsed.params:
        if words := _in_one_line(parameter.description or ""):
            yield from ((name.strip(" *"), words) for name in parameter.arg_name.split(","))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
