"""Where a model is asked, over which API and with which key: what docker-agent's clients do, and where keys stay."""

from __future__ import annotations

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import ModelSpec, ResolvedTeam, resolve_team
from sparewheel.testing import errors
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, collect, session

KEYS = {"OPENAI_API_KEY": "sk-of-openai", "AZURE_API_KEY": "key-of-azure", "GATEWAY": "key-of-gateway"}


def team(model: str, env: dict[str, str] | None = None) -> ResolvedTeam:
    """The team of one agent, whose model is written as a flow mapping or as a reference."""
    text = f"agents: {{root: {{model: {model}}}}}"
    if model.startswith("{"):
        text = f"models:\n  m: {model}\nagents: {{root: {{model: m}}}}"
    return resolve_team(load_agent_file(text), None, KEYS if env is None else env)


def only(model: str, env: dict[str, str] | None = None) -> ModelSpec:
    (spec,) = team(model, env).agents["root"].chain
    return spec


@pytest.mark.parametrize(
    ("model", "api"),
    [
        *(
            (f"openai/{name}", "openai_responses")
            for name in (
                "gpt-4.1",
                "gpt-4.1-mini",
                "gpt-5",
                "gpt-5.6",
                "GPT-5-mini",
                "gpt-6-luna",
                "o1",
                "o3-mini",
                "o4-mini",
            )
        ),
        *(
            (f"openai/{name}", "openai_responses")
            for name in ("codex-mini-latest", "gpt-5.1-codex", "gpt-5-pro", "o3-pro", "ft:gpt-4.1:me::1")
        ),
        *(
            (f"openai/{name}", "openai_chatcompletions")
            for name in (
                "gpt-4o",
                "gpt-4-turbo",
                "gpt-3.5-turbo",
                "gpt-5-search-api",
                "chatgpt-4o-latest",
                "gpt-oss-120b",
            )
        ),
        ('{provider: openai, model: gpt-5, base_url: "https://eu.api.openai.com/v1"}', "openai_responses"),
        ('{provider: openai, model: gpt-5, base_url: "https://gateway.test/v1"}', "openai_chatcompletions"),
        ('{provider: openai, model: gpt-5, base_url: "https://api.openai.com.test/v1"}', "openai_chatcompletions"),
        ("openai_chatcompletions/gpt-5", "openai_chatcompletions"),
        ("openai_responses/gpt-4o", "openai_responses"),
        ("dmr/ai/gpt-5-pro", "openai_chatcompletions"),
    ],
)
def test_the_api(model: str, api: str) -> None:
    assert only(model).api == api


def test_the_api_type_of_a_provider_decides() -> None:
    text = (
        "providers: {mine: {provider: openai, api_type: openai_chatcompletions, base_url: 'https://api.openai.com/v1'}}\n"
        "agents: {root: {model: mine/gpt-5.6}}"
    )
    (spec,) = resolve_team(load_agent_file(text), None, KEYS).agents["root"].chain
    assert (spec.api, spec.key) == ("openai_chatcompletions", "sk-of-openai")


@pytest.mark.parametrize(
    ("provider", "written", "base_url"),
    [
        ("anthropic", "https://gateway.test/zen", "https://gateway.test/zen/v1"),
        ("anthropic", "https://gateway.test", "https://gateway.test/v1"),
        ("anthropic", "https://gateway.test/v1/", "https://gateway.test/v1"),
        ("google", "https://gateway.test/gemini", "https://gateway.test/gemini/v1beta"),
        ("google", "https://gateway.test/v1beta", "https://gateway.test/v1beta"),
        ("google", "https://gateway.test/v1", "https://gateway.test/v1"),
        ("google", "https://gateway.test/v1alpha", "https://gateway.test/v1alpha"),
        ("openai", "https://gateway.test/openai", "https://gateway.test/openai"),
    ],
)
def test_the_version_in_the_path(provider: str, written: str, base_url: str) -> None:
    model = f'{{provider: {provider}, model: m, base_url: "{written}", token_key: GATEWAY}}'
    assert only(model).base_url == base_url


def test_a_model_runner_has_an_address() -> None:
    spec = only("dmr/ai/qwen3", {})
    assert (spec.base_url, spec.model, spec.lacks_key) == ("http://localhost:12434/engines/v1", "ai/qwen3", False)


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"GEMINI_API_KEY": "key-of-gemini"}, "GEMINI_API_KEY"),
        ({"GOOGLE_API_KEY": "key-of-google", "GEMINI_API_KEY": "key-of-gemini"}, "GOOGLE_API_KEY"),
        ({"GOOGLE_API_KEY": " ", "GEMINI_API_KEY": "key-of-gemini"}, "GEMINI_API_KEY"),
    ],
)
@pytest.mark.parametrize("model", ["google/gemini-2.5-flash", "auto", "{first_available: [google/gemini-2.5-flash]}"])
def test_either_name_of_googles_key(env: dict[str, str], name: str, model: str) -> None:
    spec = only(model, env)
    assert (spec.provider, spec.key_name, spec.key) == ("google", name, env[name])


def test_azures_key_goes_to_the_address_of_the_file_at_azure() -> None:
    model = '{provider: azure, model: gpt-4o, base_url: "https://mine.openai.azure.com/openai/v1"}'
    assert only(model).key == "key-of-azure"
    with pytest.raises(Exception, match=r"would send AZURE_API_KEY, a key of azure, to evil\.test"):
        team('{provider: azure, model: gpt-4o, base_url: "https://evil.test/openai/v1"}')


@pytest.mark.parametrize(
    ("model", "warned"),
    [
        ('{provider: openai, model: m, base_url: "https://models.test/v1"}', True),
        ('{provider: openai, model: m, base_url: "http://localhost:8000/v1"}', False),
        ('{provider: openai, model: m, base_url: "https://models.test/v1", token_key: GATEWAY}', False),
        ('{provider: groq, model: m, base_url: "https://models.test/v1"}', False),  # env has no key of Groq
    ],
)
def test_a_key_that_is_not_sent_is_reported(model: str, warned: bool) -> None:
    found = team(model)
    (spec,) = found.agents["root"].chain
    assert spec.key in (None, "key-of-gateway")
    said = (
        "line 2, column 35: models.m.base_url: OPENAI_API_KEY is not sent to models.test, "
        "which is not a host of openai; if it needs a key, name that in token_key"
    )
    assert found.warnings == ((said,) if warned else ())


ELSEWHERE = """
models: {a: {provider: openai, model: a, base_url: "https://models.test/v1"}}
agents: {root: {model: a}}
"""


def test_the_first_turn_reports_it_and_a_refused_request_does_not_blame_the_key() -> None:
    transport = ScriptedTransport({"a": [errors.openai_missing_key(), errors.openai_missing_key()]})
    conversation = session(transport, [], text=ELSEWHERE)

    async def turns() -> list[Played]:
        return [await collect(conversation), await collect(conversation)]

    first, second = run(turns())
    assert first.types == ["start", "warning", "exhausted", "error"]
    assert second.types == ["start", "exhausted", "error"]
    assert (first.terminal["kind"], first.terminal["hint"]) == (
        "auth",
        "No key was sent to models.test. If it needs one, name the key in token_key of the model or of its provider.",
    )
