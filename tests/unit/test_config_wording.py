"""What is wrong with an agent file is said with its place, in words, with what was probably meant."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.config.schema import AgentFile
from sparewheel.errors import ConfigError

ROOT = "agents:\n  root:\n    model: x/y\n"


def message(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_agent_file(text)
    said = caught.value.info.message
    assert said.startswith("The agent file is not valid: ")
    return said.removeprefix("The agent file is not valid: ")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("toolset: []", "line 4, column 5: agents.root.toolset: unknown key (did you mean 'toolsets'?)"),
        (
            "toolsets: [{type: fetch, allowed_domain: [a]}]",
            "line 4, column 30: agents.root.toolsets.0.allowed_domain: unknown key (did you mean 'allowed_domains'?)",
        ),
        (
            "toolsets: [{type: api, api_config: {name: a, endpoint: b, method: GET, header: {}}}]",
            "line 4, column 76: agents.root.toolsets.0.api_config.header: unknown key (did you mean 'headers'?)",
        ),
        (
            "commands: {fix: {instrction: now}}",
            "line 4, column 22: agents.root.commands.fix.instrction: unknown key (did you mean 'instruction'?)",
        ),
        (
            "skills: [{name: a, description: b, instructons: c}]",
            (
                "line 4, column 14: agents.root.skills.0.instructions is missing; "
                "line 4, column 40: agents.root.skills.0.instructons: unknown key (did you mean 'instructions'?)"
            ),
        ),
        (
            "hooks: {pre_tool_use: [{matcher: a, hook: []}]}",
            (
                "line 4, column 28: agents.root.hooks.pre_tool_use.0.hooks is missing; "
                "line 4, column 41: agents.root.hooks.pre_tool_use.0.hook: unknown key (did you mean 'hooks'?)"
            ),
        ),
        (
            "hooks: {turn_begin: []}",
            "line 4, column 13: agents.root.hooks.turn_begin: unknown key (did you mean 'turn_end'?)",
        ),
        (
            "structured_output: {name: a, schma: {}}",
            (
                "line 4, column 5: agents.root.structured_output.schema is missing; "
                "line 4, column 34: agents.root.structured_output.schma: unknown key (did you mean 'schema'?)"
            ),
        ),
        (
            "toolsets: [{type: 3}]",
            "line 4, column 17: agents.root.toolsets.0.type: must be text; put 3 in quotes",
        ),
        (
            "safety: blanced",
            (
                "line 4, column 5: agents.root.safety: cannot be blanced (did you mean 'balanced'?), "
                "one of strict, balanced, restricted, autonomous"
            ),
        ),
        ("instruction: 7", "line 4, column 5: agents.root.instruction: must be text; put 7 in quotes"),
        ("instruction: [a]", "line 4, column 5: agents.root.instruction: must be text, and is a list"),
        ("add_date: maybe", "line 4, column 5: agents.root.add_date: must be true or false"),
        ("max_iterations: ten", "line 4, column 5: agents.root.max_iterations: must be a whole number"),
        ("max_iterations: -1", "line 4, column 5: agents.root.max_iterations: must be at least 0"),
        ("max_iterations: 1.5", "line 4, column 5: agents.root.max_iterations: must be a whole number"),
        ("compaction_threshold: 0", "line 4, column 5: agents.root.compaction_threshold: must be more than 0.0"),
        ("compaction_threshold: 2", "line 4, column 5: agents.root.compaction_threshold: must be at most 1.0"),
        ("sub_agents: other", "line 4, column 5: agents.root.sub_agents: must be a list, and is text"),
        ("fallback: [a]", "line 4, column 5: agents.root.fallback: must be a mapping of keys to values, and is a list"),
        (
            "commands: 7",
            (
                "line 4, column 5: agents.root.commands: "
                "must be a mapping of keys to values, and is a number or must be a list, and is a number"
            ),
        ),
        ("limits: {cost: .inf}", "line 4, column 14: agents.root.limits.cost: must be a finite number"),
    ],
)
def test_every_key_of_an_agent(lines: str, said: str) -> None:
    assert message(f"{ROOT}    {lines}\n") == said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("toolsets: [{type: todo, url: a}]", "url is not an option of type todo, only of openapi and a2a and open_url"),
        ("toolsets: [{type: model_picker}]", "type model_picker needs models"),
        ("toolsets: [{type: api}]", "type api needs api_config"),
        ("toolsets: [{type: openapi}]", "type openapi needs url"),
        ("toolsets: [{type: mcp}]", "type mcp needs exactly one of command, remote and ref"),
        ("toolsets: [{type: mcp, command: a, ref: b}]", "type mcp needs exactly one of command, remote and ref"),
        ("toolsets: [{type: python}]", "type python needs exactly one of source and file"),
        ("toolsets: [{type: rag}]", "type rag needs ref or rag_config"),
        (
            "toolsets: [{type: fetch, allowed_domains: [a], blocked_domains: [b]}]",
            "allowed_domains and blocked_domains exclude each other",
        ),
        ("hooks: {stop: [{type: builtin}]}", "a hook of type builtin needs command"),
        ("hooks: {stop: [{type: model, model: a/b}]}", "a hook of type model needs model and prompt"),
        ("guardrails: [{on: input}]", "needs exactly one of pattern and max_length"),
        ("guardrails: [{on: input, pattern: a, max_length: 1}]", "needs exactly one of pattern and max_length"),
        ("guardrails: [{on: input, pattern: a, action: handoff}]", "action handoff and to need each other"),
        ("guardrails: [{on: input, pattern: a, to: b}]", "action handoff and to need each other"),
    ],
)
def test_what_belongs_together(lines: str, said: str) -> None:
    assert said in message(f"{ROOT}    {lines}\n")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "hooks: {pre_tool_use: [{matcher: '(', hooks: []}]}",
            "hooks.pre_tool_use.0.matcher: '(' is not a regular expression that can be used",
        ),
        (
            "guardrails: [{on: input, pattern: '['}]",
            "guardrails.0.pattern: '[' is not a regular expression that can be used: unclosed",
        ),
    ],
)
def test_patterns_that_cannot_be_used(lines: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(f"agents:\n  root:\n    model: demo/hello\n    {lines}\n"), None, {})
    assert "line 4, column " in caught.value.info.message
    assert said in caught.value.info.message


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("m: {provider: a}", "line 5, column 3: models.m: needs provider and model"),
        (
            "m: {first_available: [a/b], temperature: 1}",
            "line 5, column 3: models.m: first_available stands alone; remove temperature",
        ),
        (
            "m: {provider: a, model: b, thinking_budget: hard}",
            "line 5, column 30: models.m.thinking_budget: must be a whole number or cannot be hard",
        ),
        ("m: {provider: a, model: b, cost: {input: -1}}", "line 5, column 37: models.m.cost.input: must be at least 0"),
        (
            "m: {provider: a, model: b, task_budget: {totl: 5}}",
            (
                "line 5, column 30: models.m.task_budget.total is missing; "
                "line 5, column 44: models.m.task_budget.totl: unknown key (did you mean 'total'?)"
            ),
        ),
    ],
)
def test_models(models: str, said: str) -> None:
    assert said in message(f"{ROOT}models:\n  {models}\n")


def test_a_misspelt_part_of_the_file() -> None:
    assert message(f"{ROOT}model: {{}}\n") == "line 4, column 1: model: unknown key (did you mean 'models'?)"
    assert "(did you mean 'allow'?)" in message(f"{ROOT}permissions: {{alow: []}}\n")


def test_a_key_with_nothing_after_it_says_nothing() -> None:
    file = load_agent_file(f"{ROOT}    toolsets:\n    instruction:\n    fallback:\nmodels:\npermissions:\n")
    assert file.agents["root"].toolsets == []
    assert file.agents["root"].instruction == ""
    assert file.models == {}


def test_nothing_where_an_agent_should_be() -> None:
    assert message("agents: {root: }") == (
        "line 1, column 10: agents.root: must be a mapping of keys to values; it is empty"
    )


def test_a_null_option_of_an_api_is_kept() -> None:
    """In provider_opts it has a meaning: take this parameter out of the request."""
    models = "models: {m: {provider: openai, model: b, provider_opts: {stream_options: null}}}"
    assert load_agent_file(ROOT + models).models["m"].provider_opts == {"stream_options": None}


def test_a_thousand_faults_are_not_all_said() -> None:
    wrong = "".join(f"    k{number}: 1\n" for number in range(1000))
    said = message(ROOT + wrong)
    assert said.endswith("; and 980 more")
    assert len(said) < 4000


def test_an_enormous_key_is_cut() -> None:
    assert len(message(f"{ROOT}    ? {'k' * 50_000}\n    : 1\n")) < 300


def test_a_regular_expression_that_is_too_deep_is_refused() -> None:
    deep = "(" * 5000 + ")" * 5000
    assert "regular expression" in message(f"{ROOT}    guardrails: [{{on: input, pattern: '{deep}'}}]\n")


KEYS = sorted({*AgentFile.model_fields, *AgentFile.model_fields["agents"].annotation.__args__[1].model_fields})  # type: ignore[union-attr]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["a", "x/y", "${env.A}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "type", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_value_under_any_key_ends_in_a_config_error_or_a_file(agent: dict[str, object]) -> None:
    for document in ({"agents": {"root": {"model": "x/y", **agent}}}, {"agents": {"root": {"model": "x/y"}}, **agent}):
        try:
            load_agent_file(json.dumps(document))
        except ConfigError as error:
            assert "\n" not in error.info.message
            assert "pydantic" not in error.info.message


def test_many_problems_are_counted() -> None:
    text = "agents: {root: {model: demo/hello, sub_agents: [" + ", ".join(f"a{n}" for n in range(3000)) + "]}}"
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(text), None, {})
    message = caught.value.info.message
    assert message.count("there is no agent") == 20
    assert message.endswith("and 2980 more")


def test_too_many_agents_are_counted_before_they_are_read() -> None:
    said = message("agents: {" + ", ".join(f"a{number}: {{}}" for number in range(501)) + "}")
    assert said == "line 1, column 1: agents: has 501 agents, and 500 are allowed"
