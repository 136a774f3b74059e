"""Values that are tables, as Markdown."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ROWS: Final = 100
MAX_COLUMNS: Final = 30
MAX_CELL: Final = 200  # characters
MAX_MARKDOWN: Final = 20_000  # characters of what an object writes itself


def as_table(value: object) -> str | None:
    """Markdown for what writes Markdown itself, for lists of dicts and other records, and for the rows of a CSV file.

    None for anything else. Raises what the methods of the value raise.
    """
    for name in ("_repr_markdown_", "to_markdown"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            try:
                text = method()
            except ImportError:  # pandas needs another package for it
                continue
            if isinstance(text, str) and text:
                return text if len(text) <= MAX_MARKDOWN else f"{text[:MAX_MARKDOWN]}\n… (cut)"
    if callable(getattr(value, "itertuples", None)) and hasattr(value, "columns"):
        frame: Any = value  # a data frame
        return _table([getattr(frame.index, "name", None) or "", *frame.columns], frame.itertuples(), len(frame))
    if not isinstance(value, list | tuple) or not value:
        return None
    first = value[0]
    if isinstance(first, dict) and all(isinstance(row, dict) for row in value):
        columns = list(dict.fromkeys(itertools.chain.from_iterable(value[:MAX_ROWS])))
        return _table(columns, ([row.get(name, "") for name in columns] for row in value), len(value)) or None
    if names := _fields(first):
        if all(type(row) is type(first) for row in value):
            return _table(names, ([getattr(row, name, "") for name in names] for row in value), len(value))
        return None
    if isinstance(first, list) and len(value) > 1 and first and all(isinstance(name, str) for name in first):
        if all(isinstance(row, list) and len(row) == len(first) for row in value):
            return _table(first, value[1:], len(value) - 1)
    return None


def _fields(value: object) -> list[str]:
    if isinstance(value, tuple) and isinstance(names := getattr(value, "_fields", None), tuple):
        return [str(name) for name in names]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in dataclasses.fields(value)]
    return []


def _table(columns: Sequence[Any], rows: Iterable[Sequence[Any]], count: int) -> str:
    if not columns:
        return ""
    shown = columns[:MAX_COLUMNS]
    lines = [_line(shown), "|" + "---|" * len(shown)]
    lines += [_line(row[: len(shown)]) for row in itertools.islice(rows, MAX_ROWS)]
    if count > MAX_ROWS:
        lines.append(f"\n… {count - MAX_ROWS} more rows, {count} in all")
    if len(columns) > MAX_COLUMNS:
        lines.append(f"\n… {len(columns) - MAX_COLUMNS} more columns")
    return "\n".join(lines)


def _line(cells: Iterable[Any]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    text = text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
