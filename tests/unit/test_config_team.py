"""What an agent file comes to: the team, each agent's settings, and the models they use."""

from __future__ import annotations

import pytest

from sparewheel.config.catalogue import Price
from sparewheel.config.chains import LimitsConfig
from sparewheel.config.loading import load_agent_file
from sparewheel.config.overview import overview
from sparewheel.config.resolved import ModelSpec, ResolvedTeam, resolve, resolve_team
from sparewheel.errors import ConfigError

ENV = {"OPENAI_API_KEY": "key-of-openai", "MINE": "key-of-mine"}

FULL = """
budget: {max_tokens: 9000, max_time: 10m}
budgets: {shared: {max_cost: 2.5}}
permissions: {allow: [think], deny: ['api:*']}
runtime: {safety: balanced}
toolsets: {asking: {type: user_prompt}}
commands: {common: {fix: Put it right, go: Go}}
agents:
  root:
    model: fast
    description: Leads
    welcome_message: Hello
    instruction: Lead.
    toolsets: [{type: think}, {type: model_picker, models: [fast, demo/hello]}]
    use_toolsets: [asking]
    sub_agents: [helper]
    handoffs: [helper, closer]
    max_iterations: 20
    max_old_tool_call_tokens: 4000
    max_tool_result_tokens: 500
    num_history_items: 30
    max_response_bytes: 1024
    limits: {tokens: 5000, cost: 0.5, time: 2m}
    budgets: [shared]
    guardrails:
      - {on: input, pattern: password, reason: No passwords.}
      - {on: output, max_length: 5000, action: handoff, to: closer}
    add_date: true
    add_environment_info: true
    add_description_parameter: true
    readonly: true
    redact_secrets: false
    session_compaction: false
    compaction_threshold: 0.5
    compaction_model: demo/hello
    structured_output: {name: answer, schema: {type: object}}
    use_commands: [common]
    commands: {fix: {instruction: Now, agent: helper}}
    hooks:
      turn_start: [{type: builtin, command: add_date}]
      pre_tool_use: [{matcher: 'fetch|api', hooks: [{type: builtin, command: redact_secrets}]}]
  helper: {model: fast, safety: strict, handoffs: [root]}
  closer: {model: demo/hello}
  nobody: {model: demo/hello}
models:
  fast: {provider: mine, model: m-1, compaction_threshold: 0.8}
providers:
  mine: {base_url: 'https://models.example.test/v1', token_key: MINE, compaction_model: demo/slow}
"""


def team(text: str, name: str | None = None) -> ResolvedTeam:
    return resolve_team(load_agent_file(text), name, ENV)


def spec(model: str, env: dict[str, str] | None = None) -> ModelSpec:
    text = f"agents: {{a: {{model: m}}}}\nmodels: {{m: {model}}}"
    return resolve(load_agent_file(text), None, ENV if env is None else env).chain[0]


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        team(text)
    return caught.value.info.message


def test_a_team() -> None:
    full = team(FULL)
    assert full.root == "root"
    assert list(full.agents) == ["root", "helper", "closer"]
    assert full.permissions.deny == ["api:*"]
    assert full.budget == LimitsConfig(tokens=9000, time=600.0)
    assert full.budgets == {"shared": LimitsConfig(cost=2.5)}
    assert full.secrets == {"key-of-mine", *ENV.values()}
    assert list(team(FULL, "closer").agents) == ["closer"]


