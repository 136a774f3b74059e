"""Tables as people read them."""

from __future__ import annotations

from collections.abc import Sequence


class Table:
    """A Markdown table under a title, with notes below it."""

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        self.title = title
        self._rows = [list(columns)]
        self._notes: list[str] = []

    def add(self, *cells: object) -> None:
        self._rows.append([str(cell) for cell in cells])

    def note(self, text: str) -> None:
        self._notes.append(text)

    def __str__(self) -> str:
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._rows[0]))]
        lines = [_line(row, widths) for row in self._rows]
        rule = "|".join(["", f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:]), ""])
        return "\n".join([f"### {self.title}", "", lines[0], rule, *lines[1:], *("", *self._notes)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "".join(f"| {cell} " for cell in (first, *rest)) + "|"


def ms(value: float) -> str:
    return f"{value:,.2f}"


def ratio(value: float) -> str:
    return f"{value:.2f}x"
