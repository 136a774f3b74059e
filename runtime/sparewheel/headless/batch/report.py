"""What a run of a batch has come to: latency, tokens, cost, failures and fallbacks."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

from ...usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...batch import Outcome

PERCENTILES: Final = (50, 90, 99)


@dataclass
class BatchReport:
    """The rows that one run has asked. `total` and `done` are those of the whole file.

    Attributes:
        stopped: why the run ended before its last row; None if it did not.
        seconds: how long the run took.
        cost: US dollars of the rows of this run, as far as prices are known; `spent`: of all rows of the file.
        unpriced: answers of models without a known price.
        errors: failed rows by kind. answers: rows by the model that answered.
        fallbacks: by the model that failed, the one that was asked next, and the kind of the failure.
    """

    total: int = 0
    done: int = 0
    stopped: Literal["budget", "fail_fast", "interrupted"] | None = None
    seconds: float = 0.0
    rows: int = 0
    failed: int = 0
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float = 0.0
    spent: float = 0.0
    unpriced: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    fallbacks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _seconds: array[float] = field(default_factory=lambda: array("d"), repr=False)

    def add(self, outcome: Outcome) -> None:
        """Count a row that has been asked."""
        self.rows += 1
        self.requests += len(outcome["attempts"])
        self.cost += outcome["cost"] or 0.0
        if outcome["usage"] is not None:
            self.usage += Usage(**outcome["usage"])
        if outcome["model"] is not None:
            self.answers[outcome["model"]] += 1
            self.unpriced += outcome["cost"] is None
        if outcome["error"] is not None:
            self.failed += 1
            self.errors[outcome["error"]["kind"]] += 1
        if outcome["attempts"]:
            self._seconds.append(outcome["seconds"])
        for one, after in pairwise(outcome["attempts"]):
            if one["outcome"] == "failed" and one["model"] != after["model"]:
                self.fallbacks[one["model"], after["model"], one.get("kind", "unknown")] += 1

    def latency(self) -> dict[str, float] | None:
        """Seconds from the prompt to its outcome: `p50`, `p90`, `p99` and `max`. None if nothing was asked."""
        if not (ordered := sorted(self._seconds)):
            return None
        found = {f"p{part}": ordered[-(-len(ordered) * part // 100) - 1] for part in PERCENTILES}
        return {**found, "max": ordered[-1]}

    def to_dict(self) -> dict[str, Any]:
        """As JSON. `fallbacks` is a list of `{from, to, kind, count}`."""
        return {
            "total": self.total,
            "done": self.done,
            "stopped": self.stopped,
            "seconds": round(self.seconds, 3),
            "rows": self.rows,
            "ok": self.rows - self.failed,
            "failed": self.failed,
            "rows_per_second": round(self.rows / self.seconds, 3) if self.seconds else None,
            "latency": self.latency(),
            "requests": self.requests,
            "usage": self.usage.to_dict(),
            "cost": self.cost,
            "spent": self.spent,
            "unpriced": self.unpriced,
            "errors": dict(self.errors.most_common()),
            "answers": dict(self.answers.most_common()),
            "fallbacks": [
                {"from": one, "to": after, "kind": kind, "count": count}
                for (one, after, kind), count in self.fallbacks.most_common()
            ],
        }

    def lines(self) -> Iterator[str]:
        """For a reader, without the numbers that are not known."""
        yield f"asked {self.rows} rows in {self.seconds:.1f} s, {self.failed} failed, {self.requests} requests"
        if latency := self.latency():
            yield "latency: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in latency.items())
        known = {name.removesuffix("_tokens"): count for name, count in asdict(self.usage).items() if count is not None}
        if known:
            yield "tokens: " + ", ".join(f"{count:,} {name}" for name, count in known.items())
        if self.cost or not self.unpriced:
            earlier = f", {dollars(self.spent)} with earlier runs" if self.spent > self.cost else ""
            yield f"cost: {dollars(self.cost)}{earlier}"
        if self.unpriced:
            yield f"{self.unpriced} answers of models without a known price are not in the cost"
        for name, counts in (("answers", self.answers), ("errors", self.errors)):
            if counts:
                yield f"{name}: " + ", ".join(f"{count} {key}" for key, count in counts.most_common())
        for (one, after, kind), count in self.fallbacks.most_common():
            yield f"fallback: {count} from {one} to {after} ({kind})"


def dollars(amount: float) -> str:
    """US dollars; amounts below a cent have more digits."""
    return f"{amount:.2f} USD" if amount >= 1 or not amount else f"{amount:.6f} USD"
