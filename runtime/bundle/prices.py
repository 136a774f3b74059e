"""`sparewheel/config/prices.json`: context windows and prices of models, taken from the genai-prices package.

`python -m bundle.prices` writes the file with the prices in force today. A test compares it with the output of the
pinned version of the package for the day in the file. The package stays on the host: its data is 1.6 MB.

It also writes `web/app/agents/models.json`, the models that the page offers by name: `date` and `models`, a list of
`[provider/model, window, input, output]` with the price of a short prompt.

The file of prices is one JSON object: `source`, `date`, and `models`, by provider a list of rows
`[names, window, step, ...]`:

* `names`: patterns of model names in lower case, one of which must match. `*` at the start or the end stands for any
  text, `/.../` is a regular expression to search for, anything else is a whole name. The first row that matches counts.
* `window`: tokens, prompt and answer together, or null.
* `step`: `[day, above, input, output, cache read, cache write]`, in US dollars for a million tokens. It applies from
  `day` (UTC; empty: since ever) to requests of more than `above` input tokens; the last step that applies counts.
  Values at the end may be missing. A model without steps has no known price.

Prices that a step cannot express are left out: those that depend on the time of day, and those of models that answer
with images or sound.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from genai_prices import types
from genai_prices.data import providers

from bundle.shell import ROOT, WEB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

FILE: Final = ROOT / "runtime" / "sparewheel" / "config" / "prices.json"
LIST: Final = WEB / "app" / "agents" / "models.json"
PROVIDERS: Final = {
    "anthropic": "anthropic",
    "baseten": "baseten",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "google": "google",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "together": "together",
    "xai": "x-ai",
}
"""genai-prices' name of a provider, by the name that agent files use."""

_LICENCE: Final = "MIT, copyright (c) Pydantic Services Inc. 2025 to present"
_WINDOWS: Final = {  # from the vendors' documentation, where genai-prices has none
    "gemini-3-pro-preview": 1_048_576,
    "llama-3.1-8b-instant": 131_072,
    "llama-3.3-70b-versatile": 131_072,
    "meta-llama/llama-3.3-70b-instruct-turbo": 131_072,
    "mistral-nemo": 131_072,
}
_GATEWAYS: Final = {  # models of no provider above, with their windows: what `model: auto` may choose
    "openrouter": {"meta-llama/llama-3.3-70b-instruct": 131_072},
}
_NOT_CHAT: Final = re.compile(  # models that no conversation is for, and parts of names
    r"embed|moderation|whisper|(?:^|-)tts|transcribe|realtime|-live|ocr|guard|image|-$|^(?:ada|babbage|curie|davinci)"
)
_TOKENS: Final = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
_IGNORED: Final = {  # charges that do not apply to a turn of text
    "cache_write_1h_mtok",
    "web_searches_kcount",
    "storage_searches_kcount",
    "input_audio_mtok",
    "cache_audio_read_mtok",
}


def price_file(day: date) -> str:
    """Generate the text of `prices.json`, with the prices in force on `day` and those that start later.

    Raises:
        ValueError: the installed genai-prices has a kind of pattern that is not handled here.
    """
    by_id = {provider.id: provider for provider in providers}
    windows = _windows(by_id["openrouter"]) | _WINDOWS
    source = f"genai-prices {version('genai-prices')}, https://github.com/pydantic/genai-prices, {_LICENCE}"
    tables = {name: list(_rows(by_id[theirs], day, windows)) for name, theirs in PROVIDERS.items()}
    tables |= {name: [[[model], window] for model, window in known.items()] for name, known in _GATEWAYS.items()}
    head = f'"source": {json.dumps(source)},\n"date": "{day.isoformat()}",\n'
    return "{\n" + head + '"models": {\n' + ",\n".join(_lines(name, rows) for name, rows in tables.items()) + "\n}\n}\n"


def model_list(day: date) -> str:
    """Generate the text of `models.json`: the models whose price is known and that are not deprecated."""
    by_id = {provider.id: provider for provider in providers}
    windows = _windows(by_id["openrouter"]) | _WINDOWS
    rows = []
    for name, theirs in PROVIDERS.items():
        for model in by_id[theirs].models:
            steps = _steps(model, day)
            requested = _requested(model)
            if steps and requested and not model.deprecated and _NOT_CHAT.search(requested) is None:
                window = model.context_window or windows.get(model.id.lower())
                rows.append([f"{name}/{requested}", window, *steps[0][2:4]])
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return f'{{\n"date": "{day.isoformat()}",\n"models": [\n{lines}\n]\n}}\n'


