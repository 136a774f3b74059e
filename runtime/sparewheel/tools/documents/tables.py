"""Sections of data: rows of CSV with the names of their columns, values of JSON with their paths."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import read
from .passages import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...slices import Slices

MAX_COLUMNS: Final = 1000
MAX_CELL: Final = 2_000  # characters of a value that are searched
MAX_ROWS: Final = 200_000
MAX_NAME: Final = 100  # characters of the name of a column
MAX_PATH: Final = 200  # characters of the path of a value, from its end
_DELIMITERS: Final = ",;\t|"


def csv_sections(text: str, size: int) -> Slices[list[Section] | None]:
    """Blocks of rows of about `size` characters; None for what is no CSV: a field without an end, or one column."""
    first = text[:10_000].lstrip("\ufeff").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter not in first:
        return None
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    block = _Block(size, "row")
    names: list[str] = []
    try:
        for number, row in enumerate(rows, 1):
            if number > MAX_ROWS or len(row) > MAX_COLUMNS:
                return None
            if not names:
                names = [name.strip()[:MAX_NAME] for name in row]
                continue
            cells = [
                f"{names[at]}: {cell[:MAX_CELL]}" if at < len(names) and names[at] else cell[:MAX_CELL]
                for at, cell in enumerate(row)
                if cell.strip()
            ]
            if cells:
                block.add(number, " | ".join(cells))
            yield
    except csv.Error:
        return None
    return block.sections() if names else None


def json_sections(text: str, size: int, *, lines: bool = False) -> Slices[list[Section] | None]:
    """Blocks of values of about `size` characters, each value with its path; None for what is not valid JSON.

    Args:
        lines: each line is a value of its own.
    """
    block = _Block(size, "item")
    # Other characters that end lines in Python, such as U+2028, may be inside of a JSON string.
    texts = [line for line in re.split("[\r\n]+", text) if line.strip()] if lines else [text]
    for number, one in enumerate(texts, 1):
        try:
            value = read(one)
        except (ValueError, RecursionError):
            return None
        items = value if isinstance(value, list) and not lines else [value]
        for at, item in enumerate(items, number):
            block.add(at, "\n".join(_lines(item)))
            yield
    return block.sections(numbered=len(block.entries) > 1)


def _lines(value: Any) -> Iterator[str]:
    """`path: value` for each value inside, in the order of the text."""
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        path, inner = pending.pop()
        if isinstance(inner, dict):
            pending += [(f"{path}.{key}"[-MAX_PATH:].lstrip("."), each) for key, each in reversed(inner.items())]
        elif isinstance(inner, list):
            pending += [(f"{path}[{at}]"[-MAX_PATH:], each) for at, each in reversed(list(enumerate(inner)))]
        else:
            shown = str(inner).lower() if isinstance(inner, bool) else "null" if inner is None else str(inner)
            yield f"{path}: {shown}" if path else shown


class _Block:
    """Collects numbered entries into sections of about `size` characters."""

    def __init__(self, size: int, unit: str) -> None:
        self.entries: list[tuple[int, str]] = []
        self._size = size
        self._unit = unit

    def add(self, number: int, text: str) -> None:
        self.entries.append((number, text))

    def sections(self, *, numbered: bool = True) -> list[Section]:
        found: list[Section] = []
        group: list[tuple[int, str]] = []
        length = start = 0
        for number, text in [*self.entries, (0, "")]:
            if group and (number == 0 or length + len(text) > self._size):
                whole = "\n".join(each for _, each in group)
                found.append(Section(whole, self._heading(group) if numbered else "", None, start))
                start += len(whole) + 1
                group, length = [], 0
            group.append((number, text))
            length += len(text) + 1
        return found

    def _heading(self, group: list[tuple[int, str]]) -> str:
        first, last = group[0][0], group[-1][0]
        return f"{self._unit} {first}" if first == last else f"{self._unit}s {first} to {last}"
