"""What is known of models without the agent file: `prices.json`, and how a model is found in it."""

from __future__ import annotations

import json
from datetime import date
from importlib.metadata import version

import pytest

from bundle.prices import FILE, LIST, PROVIDERS, model_list, price_file
from sparewheel.config import providers
from sparewheel.config.catalogue import Price, lookup

TEXT = FILE.read_text(encoding="utf-8")
DATA = json.loads(TEXT)


def test_the_file_is_what_the_pinned_package_gives() -> None:
    assert TEXT == price_file(date.fromisoformat(DATA["date"])), "run: python -m bundle.prices"


def test_the_models_that_the_page_offers_are_of_the_same_day() -> None:
    text = LIST.read_text(encoding="utf-8")
    assert text == model_list(date.fromisoformat(DATA["date"])), "run: python -m bundle.prices"
    for name, window, input_price, output_price in json.loads(text)["models"]:
        provider, _, model = name.partition("/")
        facts = lookup(provider, model, date.fromisoformat(DATA["date"]))
        assert facts and facts.price, name
        assert (facts.price.input, facts.price.output) == (input_price, output_price), name
        assert window in (None, facts.window), name


def test_the_file_has_its_source_and_day_and_stays_small() -> None:
    assert DATA["source"].startswith(f"genai-prices {version('genai-prices')}, ")
    assert date.fromisoformat(DATA["date"]) > date(2026, 9, 3)
    assert len(TEXT) < 60_000


def test_every_provider_of_the_file_is_one_of_ours() -> None:
    assert DATA["models"].keys() - providers.PROVIDERS.keys() == set()
    assert PROVIDERS.keys() <= DATA["models"].keys()


def test_windows_and_prices_are_plausible() -> None:
    for rows in DATA["models"].values():
        for names, window, *steps in rows:
            assert window is None or 256 <= window < 20_000_000, names
            assert not steps or steps[0][:2] == ["", 0], names
            assert steps == sorted(steps, key=lambda step: step[:2]), names
            for _, _, paid, answer, *cached in steps:
                assert 0 <= paid <= 200 and 0 <= answer <= 1000, names
                assert all(rate is None or rate >= 0 for rate in cached), names


@pytest.mark.parametrize(
    ("provider", "model", "window", "priced"),
    [
        ("anthropic", "claude-sonnet-4-5-20250929", 200_000, True),
        ("anthropic", "claude-sonnet-4-5", 200_000, True),
        ("openai", "gpt-4o-2024-08-06", 128_000, True),
        ("openai", "GPT-4o-Latest", 128_000, True),
        ("openai", "gpt-5.6-sol-2026-12-01", 1_050_000, True),
        ("google", "gemini-2.5-pro", 1_048_576, True),
        ("google", "gemini-2.5-pro-preview-tts", 8_192, True),
        ("google", "gemini-2.5-flash-image", 1_000_000, False),
        ("groq", "openai/gpt-oss-120b", 131_072, True),
        ("groq", "llama-3.3-70b-versatile", 131_072, True),
        ("mistral", "mistral-small-latest", None, True),
        ("moonshot", "kimi-k2-0905-preview", 262_144, True),
        ("fireworks", "accounts/fireworks/models/kimi-k2p5", 262_144, True),
        ("openrouter", "anthropic/claude-sonnet-4.5", 200_000, False),
        ("openrouter", "meta-llama/llama-3.3-70b-instruct:free", 131_072, False),
        ("requesty", "google/gemini-3.5-flash", 1_000_000, False),
        ("deepseek", "deepseek-v4-pro", 1_000_000, False),
    ],
)
def test_models_are_found_by_their_usual_names(provider: str, model: str, window: int | None, priced: bool) -> None:
    facts = lookup(provider, model)
    found = (facts.window, facts.price is not None) if facts else (None, False)
    assert found == (window, priced)


@pytest.mark.parametrize("model", ["", "a-model-of-tomorrow", "-latest", "/", "my-gpt-4o", "*", "x" * 100_000])
def test_what_is_not_known_is_not_made_up(model: str) -> None:
    assert lookup("openai", model) is None
    assert lookup("nvidia", model) is None


def test_demo_models_have_no_vendor() -> None:
    assert lookup("demo", "gpt-4o") is None


def test_a_price_that_changes_has_its_day() -> None:
    before = lookup("google", "gemini-3.6-flash", date(2026, 12, 31))
    after = lookup("google", "gemini-3.6-flash", date(2027, 1, 1))
    assert before and before.price == Price(0.75, 3.75, 0.075)
    assert after and after.price == Price(1.5, 7.5, 0.15)


def test_a_long_prompt_has_its_own_price() -> None:
    facts = lookup("openai", "gpt-5.6")
    assert facts and facts.price
    price = facts.price
    assert price == Price(4, 20, 0.4, 5, ((272_000, Price(8, 30, 0.8, 10)),))
    assert price.cost(272_000, 1_000) == pytest.approx(0.272 * 4 + 0.001 * 20)
    assert price.cost(272_001, 1_000, cached_tokens=72_001) == pytest.approx(0.2 * 8 + 0.072001 * 0.8 + 0.001 * 30)


def test_a_price() -> None:
    price = Price(3.0, 15.0, 0.3, 3.75)
    assert price.cost(1_000_000, 0) == pytest.approx(3.0)
    assert price.cost(1_000_000, 1_000_000, cached_tokens=400_000) == pytest.approx(0.6 * 3 + 0.4 * 0.3 + 15)
    assert price.cost(1_000_000, 0, written_tokens=500_000) == pytest.approx(0.5 * 3 + 0.5 * 3.75)
    assert Price(2.0, 4.0).cost(500_000, 250_000, cached_tokens=500_000) == pytest.approx(2.0)
    assert Price(2.0, 4.0).cost(0, 0, cached_tokens=10) >= 0
