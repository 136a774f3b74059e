"""What is known of well-known models: windows and prices, where the agent file does not say.

Source: models.dev (MIT licence), as of DATE. A price is the vendor's own, for requests to the vendor itself; what is
not known for certain is left out, and then is unknown, never 0. Prices that rise with the length of a prompt are given
for short ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DATE: Final = "2026-09-03"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens. What was in the provider's cache may cost less, writing into it more."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0) -> float:
        """Dollars for one answer. `input_tokens` counts all that was sent, the cached and the written among them."""
        plain = max(input_tokens - cached_tokens - written_tokens, 0)
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        parts = (plain * self.input, cached_tokens * read, written_tokens * write, output_tokens * self.output)
        return sum(parts) / 1_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. `window` is in tokens, prompt and answer together."""

    window: int
    price: Price | None = None


def lookup(provider: str, model: str) -> Facts | None:
    """What is known of a model. From another provider than its vendor it has the same window, and an unknown price."""
    name = _plain(model)
    at_home = CATALOGUE.get(provider, {}).get(name)
    if at_home:
        return at_home
    window = _WINDOWS.get(name.rpartition("/")[2])
    return Facts(window) if window else None


def _plain(model: str) -> str:
    """A model's name without a date, a version's `latest`, or a gateway's `:free`; `4.5` and `4-5` are the same."""
    name = re.sub(r"-(20\d{6}|20\d\d-\d\d-\d\d|latest)$", "", model.partition(":")[0].lower())
    return re.sub(r"(?<=\d)\.(?=\d)", "-", name)


def _table(text: str) -> dict[str, Facts]:
    """Lines of: model, window in thousands, input, output, cache read, cache write; `-` is unknown."""
    table = {}
    for line in text.strip().splitlines():
        name, window, *numbers = line.split()
        paid = [None if number == "-" else float(number) for number in numbers]
        known = len(paid) > 1 and None not in paid[:2]
        price = Price(paid[0], paid[1], *paid[2:]) if known else None  # type: ignore[arg-type]  # just looked at
        table[_plain(name)] = Facts(round(float(window) * 1000), price)
    return table


