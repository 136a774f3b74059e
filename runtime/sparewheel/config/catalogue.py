"""Context windows and prices of known models, for what the agent file leaves out.

The data is `prices.json`, which `bundle/prices.py` generates from the genai-prices package and describes. Its text is
read when this module is imported, so that a memory snapshot holds it, and parsed at the first lookup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..jsontext import read

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT: Final = Path(__file__).with_name("prices.json").read_text(encoding="utf-8")
_WITHOUT_VENDOR: Final = ("demo", "page")  # providers whose models are no vendor's
_DATE_SUFFIX: Final = re.compile(r"-(20\d{6}|20\d\d-\d\d-\d\d|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of a vendor's own API.

    `cache_read` is for tokens that were in the provider's cache, `cache_write` for those written into it; None: as
    `input`. `tiers` are the prices of longer prompts, each with the number of input tokens above which it applies.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    tiers: tuple[tuple[int, Price], ...] = ()

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0) -> float:
        """The cost of one answer in US dollars. `input_tokens` includes the cached and the written ones."""
        rates = self
        for above, price in self.tiers:
            if input_tokens > above:
                rates = price
        plain = max(input_tokens - cached_tokens - written_tokens, 0)
        read = rates.input if rates.cache_read is None else rates.cache_read
        write = rates.input if rates.cache_write is None else rates.cache_write
        parts = (plain * rates.input, cached_tokens * read, written_tokens * write, output_tokens * rates.output)
        return sum(parts) / 1_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one model; None means not known. `window` is in tokens, prompt and answer together."""

    window: int | None = None
    price: Price | None = None


def lookup(provider: str, model: str, day: date | None = None) -> Facts | None:
    """What is known of a model, None if nothing.

    A name with a date or `-latest` falls back to the name without it. A provider that the data does not cover has the
    window of the model with that name elsewhere, and no known price.

    Args:
        provider: its name in agent files.
        model: its name in requests to that provider.
        day: the day (UTC) that the price is for; None is today.
    """
    if provider in _WITHOUT_VENDOR:
        return None
    row = _row(provider, model)
    window = (row[1] if row else None) or _window(model)
    price = _price(row[2:], (day or datetime.now(UTC).date()).isoformat()) if row else None
    return Facts(window, price) if window or price else None


@cache
def _catalogue() -> dict[str, list[Any]]:
    """The rows of `prices.json`, by provider."""
    models: dict[str, list[Any]] = read(_TEXT)["models"]
    return models


# Cached, like `_window`: hundreds of patterns are tried, for every session of an agent file.
@lru_cache(256)
def _row(provider: str, model: str) -> list[Any] | None:
    """The row of a model at this provider."""
    rows = _catalogue().get(provider, [])
    return next((row for name in _names(model) for row in rows if _matches(row, name)), None)


def _names(model: str) -> Iterator[str]:
    name = model.lower()
    yield name
    if plain := _DATE_SUFFIX.sub("", name):
        yield plain


def _matches(row: list[Any], name: str) -> bool:
    return any(_fits(pattern, name) for pattern in row[0])


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("/"):
        return re.search(pattern[1:-1], name) is not None
    text = pattern.strip("*")
    if pattern.startswith("*"):
        return text in name if pattern.endswith("*") else name.endswith(text)
    return name.startswith(text) if pattern.endswith("*") else name == text


@lru_cache(256)
def _window(model: str) -> int | None:
    """The window of a model at any provider, tokens. Gateways add a vendor, `:free`, or write 4.5 where it is 4-5."""
    whole = model.lower().partition(":")[0]
    for candidate in dict.fromkeys((whole, whole.rpartition("/")[2])):
        for name in (*_names(candidate), re.sub(r"(?<=\d)\.(?=\d)", "-", candidate)):
            for rows in _catalogue().values():
                for row in rows:
                    if row[1] and _matches(row, name):
                        return int(row[1])
    return None


def _price(steps: list[list[Any]], day: str) -> Price | None:
    """The price that the steps of a row give for a day (`YYYY-MM-DD`)."""
    begun = [step for step in steps if step[0] <= day]
    if not begun:
        return None
    last = max(number for number, step in enumerate(begun) if step[1] == 0)
    base, *tiers = begun[last:]
    return replace(Price(*base[2:]), tiers=tuple((step[1], Price(*step[2:])) for step in tiers))
