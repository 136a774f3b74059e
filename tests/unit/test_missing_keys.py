"""Models without a key: they are skipped, and an agent is refused only if none of its models can be asked."""

from __future__ import annotations

import json

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from tests.support.agentic import call, play_agent, say
from tests.support.scripted import ENV, bare
from tests.support.workerpage import ANSWER, KEY, Page

CHAIN = "agents: {root: {model: anthropic/x, fallback: {models: [openai/y, google/z], retries: -1}}}"


def missing(text: str, env: dict[str, str]) -> list[tuple[str, str, list[str]]]:
    team = resolve_team(load_agent_file(text), None, env)
    return [(key["name"], key["vendor"], key["models"]) for key in team.missing_keys]


def refused(text: str, env: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(text), None, env or {})
    return caught.value


def test_one_key_of_three_is_enough() -> None:
    assert missing(CHAIN, {"OPENAI_API_KEY": "k"}) == [
        ("ANTHROPIC_API_KEY", "anthropic", ["anthropic/x"]),
        ("GOOGLE_API_KEY", "google", ["google/z"]),
    ]
    error = refused(CHAIN)
    assert error.info.message == (
        'agent "root" needs a key for Anthropic, OpenAI or Google Gemini; one is enough to start. '
        "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GOOGLE_API_KEY."
    )
    assert [key["name"] for key in error.missing_keys] == ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY"]


def test_a_blank_key_is_no_key() -> None:
    assert [name for name, *_ in missing(CHAIN, {"OPENAI_API_KEY": "k", "GOOGLE_API_KEY": " "})] == [
        "ANTHROPIC_API_KEY",
        "GOOGLE_API_KEY",
    ]


@pytest.mark.parametrize(
    ("spare", "names"),
    [
        ("{first_available: [groq/x, mistral/x]}", ["GROQ_API_KEY", "MISTRAL_API_KEY"]),
        ("{first_available: [own/x, own/y]}", ["OWN_KEY"]),
        ("{provider: own, model: x, headers: {x-tenant: '${env.TENANT}'}}", ["OWN_KEY", "TENANT"]),
        ("{provider: own, model: '${env.MODEL}'}", ["OWN_KEY", "MODEL"]),
        ("{provider: openai, model: x, base_url: 'https://${env.HOST}/v1', token_key: OWN_KEY}", ["OWN_KEY", "HOST"]),
        ("{provider: openai, model: x, base_url: 'https://${env.HOST}/v1'}", ["HOST"]),
        ("{provider: cloudflare-ai-gateway, model: x}",
         ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID"]),
    ],
)  # fmt: skip
def test_whatever_a_spare_lacks_in_env_makes_it_no_more_than_skipped(spare: str, names: list[str]) -> None:
    text = (
        "agents: {root: {model: openai/a, fallback: {models: [spare]}}}\n"
        f"models: {{spare: {spare}}}\n"
        "providers: {own: {base_url: 'https://own.example.test', token_key: OWN_KEY}}"
    )
    team = resolve_team(load_agent_file(text), None, ENV)
    assert [spec.lacks_key for spec in team.agents["root"].chain] == [False, True]
    assert [key["name"] for key in team.missing_keys] == names


def test_auto_as_a_spare_waits_for_any_of_its_keys() -> None:
    text = "agents: {root: {model: ollama/x, fallback: {models: [auto]}}}"
    team = resolve_team(load_agent_file(text), None, {})
    assert len(team.missing_keys) == 7
    assert not resolve_team(load_agent_file(text), None, {"GROQ_API_KEY": "k"}).missing_keys


def test_a_key_in_place_of_its_name_is_not_shown() -> None:
    text = (
        "agents: {root: {model: openai/a, fallback: {models: [m]}}}\n"
        f"models: {{m: {{provider: openai, model: x, token_key: {KEY}}}}}"
    )
    assert "CANARY" not in json.dumps(missing(text, ENV))


# Teams ----------------------------------------------------------------------------------------------------------

TEAM = """
agents:
  root:
    model: openai/a
    fallback: {retries: -1}
    handoffs: [poet]
    sub_agents: [poet, cook]
  poet: {model: groq/b, description: Writes poems, fallback: {retries: -1}}
  cook: {model: groq/b, description: Cooks, fallback: {models: [openai/c], retries: -1}}
"""


def test_an_agent_without_any_key_takes_no_part() -> None:
    task = '{"agent": "cook", "task": "a soup", "expected_output": "a recipe"}'
    script = {"a": [call("transfer_task", task), say("Here.")], "c": [say("Soup.")]}
    (played,), transport = play_agent(script, text=TEAM)
    offered = json.loads(transport.requests[0].body)["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["transfer_task"]
    assert offered[0]["function"]["parameters"]["properties"]["agent"]["enum"] == ["cook"]
    assert played.of("warning")[0]["message"].endswith("env has no GROQ_API_KEY, so no model of poet can be asked")
    assert [(event["model"], event["kind"]) for event in played.of("skipped")] == [("groq/b", "no_key")]
    assert played.terminal["type"] == "finish"


def test_an_agent_that_every_turn_needs_is_refused_without_its_key() -> None:
    text = "agents: {root: {model: openai/a, force_handoff: last}, last: {model: groq/b}}"
    assert refused(text, ENV).info.message == 'agent "last" needs a key for Groq. Set GROQ_API_KEY.'


def test_a_model_that_cannot_be_chosen_is_a_warning() -> None:
    text = "agents: {root: {model: openai/a, toolsets: [{type: model_picker, models: [groq/b, openai/c]}]}}"
    team = resolve_team(load_agent_file(text), None, ENV)
    assert team.warnings[0].endswith("env has no GROQ_API_KEY, so groq/b cannot be chosen")
    assert list(team.agents["root"].models) == ["openai/c"]
    change = call("change_model", '{"model": "groq/b"}')
    (played,), _ = play_agent([change, say("Then not.")], text=text)
    (result,) = played.of("tool_result")
    assert result["is_error"] is True


# The boundary ---------------------------------------------------------------------------------------------------


async def test_a_page_learns_which_keys_are_missing_before_any_turn() -> None:
    page = Page({"y": [ANSWER]})
    reply = await page.call("create_session", session="s", yaml=CHAIN)
    assert [key["name"] for key in reply["error"]["missing_keys"]] == [
        "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY",
    ]  # fmt: skip
    reply = await page.call("create_session", session="s", yaml=CHAIN, env={"OPENAI_API_KEY": KEY})
    assert [key["models"] for key in reply["result"]["missing_keys"]] == [["anthropic/x"], ["google/z"]]
    await page.call("send", session="s", prompt="hi")
    events = page.events("s")
    assert [bare(event) for event in events if event["type"] == "skipped"] == [
        {
            "type": "skipped",
            "model": "anthropic/x",
            "kind": "no_key",
            "code": "auth_error",
            "reason": "anthropic/x is not asked: env has no ANTHROPIC_API_KEY.",
            "wait_ms": None,
        }
    ]
    assert events[-1]["model"] == "openai/y"


async def test_a_chat_needs_one_key_too() -> None:
    page = Page({"y": [ANSWER]})
    messages = [{"role": "user", "content": "hi"}]
    reply = await page.call("chat", session="s", yaml=CHAIN, messages=messages)
    assert len(reply["error"]["missing_keys"]) == 3
    reply = await page.call("chat", session="s", yaml=CHAIN, messages=messages, env={"OPENAI_API_KEY": KEY})
    assert reply["result"]["model"] == "openai/y"
