"""The report as Markdown. What models wrote is in code blocks, with the characters that cannot be seen removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...visible import readable
from .tables import sentences, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .comparison import Comparison, Difference


def report(comparison: Comparison) -> str:
    """The text of the report."""
    return "\n".join(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    names = [candidate.name for candidate in comparison.candidates]
    yield f"# {' and '.join(map(_inline, names))}, {comparison.rows} rows"
    yield ""
    yield _row("", *names)
    yield f"|:---|{'---:|' * len(names)}"
    for name, values in summary(comparison):
        yield _row(name, *values)
    for pair in comparison.pairs:
        yield ""
        yield f"## {_inline(pair.other)} against {_inline(pair.first)}"
        yield ""
        for sentence in sentences(pair):
            yield f"- {_inline(sentence)}"
    if comparison.differences:
        yield ""
        yield f"## Rows that differ ({len(comparison.differences)} of {comparison.differing})"
        for difference in comparison.differences:
            yield from _difference(comparison, difference)
    yield ""


def _difference(comparison: Comparison, difference: Difference) -> Iterator[str]:
    yield ""
    yield f"### {_inline(str(difference.id))}"
    yield ""
    yield from _block(difference.prompt)
    if difference.expected is not None:
        yield "Expected:"
        yield ""
        yield from _block(str(difference.expected))
    for candidate in comparison.candidates:
        if (row := candidate.rows.get(difference.id)) is None:
            continue
        mark = {True: ", as expected", False: ", not as expected", None: ""}[row.meets]
        failed = f", failed ({row.error})" if row.error is not None else ""
        yield f"{_inline(candidate.name)}{failed}{'' if failed else mark}:"
        yield ""
        yield from _block(row.text)


def _block(text: str) -> Iterator[str]:
    """A code block that no text can end."""
    text = readable(text)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    yield f"{fence}text"
    yield text
    yield fence
    yield ""


def _inline(text: str) -> str:
    """A text in a line, without markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", " ".join(readable(text).split()))


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(_inline, cells))} |"
