"""Agent files: what is read, and how a wrong one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.config.duration import parse_duration
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import ModelSpec, ResolvedAgent, resolve
from sparewheel.errors import ConfigError

FULL = """
version: "12"
agents:
  root:
    model: fast
    description: Answers
    instruction: Be brief.
    fallback:
      models: [local, openai/gpt-b]
      retries: 1
      actions: {invalid_request: fail}
    timeouts: {idle: 1m30s}
  other: {model: openai/gpt-c}
models:
  fast: {provider: mine, model: m-1, temperature: 0.5}
  local: {provider: ollama, model: llama}
providers:
  mine:
    base_url: https://models.example.test/v1/
    token_key: MINE
    headers: {x-team: seven}
    temperature: 1
    max_tokens: 100
"""
ENV = {"MINE": " key-of-mine ", "OPENAI_API_KEY": "key-of-openai"}


def load(text: str, env: dict[str, str] | None = None) -> ResolvedAgent:
    return resolve(load_agent_file(text), None, ENV if env is None else env)


def message(text: object, env: dict[str, str] | None = None, name: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(load_agent_file(text), name, ENV if env is None else env)
    return caught.value.info.message


def test_a_full_file() -> None:
    agent = load(FULL)
    assert (agent.name, agent.instruction) == ("root", "Be brief.")
    assert agent.chain == (
        ModelSpec(
            provider="mine",
            model="m-1",
            api="openai_chatcompletions",
            base_url="https://models.example.test/v1",
            key="key-of-mine",
            headers={"x-team": "seven"},
            parameters={"temperature": 0.5, "max_tokens": 100},
            key_name="MINE",
        ),
        ModelSpec("ollama", "llama", "openai_chatcompletions", "http://localhost:11434/v1"),
        ModelSpec(
            "openai",
            "gpt-b",
            "openai_chatcompletions",
            "https://api.openai.com/v1",
            "key-of-openai",
            key_name="OPENAI_API_KEY",
        ),
    )
    assert (agent.fallback.retries, agent.fallback.actions) == (1, {"invalid_request": "fail"})
    assert (agent.timeouts.idle, agent.timeouts.connect) == (90, 30)
    assert agent.secrets == {"key-of-mine", "key-of-openai"}


def test_no_secret_shows_in_a_repr() -> None:
    assert "key-of" not in repr(load(FULL))


def test_a_vendors_own_key_never_goes_to_another_address() -> None:
    elsewhere = (
        "agents: {a: {model: m}}\nmodels: {m: {provider: openai, model: x, base_url: 'http://evil.example.test'}}"
    )
    assert load(elsewhere).chain[0].key is None


def test_an_agent_by_name() -> None:
    assert resolve(load_agent_file(FULL), "other", ENV).name == "other"
    assert message(FULL, name="nobody") == 'agent "nobody" not found'


def test_everything_a_chain_lacks_is_said_at_once() -> None:
    text = "agents: {a: {model: openai/x, fallback: {models: [nope, mars/rover, groq/y]}}}"
    said = message(text, env={})
    assert 'model "openai/x" needs the key OPENAI_API_KEY' in said
    assert 'model "nope" is not defined' in said
    assert 'provider "mars" of model "mars/rover" is not known' in said
    assert 'model "groq/y" needs the key GROQ_API_KEY' in said


def test_a_key_that_could_break_a_header_is_refused_without_being_shown() -> None:
    said = message("agents: {a: {model: openai/x}}", env={"OPENAI_API_KEY": "sk-CANARY\r\nx-evil: 1"})
    assert "OPENAI_API_KEY" in said
    assert "CANARY" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "yaml must be a string"),
        (7, "yaml must be a string"),
        ("", "not a mapping"),
        ("- a\n- b", "not a mapping"),
        ("agents: {a: {model: x/y}", "not valid YAML: line 1, column"),
        ("agents:\n  a: {model: x/y}\n  a: {model: x/y}", "not valid YAML: line 3"),
        ("agents: {}", "line 1, column 1: agents:"),
        ("models: {}", "agents is missing"),
        (
            "agents:\n  root:\n    modle: x/y",
            "line 3, column 5: agents.root.modle: unknown key (did you mean 'model'?)",
        ),
        ("agents:\n  root:\n    modle: x/y", "line 2, column 3: agents.root.model is missing"),
        (
            "agents:\n  a:\n    model: x/y\n    fallback:\n      retires: 1",
            "line 5, column 7: agents.a.fallback.retires: unknown",
        ),
        ("agents: {a: {model: x/y, fallback: {retires: 1}}}", "did you mean 'retries'?"),
        ("agents: {a: {model: x/y, fallback: {retries: -3}}}", "fallback.retries: "),
        ("agents: {a: {model: x/y, fallback: {models: [1]}}}", "agents.a.fallback.models.0: "),
        ("agents: {a: {model: x/y, fallback: {actions: {weather: fail}}}}", "'weather' is not a kind of failure"),
        ("agents: {a: {model: x/y, fallback: {actions: {auth: explode}}}}", "fallback.actions.auth: "),
        ("agents: {a: {model: x/y, timeouts: {idle: soon}}}", "'soon' is not a duration"),
        ("agents: {a: {model: m}}\nmodels: {m: {provider: p, model: q, base_url: 'ftp://x'}}", "http:// or https://"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_reason(text: object, said: str) -> None:
    assert said in message(text)


def test_an_alias_that_repeats_itself_costs_bounded_time() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert "grows to more than" in message(bomb)


def test_an_alias_to_itself_and_deep_nesting_are_refused() -> None:
    assert "agent file" in message("a: &a [*a]")
    assert "agent file" in message("[" * 5000)
    assert "longer than" in message("#" * 2_000_000)


@given(st.text(max_size=200))
def test_any_text_ends_in_a_config_error_or_a_file(text: str) -> None:
    try:
        load_agent_file(text)
    except ConfigError as error:
        assert "\n" not in error.info.message


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("500ms", 0.5),
        ("60s", 60),
        ("1m30s", 90),
        ("1h", 3600),
        ("1.5s", 1.5),
        ("0", 0),
        ("0s", 0),
        (2, 2),
        (0.25, 0.25),
    ],
)
def test_durations(value: object, seconds: float) -> None:
    assert parse_duration(value) == seconds


@pytest.mark.parametrize("value", ["", "soon", "1", "-1s", "1s2", "s", -1, True, None, float("inf"), float("nan"), []])
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match=r"must|duration"):
        parse_duration(value)
