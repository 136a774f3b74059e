"""Plots of a comparison, as SVG. They are shown as images, which run no scripts and load nothing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .comparison import Comparison

COLORS: Final = ("#3b82f6", "#e8710a", "#12a065", "#a855f7", "#d64545", "#0891b2")
_TEXT: Final = "#7a7a7a"  # readable on white and on black
_POINTS: Final = 50  # of the line of a candidate


def has_pygal() -> bool:
    """Whether plots can be made."""
    return find_spec("pygal") is not None


def plots(comparison: Comparison) -> list[tuple[str, str]] | None:
    """The title and the SVG text of each plot. None: pygal is not installed."""
    if not has_pygal():
        return None
    import pygal
    from pygal.style import Style

    # It adds a finder for its plugins, of a kind that Python warns of at every later import. Others are added as well.
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=_TEXT,
        foreground_strong=_TEXT,
        foreground_subtle=_TEXT,
        guide_stroke_color=f"{_TEXT}55",
        major_guide_stroke_color=f"{_TEXT}55",
        colors=COLORS,
        font_family="system-ui, sans-serif",
    )
    options: dict[str, Any] = {"style": style, "js": (), "width": 800, "height": 360, "legend_at_bottom": True}
    return [(title, chart.render(is_unicode=True)) for title, chart in _charts(comparison, pygal, options)]


def _charts(comparison: Comparison, pygal: Any, options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    candidates = comparison.candidates
    chart = pygal.XY(**options, dots_size=1, x_title="seconds", y_title="share of rows, %", range=(0, 100))
    for candidate in candidates:
        ordered = candidate.seconds()
        steps = sorted({round(len(ordered) * part / _POINTS) for part in range(1, _POINTS + 1)} - {0})
        chart.add(candidate.name, [(ordered[step - 1], step / len(ordered) * 100) for step in steps])
    yield "Rows that were answered after so many seconds", chart
    if all(candidate.cost_of_thousand is not None for candidate in candidates):
        chart = pygal.Bar(**options, y_title="US dollars", include_x_axis=True)
        for candidate in candidates:
            chart.add(candidate.name, candidate.cost_of_thousand)
        yield "Cost of 1,000 rows", chart
    kinds = list(dict.fromkeys(kind for each in candidates for _, _, kind in each.report.fallbacks))
    kinds += [kind for each in candidates for kind in each.report.errors if kind not in kinds]
    if kinds:
        chart = pygal.StackedBar(**options, y_title="times", x_labels=[each.name for each in candidates])
        for kind in dict.fromkeys(kinds):
            found = [
                sum(count for (_, _, why), count in each.report.fallbacks.items() if why == kind) for each in candidates
            ]
            if any(found):
                chart.add(f"fallback: {kind}", found)
            failed = [each.report.errors[kind] for each in candidates]
            if any(failed):
                chart.add(f"failed: {kind}", failed)
        yield "Fallbacks and failures, by reason", chart