def test_everything_an_agent_says_is_carried_through() -> None:
    root = team(FULL).agents["root"]
    assert (root.description, root.welcome_message, root.instruction) == ("Leads", "Hello", "Lead.")
    assert [entry.type for entry in root.toolsets] == ["think", "model_picker", "user_prompt"]
    assert (root.sub_agents, root.handoffs) == (("helper",), ("helper", "closer"))
    assert (root.max_iterations, root.max_consecutive_tool_calls) == (20, 5)
    assert (root.max_old_tool_call_tokens, root.max_tool_result_tokens) == (4000, 500)
    assert (root.num_history_items, root.max_response_bytes) == (30, 1024)
    assert (root.limits, root.budgets) == (LimitsConfig(tokens=5000, cost=0.5, time=120.0), ("shared",))
    assert [(rail.on, rail.action, rail.to) for rail in root.guardrails] == [
        ("input", "refuse", ""),
        ("output", "handoff", "closer"),
    ]
    assert (root.add_date, root.add_environment_info, root.add_description_parameter) == (True, True, True)
    assert (root.readonly, root.redact_secrets, root.session_compaction) == (True, False, False)
    assert root.structured_output is not None
    assert [(event, entry.matcher) for event, entry in root.hooks] == [
        ("pre_tool_use", "fetch|api"),
        ("turn_start", "*"),
    ]
    assert {name: (one.instruction, one.agent) for name, one in root.commands.items()} == {
        "fix": ("Now", "helper"),
        "go": ("Go", ""),
    }
    assert list(root.models) == ["demo/hello", "fast"]


def test_a_text_is_read_once_and_stays_as_it_was_read() -> None:
    before = load_agent_file(FULL).model_dump()
    for key in ("key-of-one", "key-of-another"):
        assert key in resolve_team(load_agent_file(FULL), None, ENV | {"MINE": key}).secrets
    assert load_agent_file(FULL) is load_agent_file(FULL)
    assert load_agent_file(FULL).model_dump() == before


def test_who_says_what_first() -> None:
    agents = team(FULL).agents
    assert agents["root"].compaction_threshold == 0.8  # the model's, before the agent's
    assert (agents["root"].safety, agents["helper"].safety) == ("balanced", "strict")


def test_what_an_agent_is_when_it_says_nothing() -> None:
    agent = team("agents: {a: {model: demo/hello}}").agents["a"]
    assert (agent.max_iterations, agent.max_consecutive_tool_calls, agent.max_response_bytes) == (0, 5, 4_194_304)
    assert (agent.max_old_tool_call_tokens, agent.max_tool_result_tokens, agent.num_history_items) == (0, 0, 0)
    assert (agent.redact_secrets, agent.session_compaction, agent.compaction_threshold) == (True, True, 0.9)
    assert (agent.limits, agent.safety) == (LimitsConfig(), None)
    assert team("agents: {a: {model: demo/hello, max_tool_result_tokens: -1}}").agents["a"].max_tool_result_tokens == 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("sub_agents: [b]", 'agents.a.sub_agents.0: there is no agent "b"; the file has: a'),
        ("handoffs: [b]", 'agents.a.handoffs.0: there is no agent "b"'),
        ("force_handoff: b", 'agents.a.force_handoff: there is no agent "b"'),
        ("force_handoff: a", "agents.a.force_handoff: an agent cannot hand over to itself"),
        (
            "guardrails: [{on: input, max_length: 1, action: handoff, to: b}]",
            'agents.a.guardrails.0.to: there is no agent "b"',
        ),
        ("budgets: [b]", 'agents.a.budgets.0: there is no budget "b"; the file has: none'),
        ("use_toolsets: [b]", 'agents.a.use_toolsets.0: there is no toolset "b"; the file has: none'),
        ("use_commands: [b]", 'agents.a.use_commands.0: there is no group of commands "b"'),
        ("commands: {x: {agent: b}}", 'agents.a.commands.x: there is no agent "b"'),
        ("toolsets: [{type: model_picker, models: [b]}]", 'agents.a.toolsets: model "b" is not defined.'),
    ],
)
def test_names_that_are_not_there(lines: str, said: str) -> None:
    assert said in refused(f"agents: {{a: {{model: demo/hello, {lines}}}}}")


def test_a_fault_that_two_agents_share_is_said_once() -> None:
    text = "agents: {a: {model: m, sub_agents: [b]}, b: {model: m}}\nmodels: {m: {provider: groq, model: x}}"
    assert refused(text).count("GROQ_API_KEY") == 1


