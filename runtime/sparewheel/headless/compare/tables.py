"""The tables of a comparison, as texts: what both reports show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from ..batch.report import dollars
from .pairs import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .candidate import Candidate
    from .comparison import Comparison
    from .pairs import Estimate, Pair

Lines: TypeAlias = "list[tuple[str, list[str]]]"
UNKNOWN: Final = "-"


def summary(comparison: Comparison) -> Lines:
    """A line for each fact, with a value for each candidate."""
    candidates = comparison.candidates
    facts = [dict(_facts(candidate, comparison)) for candidate in candidates]
    names = list(dict.fromkeys(name for each in facts for name in each))
    return [(name, [each.get(name, "0") for each in facts]) for name in names]


def _facts(candidate: Candidate, comparison: Comparison) -> Iterator[tuple[str, str]]:
    report = candidate.report
    yield "rows", f"{report.done} of {comparison.rows}"
    yield "answered", _share(report.rows - report.failed, report.rows)
    if comparison.check is not None:
        yield "as expected", _share(candidate.correct, candidate.checked)
    latency = report.latency() or {}
    for name in ("p50", "p90", "p99", "max"):
        yield f"latency, {name}", f"{latency[name]:.2f} s" if latency else UNKNOWN
    yield "tokens in", _tokens(report.usage.input_tokens)
    yield "tokens out", _tokens(report.usage.output_tokens)
    yield "cost", UNKNOWN if report.unpriced == report.rows else dollars(report.cost)
    thousand = candidate.cost_of_thousand
    yield "cost of 1,000 rows", UNKNOWN if thousand is None else dollars(thousand)
    if report.unpriced:
        yield "answers without a known price", f"{report.unpriced}"
    yield "requests", f"{report.requests}"
    for model, count in report.answers.most_common():
        yield f"answered by {model}", f"{count}"
    for (one, after, kind), count in report.fallbacks.most_common():
        yield f"fallback from {one} to {after} ({kind})", f"{count}"
    for kind, count in report.errors.most_common():
        yield f"error {kind}", f"{count}"


def sentences(pair: Pair) -> Iterator[str]:
    """What can be said of two candidates."""
    first, other = pair.first, pair.other
    if not pair.answered:
        yield f"{other} and {first} have no row that both have answered."
        return
    yield (
        f"Both have answered {pair.answered} of {pair.rows} rows, {pair.same} of them with the same text; "
        f"{other} was faster in {pair.faster}."
    )
    if pair.seconds is None:
        yield f"Fewer than {LEAST} rows are too few to compare latency and cost."
        return
    yield _difference(
        pair.seconds, _s, lambda by: f"{other} takes {by} longer than {first}", lambda by: f"{other} is {by} faster"
    )
    if pair.cost is not None:
        yield _difference(
            pair.cost, dollars, lambda by: f"{other} costs {by} more a row", lambda by: f"{other} costs {by} less a row"
        )
    if pair.only_first or pair.only_other:
        yield f"Answered only by {first}: {pair.only_first}; only by {other}: {pair.only_other}."
    if pair.correct_first or pair.correct_other:
        yield f"As expected only by {first}: {pair.correct_first}; only by {other}: {pair.correct_other}."
    if pair.correct is not None and pair.correct.mean:
        yield _difference(
            pair.correct,
            _points,
            lambda by: f"{other} is as expected in {by} more of the rows",
            lambda by: f"{other} is as expected in {by} fewer of the rows",
        )


def _difference(
    found: Estimate, written: Callable[[float], str], more: Callable[[str], str], less: Callable[[str], str]
) -> str:
    """A sentence about a difference, whose amount is written so."""
    text = (more if found.mean >= 0 else less)(written(abs(found.mean)))
    if not found.is_clear:
        return f"{text} on average, but that may be chance."
    low, high = sorted((abs(found.low), abs(found.high)))
    return f"{text} on average (95 % confidence: {written(low)} to {written(high)})."


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _points(share: float) -> str:
    return f"{share:.1%}"


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else UNKNOWN


def _tokens(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"