CATALOGUE: Final[dict[str, dict[str, Facts]]] = {
    "openai": _table("""
        gpt-3.5-turbo   16.385   0.5   1.5
        gpt-4           8.192    30    60
        gpt-4-turbo     128      10    30
        gpt-4o          128      2.5   10    1.25
        gpt-4o-mini     128      0.15  0.6   0.075
        gpt-4.1         1047.576 2     8     0.5
        gpt-4.1-mini    1047.576 0.4   1.6   0.1
        gpt-4.1-nano    1047.576 0.1   0.4   0.025
        gpt-5           400      1.25  10    0.125
        gpt-5-mini      400      0.25  2     0.025
        gpt-5-nano      400      0.05  0.4   0.005
        gpt-5-pro       400      15    120
        gpt-5.1         400      1.25  10    0.125
        gpt-5.2         400      1.75  14    0.175
        gpt-5.2-pro     400      21    168
        gpt-5.3-codex   400      1.75  14    0.175
        gpt-5.4         1050     2.5   15    0.25
        gpt-5.4-mini    400      0.75  4.5   0.075
        gpt-5.4-nano    400      0.2   1.25  0.02
        gpt-5.4-pro     1050     30    180
        gpt-5.5         1050     5     30    0.5
        gpt-5.5-pro     1050     30    180
        gpt-5.6         1050     4     20    0.4   5
        gpt-5.6-sol     1050     4     20    0.4   5
        gpt-5.6-terra   1050     2     12    0.2   2.5
        gpt-5.6-luna    1050     0.2   1.2   0.02  0.25
        o1              200      15    60    7.5
        o3              200      2     8     0.5
        o3-mini         200      1.1   4.4   0.55
        o3-pro          200      20    80
        o4-mini         200      1.1   4.4   0.275
    """),
    "anthropic": _table("""
        claude-3-5-haiku   200   0.8  4   0.08  1
        claude-3-7-sonnet  200   3    15  0.3   3.75
        claude-haiku-4-5   200   1    5   0.1   1.25
        claude-sonnet-4    200   3    15  0.3   3.75
        claude-sonnet-4-0  200   3    15  0.3   3.75
        claude-sonnet-4-5  200   3    15  0.3   3.75
        claude-sonnet-4-6  1000  3    15  0.3   3.75
        claude-sonnet-5    1000  2    10  0.2   2.5
        claude-opus-4      200   15   75  1.5   18.75
        claude-opus-4-0    200   15   75  1.5   18.75
        claude-opus-4-1    200   15   75  1.5   18.75
        claude-opus-4-5    200   5    25  0.5   6.25
        claude-opus-4-6    1000  5    25  0.5   6.25
        claude-opus-4-7    1000  5    25  0.5   6.25
        claude-opus-4-8    1000  5    25  0.5   6.25
        claude-opus-5      1000  5    25  0.5   6.25
        claude-fable-5     1000  10   50  1     12.5
        claude-fable-5-1   1000  10   50  0.25  12.5
    """),
    "google": _table("""
        gemini-2.5-flash-lite   1048.576  0.1   0.4   0.01
        gemini-2.5-flash        1048.576  0.3   2.5   0.03
        gemini-2.5-pro          1048.576  1.25  10    0.125
        gemini-3-flash-preview  1048.576  0.5   3     0.05
        gemini-3-pro-preview    1048.576  2     12    0.2
        gemini-3.1-flash-lite   1048.576  0.25  1.5   0.025
        gemini-3.1-pro-preview  1048.576  2     12    0.2
        gemini-3.5-flash        1048.576  1.5   9     0.15
        gemini-3.5-flash-lite   1048.576  0.3   2.5   0.03
        gemini-3.6-flash        1048.576  0.75  3.75  0.075
        gemini-3.7-flash        1048.576  0.75  3.75  0.075
        gemini-3.8-flash        1048.576  0.75  3.75  0.075
    """),
    "mistral": _table("""
        mistral-large-2512   262.144  0.5   1.5   0.05
        mistral-medium-3     131.072  0.4   2     0.04
        mistral-medium-3.5   262.144  1.5   7.5
        mistral-small-2603   262.144  0.15  0.6   0.015
        mistral-nemo         131.072
        devstral-2512        262.144  0.4   2     0.04
        ministral-3b-2512    131.072  0.1   0.1   0.01
        ministral-8b-2512    262.144  0.15  0.15  0.015
        ministral-14b-2512   262.144  0.2   0.2   0.02
    """),
    "deepseek": _table("""
        deepseek-v3.2      163.84
        deepseek-v4-flash  1000
        deepseek-v4-pro    1000
    """),
    "xai": _table("""
        grok-4.3        1000  1.25  2.5  0.2
        grok-4.5        500   2     6
        grok-4.6        500   2     6    0.5
        grok-build-0.1  256   1     2    0.2
    """),
    "groq": _table("""
        llama-3.1-8b-instant     131.072  0.05   0.08
        llama-3.3-70b-versatile  131.072  0.59   0.79
        openai/gpt-oss-120b      131.072  0.15   0.6   0.075
        openai/gpt-oss-20b       131.072  0.075  0.3   0.0375
    """),
    "together": _table("""
        openai/gpt-oss-120b                      131.072  0.15  0.6
        openai/gpt-oss-20b                       131.072  0.05  0.2
        meta-llama/llama-3.3-70b-instruct-turbo  131.072
    """),
    "moonshot": _table("""
        kimi-k2-0905     262.144  0.6   2.5
        kimi-k2.5        262.144  0.6   3
        kimi-k2.6        262.144  0.95  4    0.16
        kimi-k2.7-code   262.144  0.95  4    0.19
        kimi-k3          1048.576 3     15   0.3
    """),
    "minimax": _table("""
        minimax-m2.5  204.8     0.3  1.2  0.03
        minimax-m2.7  204.8     0.3  1.2  0.06
        minimax-m3    1048.576  0.6  2.4  0.12
    """),
}
"""By provider, then by the model's plain name."""

_WINDOWS: Final = {
    name.rpartition("/")[2]: facts.window for models in CATALOGUE.values() for name, facts in models.items()
} | {"llama-3-3-70b-instruct": 131_072}
