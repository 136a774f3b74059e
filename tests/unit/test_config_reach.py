"""What a file may reach, worked out before it is run; and keys that stand in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparewheel.config.literal_keys import line_of_key
from sparewheel.config.loading import load_agent_file
from sparewheel.config.reach import reach
from sparewheel.slices import run_at_once

if TYPE_CHECKING:
    from sparewheel.page.results import Reach


def reached(text: str) -> Reach:
    return reach(load_agent_file(text))


def keys(text: str) -> dict[str, list[str]]:
    return {key["name"]: key["hosts"] for key in reached(text)["keys"]}


def test_models_of_every_place_are_named_with_their_hosts_and_keys() -> None:
    text = """
agents:
  root:
    model: openai/a,alloy
    fallback: {models: [first, xai/d]}
    title_model: groq/e
    toolsets: [{type: model_picker, models: [mistral/f]}]
  other: {model: own}
models:
  alloy: {model: "anthropic/b, deepseek/c"}
  first: {first_available: [ollama/g, demo/hello]}
  own: {provider: mine, model: h}
  unused: {provider: cerebras, model: i, base_url: "https://elsewhere.test:8443/v1"}
providers:
  mine: {base_url: "https://mine.test/v1", token_key: MINE, headers: {X-A: "${env.EXTRA}"}}
"""
    found = reached(text)
    assert set(found["models"]) == {
        *("openai/a", "anthropic/b", "deepseek/c", "ollama/g", "demo/hello", "xai/d", "groq/e", "mistral/f"),
        *("mine/h", "cerebras/i"),
    }
    assert {"api.openai.com", "mine.test", "elsewhere.test:8443", "localhost:11434"} <= set(found["hosts"])
    assert not found["any_host"]
    assert keys(text)["MINE"] == keys(text)["EXTRA"] == ["mine.test"]
    assert "CEREBRAS_API_KEY" not in keys(text)  # the vendor's key does not go elsewhere unasked
    assert keys(text)["XAI_API_KEY"] == ["api.x.ai"]


def test_a_chain_of_models_of_any_length_is_followed() -> None:
    models = "\n".join(f"  m{number}: {{first_available: [m{number + 1}]}}" for number in range(1_500))
    text = f"agents: {{root: {{model: m0}}}}\nmodels:\n{models}\n  m1500: {{provider: xai, model: last}}\n"
    assert reached(text)["models"] == ["xai/last"]


@pytest.mark.parametrize(
    ("toolset", "hosts", "any_host"),
    [
        ("{type: fetch}", [], True),
        ("{type: fetch, blocked_domains: [a.test]}", [], True),
        ("{type: fetch, allowed_domains: [a.test, '*.b.test']}", ["a.test", "*.a.test", "*.b.test"], False),
        ("{type: openapi, url: 'https://c.test/api.json'}", ["c.test"], False),
        ("{type: api, api_config: {name: t, method: GET, endpoint: 'https://d.test/${q}'}}", ["d.test"], False),
        ("{type: api, api_config: {name: t, method: GET, endpoint: 'https://${h}/'}}", ["https://${h}/"], True),
        ("{type: mcp, remote: {url: 'https://e.test/mcp'}}", ["e.test"], False),
        ("{type: python, source: 'x = 1', packages: ['https://f.test/p.whl']}", ["f.test"], True),
        ("{type: todo}", [], False),
    ],
)
def test_tools_are_named_with_their_hosts(toolset: str, hosts: list[str], any_host: bool) -> None:
    found = reached(f"agents: {{root: {{model: demo/hello, use_toolsets: [t]}}}}\ntoolsets: {{t: {toolset}}}\n")
    assert (found["hosts"], found["any_host"]) == (hosts, any_host)
    assert found["toolsets"][0]["type"] in toolset
    assert found["toolsets"][0]["any_host"] == any_host


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (r"https://a.test\@b.test/", "a.test"),
        ("https://a.test@b.test/", "b.test"),
        ("https://a%2etest/", "https://a%2etest/"),
        ("https://${env.HOST}/v1", "https://${env.HOST}/v1"),
    ],
)
def test_a_host_is_the_one_that_is_requested(url: str, shown: str) -> None:
    found = reached(f"agents: {{root: {{model: m}}}}\nmodels: {{m: {{provider: openai, model: a, base_url: '{url}'}}}}")
    assert found["hosts"] == [shown]


def test_python_code_and_what_runs_without_approval_are_named() -> None:
    text = """
agents:
  root: {model: demo/hello, safety: autonomous, toolsets: [{type: python, source: "KEY = '${env.NOT_READ}'"}]}
permissions: {allow: ["add_*"]}
"""
    found = reached(text)
    assert found["python"] == ["KEY = '${env.NOT_READ}'"]
    assert found["unasked"] == ["*", "add_*"]
    assert found["keys"] == []


def test_names_in_texts_are_named_without_a_host() -> None:
    assert keys("agents: {root: {model: demo/hello, instruction: 'You are in ${env.CITY}, ${ZONE}.'}}") == {
        "CITY": [],
        "ZONE": [],
    }


def key_line(text: str) -> int | None:
    return run_at_once(line_of_key(text, load_agent_file(text)))


BARE = "agents: {root: {model: m}}\n"
ANTHROPIC = "sk-ant-" + "api03-AbC1dEf2GhI3"
HEXADECIMAL = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BARE + f"# my key: {ANTHROPIC}\n", 2),
        (BARE + f"models: {{m: {{provider: anthropic, model: a, token_key: {ANTHROPIC}}}}}\n", 2),
        (BARE + f"models:\n  m: {{provider: openai, model: a, headers: {{x-api-key: {HEXADECIMAL}}}}}\n", 3),
        (BARE + "models: {m: {provider: openai, model: a, headers: {api-key: hunter2hunter2}}}\n", 2),
        (
            BARE + "models: {m: {provider: openai, model: a, provider_opts: {http_headers: {X-Auth: Basic abc}}}}\n",
            None,
        ),
        (
            BARE
            + "models: {m: {provider: openai, model: a, provider_opts: {http_headers: {X-Auth: Basic c2VjcmV0}}}}\n",
            2,
        ),
        (BARE + 'models: {m: {provider: openai, model: a, base_url: "https://me:hunter22@a.test"}}\n', 2),
        (BARE + 'models: {m: {provider: openai, model: a, base_url: "https://a.test/?key=hunter2"}}\n', 2),
        (BARE + "models:\n  m:\n    provider: openai\n    model: a\n    token_key: q8Zk2LmN0pXs4VbT6yRw\n", 6),
        ('agents:\n  root:\n    model: demo/hello\n    instruction: "\\x73k-ant-api03-AbC1dEf2GhI3"\n', 4),
        ('agents:\n  root:\n    model: demo/hello\n    instruction: "sk-ant-\\\n      api03-AbC1dEf2GhI3"\n', 4),
        (f"agents:\n  root:\n    model: demo/hello\n    instruction: Use {HEXADECIMAL} there.\n", 4),
        (BARE + "models: {m: {provider: openai, model: a, token_key: MY_OWN_OPENAI_API_KEY_2}}\n", None),
        (BARE + 'models: {m: {provider: openai, model: a, headers: {Authorization: "Bearer ${env.MY_KEY}"}}}\n', None),
        (BARE + f"# https://a.test/{HEXADECIMAL}/x.whl#sha256={HEXADECIMAL}{HEXADECIMAL}\n", None),
    ],
)
def test_a_key_in_a_file_is_found(text: str, line: int | None) -> None:
    assert key_line(text) == line