def test_a_server_that_is_named_gets_what_the_toolset_adds() -> None:
    from sparewheel.config.expand import Expander
    from sparewheel.config.problems import Problems
    from sparewheel.config.tools import Tools
    from sparewheel.config.vendor_keys import Secrets

    text = """
mcps: {issues: {remote: {url: 'https://mcp.example.test'}, tools: [list], name: shared}}
agents: {a: {model: demo/hello, toolsets: [{type: mcp, ref: issues, tools: [get]}]}}
"""
    file = load_agent_file(text)
    ((path, entry),) = Tools(file, Expander(Secrets({}), Problems(file))).entries("a", file.agents["a"])
    assert path == ("agents", "a", "toolsets", 0)
    assert entry.remote is not None
    assert (entry.ref, entry.remote.url, entry.tools, entry.name) == ("", "https://mcp.example.test", ["get"], "shared")


def test_what_a_page_learns_of_a_file() -> None:
    root = overview(load_agent_file(FULL))["agents"][0]
    assert (root["sub_agents"], root["handoffs"]) == (["helper"], ["helper", "closer"])
    assert (root["add_date"], root["add_env_info"]) == (True, True)


# Models


def test_the_first_model_whose_key_is_there() -> None:
    both = "{first_available: [groq/x, openai/gpt-4o]}"
    assert spec(both).ref == "openai/gpt-4o"
    assert spec(both, {"GROQ_API_KEY": "k", "OPENAI_API_KEY": "k"}).ref == "groq/x"
    assert spec("{first_available: [groq/x, ollama/llama]}", {}).ref == "ollama/llama"
    with pytest.raises(ConfigError, match=r"key for Groq or OpenAI; .* Set GROQ_API_KEY or OPENAI_API_KEY\."):
        spec(both, {})
    with pytest.raises(ConfigError, match='model "m" refers to itself'):
        spec("{first_available: [m]}")


def test_auto_takes_the_provider_whose_key_is_there() -> None:
    file = load_agent_file("agents: {a: {model: auto}}")
    assert resolve(file, None, ENV).chain[0].provider == "openai"
    assert resolve(file, None, {**ENV, "ANTHROPIC_API_KEY": "k"}).chain[0].provider == "anthropic"
    with pytest.raises(ConfigError, match=r"key for Anthropic, OpenAI, .*; one is enough to start\."):
        resolve(file, None, {})


def test_options_that_are_not_for_the_api_find_their_place() -> None:
    chat = spec(
        "{provider: openai, model: x, headers: {b: '2'}, provider_opts: {context_size: 9000, http_headers: {a: '1'}, "
        "seed: 7, extra_body: {effort: none}, transport: sse, interleaved_thinking: true, native_tool_search: true}}"
    )
    assert (chat.context_limit, chat.headers) == (9000, {"a": "1", "b": "2"})
    assert chat.options == {"seed": 7, "effort": "none"}
    gemini = spec("{provider: google, model: x, provider_opts: {top_k: 40, seed: 1}}", {"GOOGLE_API_KEY": "k"})
    assert gemini.options == {"generationConfig": {"topK": 40, "seed": 1}}


@pytest.mark.parametrize(("written", "meant"), [("adaptive/high", "high"), ("adaptive", "adaptive"), (0, 0), (-1, -1)])
def test_thinking(written: object, meant: object) -> None:
    assert spec(f"{{provider: openai, model: x, thinking_budget: {written}}}").parameters == {"thinking_budget": meant}


def test_windows_and_prices_come_from_the_file_then_the_catalogue() -> None:
    known = spec("{provider: openai, model: gpt-4o-2024-08-06}")
    assert (known.context_limit, known.price) == (128_000, Price(2.5, 10.0, 1.25))
    said = spec("{provider: openai, model: gpt-4o, context_limit: 5000, cost: {input: 1, output: 2}}")
    assert (said.context_limit, said.price) == (5000, Price(1.0, 2.0))
    elsewhere = spec("{provider: openai, model: gpt-4o, base_url: 'https://models.example.test'}")
    assert (elsewhere.context_limit, elsewhere.price) == (128_000, None)
    unknown = spec("{provider: openai, model: a-model-of-tomorrow}")
    assert (unknown.context_limit, unknown.price) == (None, None)
