"""The time to wait before the next request, in seconds, as the server asks for it.

Sources, in the order of their precedence:
    retry-after-ms                 milliseconds (OpenAI and Azure SDKs)
    retry-after                    seconds or an HTTP date (RFC 9110 section 10.2.3)
    google.rpc.RetryInfo           "13s" (google.rpc error details), and fields like `estimated_time`
    the message                    "Please try again in 7m12s"
    x-ratelimit-reset[-*]          "6m0s", seconds, or an epoch in seconds or milliseconds; only of an exhausted limit
    anthropic-ratelimit-*-reset    an RFC 3339 date; likewise
    ratelimit                      `"default";r=0;t=50` or `remaining=0, reset=50` (the IETF's drafts)
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT: Final = 24 * 3600.0  # seconds; a larger number is taken for a misread one

_UNITS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART: Final = (
    r"(\d{1,12}(?:\.\d{1,12})?)\s?(milliseconds?|ms|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])"
)
_PARTS: Final = re.compile(_PART)
_DURATION: Final = re.compile(rf"\s*(?:{_PART}\s*){{1,5}}")
_RESET: Final = re.compile(r"\breset\b")
_LIMIT: Final = re.compile(r"\b(?:r|remaining)\s?=\s?0\s{0,3}[;,]\s{0,3}(?:t|reset)\s?=\s?(\d{1,9})\b")
_SENTENCE: Final = re.compile(
    r"\b(?:try again|try your request again|retry(?:ing)?|retry your request|wait|reset)(?: again)?"
    rf"(?: (?:in|after|for|at least))?[ :~]{{1,3}}((?:{_PART}[ ,]{{0,2}}){{1,5}})"
)


def retry_after(
    headers: Mapping[str, str], *, body_delay: object, text: str, now: float, limited: bool
) -> float | None:
    """Seconds to wait, or None if there is no usable value: negative, too large and unreadable ones are ignored.

    `headers` has lower-case names; `body_delay` is a duration from the error body; `text` is the lower-case message;
    `now` is in seconds since the epoch. `limited`: the failure is a rate limit, so the reset headers apply.
    """
    ms = number(headers.get("retry-after-ms"))
    found = (
        _sane(ms / 1000 if ms is not None else None),
        _sane(_header(headers.get("retry-after"), now)),
        _sane(_duration(body_delay)),
        _sane(_from_text(text)),
        _sane(_reset(headers, now)) if limited else None,
    )
    return next((seconds for seconds in found if seconds is not None), None)


def _sane(seconds: float | None) -> float | None:
    if seconds is None or not 0 <= seconds <= MAX_WAIT:
        return None
    return round(seconds, 3)


def number(value: object) -> float | None:
    """`value` as a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _header(value: str | None, now: float) -> float | None:
    if value is None:
        return None
    seconds = number(value)
    if seconds is not None:
        return seconds
    if _DURATION.fullmatch(value.lower()):
        return _sum(value.lower())
    try:
        parsed = parsedate_tz(value)
        return mktime_tz(parsed) - now if parsed else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _duration(value: object) -> float | None:
    """A google.protobuf.Duration in either of its JSON shapes, or a number of seconds."""
    if isinstance(value, dict):
        seconds, nanos = number(value.get("seconds", 0)), number(value.get("nanos", 0))
        return None if seconds is None or nanos is None else seconds + nanos / 1e9
    if isinstance(value, str) and len(value) < 64 and _DURATION.fullmatch(value.lower()):
        return _sum(value.lower())
    return number(value)


def _sum(text: str) -> float:
    total = 0.0
    for number, unit in _PARTS.findall(text):
        short = "ms" if unit.startswith(("ms", "milli")) else unit[0]
        total += float(number) * _UNITS[short]
    return total


def _from_text(text: str) -> float | None:
    found = _SENTENCE.search(text)
    return _sum(found.group(1)) if found else None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """The longest wait of the limits that are used up; without such a limit, of those that name no remaining amount."""
    used_up: list[float] = []
    unknown: list[float] = []
    for name, value in headers.items():
        if not (_RESET.search(name) and "ratelimit" in name.replace("-", "")[:40]):
            continue
        seconds = _moment(value, now)
        if seconds is None:
            continue
        remaining = number(headers.get(_RESET.sub("remaining", name, count=1)))
        if remaining is None:
            unknown.append(seconds)
        elif remaining <= 0:
            used_up.append(seconds)
    used_up += [float(found[1]) for found in _LIMIT.finditer(headers.get("ratelimit", "")[:1000].lower())]
    return max(used_up or unknown, default=None)


def _moment(value: str, now: float) -> float | None:
    """Seconds until a reset: a duration, an epoch in seconds or milliseconds, or a date."""
    seconds = _duration(value)
    if seconds is None:
        try:
            seconds = datetime.fromisoformat(value.strip()).astimezone(UTC).timestamp()
        except (ValueError, OverflowError):
            return None
    if seconds > 1e12:
        seconds /= 1000
    if seconds > 1e9:
        seconds = max(seconds - now, 0.0)
    return seconds