def _requested(model: types.ModelInfo) -> str:
    """The name of a model in requests: its id, else a whole name that it matches; "" if it has only patterns."""
    whole = [pattern for pattern in _patterns(model.match) if not re.search(r"^/.*/$|\*", pattern)]
    return next((name for name in (model.id, *whole) if model.match.is_match(name)), "")


def _lines(name: str, rows: list[list[Any]]) -> str:
    """A table with one model a line."""
    lines = (json.dumps(row, separators=(",", ":")) for row in rows)
    return f'"{name}": [\n' + ",\n".join(lines) + "\n]"


def _rows(provider: types.Provider, day: date, windows: dict[str, int]) -> Iterator[list[Any]]:
    for model in provider.models:
        window = model.context_window or windows.get(model.id.lower())
        steps = _steps(model, day)
        if window or steps:
            yield [list(dict.fromkeys(_patterns(model.match))), window, *steps]


def _windows(provider: types.Provider) -> dict[str, int]:
    """Windows by model, of a provider that offers other vendors' models as `VENDOR/MODEL`."""
    return {model.id.rpartition("/")[2]: model.context_window for model in provider.models if model.context_window}


def _patterns(clause: object) -> Iterator[str]:
    match clause:
        case types.ClauseEquals(equals=text):
            yield text.lower()
        case types.ClauseStartsWith(starts_with=text):
            yield f"{text.lower()}*"
        case types.ClauseEndsWith(ends_with=text):
            yield f"*{text.lower()}"
        case types.ClauseContains(contains=text):
            yield f"*{text.lower()}*"
        case types.ClauseRegex(regex=text):
            yield f"/{text}/"
        case types.ClauseOr(or_=clauses):
            for each in clauses:
                yield from _patterns(each)
        case types.ClauseAnd(and_=[types.ClauseStartsWith(starts_with=text), types.ClauseRegex(regex=rest)]):
            yield f"/^(?={re.escape(text.lower())}){rest}/"
        case _:
            raise ValueError(f"a pattern that prices.json cannot hold: {clause}")


def _steps(model: types.ModelInfo, day: date) -> list[list[Any]]:
    """The prices of a model, now and later; empty if they are not known for certain."""
    if isinstance(model.prices, types.ModelPrice):
        return _price("", model.prices)
    current, later = model.prices[0].prices, []
    for conditional in model.prices:
        if isinstance(conditional.constraint, types.TimeOfDateConstraint):
            return []
        start = conditional.constraint.start_date if conditional.constraint else date.min
        if start <= day:
            current = conditional.prices
        else:
            later.append(_price(start.isoformat(), conditional.prices))
    steps = [_price("", current), *later]
    return [step for price in steps for step in price] if all(steps) else []


def _price(day: str, price: types.ModelPrice) -> list[list[Any]]:
    known = {name: value for name, value in vars(price).items() if value is not None and name not in _IGNORED}
    if not {"input_mtok", "output_mtok"} <= known.keys() <= set(_TOKENS):
        return []
    values = [known.get(name) for name in _TOKENS]
    tiers = {tier.start for value in values if isinstance(value, types.TieredPrices) for tier in value.tiers}
    return [[day, above, *_rates(values, above)] for above in sorted({0, *tiers})]


def _rates(values: list[Decimal | types.TieredPrices | None], above: int) -> list[float | None]:
    rates = [_rate(value, above) for value in values]
    while rates[-1] is None:
        rates.pop()
    return rates


def _rate(value: Decimal | types.TieredPrices | None, above: int) -> float | None:
    if isinstance(value, types.TieredPrices):
        reached = [tier.price for tier in value.tiers if tier.start <= above]
        value = reached[-1] if reached else value.base
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


if __name__ == "__main__":
    today = datetime.now(UTC).date()
    FILE.write_text(price_file(today), encoding="utf-8")
    LIST.write_text(model_list(today), encoding="utf-8")
