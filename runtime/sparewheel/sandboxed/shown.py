"""What the code shows beside its prints: the value at its end, and what it gives to `display`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .problems import cut
from .tables import as_table

if TYPE_CHECKING:
    from .plots import Plots

MAX_VALUE: Final = 20_000  # characters
MAX_SHOWN: Final = 50  # calls of `display`


class Shown:
    """What one run shows. Pictures go to `plots`."""

    def __init__(self, plots: Plots) -> None:
        self.plots = plots
        self.displayed: list[dict[str, str]] = []

    def display(self, *values: Any) -> None:
        """Show values: pictures as pictures, tables as tables, others as text. As notebooks have it."""
        for value in values:
            text = self.value(value)
            if text is not None and len(self.displayed) < MAX_SHOWN:
                self.displayed.append(text)

    def value(self, value: Any) -> dict[str, str] | None:
        """`{kind: markdown | text, text}`; None for None and for pictures. Raises what the value's methods raise."""
        if value is None or self.plots.take(value):
            return None
        if isinstance(value, list | tuple) and value and all(hasattr(each, "_repr_svg_") for each in value):
            self.display(*value)
            return None
        table = as_table(value)
        if table is not None:
            return {"kind": "markdown", "text": table}
        return {"kind": "text", "text": cut(repr(value), MAX_VALUE)}
