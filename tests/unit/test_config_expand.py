"""`${...}`: filled in from the caller's env and nowhere else, never run, and secret where it stands for a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import ResolvedAgent, resolve
from sparewheel.errors import ConfigError

ENV = {"WHO": "Ada", "TOKEN": "tok-CANARY-123", "HOST": "api.example.test", "EMPTY": "", "REGION": "eu"}


def agent(lines: str, env: dict[str, str] | None = None) -> ResolvedAgent:
    text = f"agents:\n  root:\n    model: demo/hello\n{lines}"
    return resolve(load_agent_file(text), None, ENV if env is None else env)


def refused(lines: str, env: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        agent(lines, env)
    return caught.value.info.message


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello ${env.WHO}", "Hello Ada"),
        ("Hello ${WHO}", "Hello Ada"),
        ("${ env.WHO }${WHO}", "AdaAda"),
        ("[${env.EMPTY}]", "[]"),
        ('${env.NOBODY || "the user"}', "the user"),
        ("${env.NOBODY ?? 'the user'}", "the user"),
        ('${env.EMPTY || "the user"}', "the user"),
        ('${env.WHO || "the user"}', "Ada"),
        ("echo ${HOME} costs $5 ${6 * 7} ${user.name}", "echo ${HOME} costs $5 ${6 * 7} ${user.name}"),
        ("$WHO and ${", "$WHO and ${"),
    ],
)
def test_text_for_a_model(text: str, filled: str) -> None:
    quoted = text.replace("'", "''")
    assert agent(f"    instruction: '{quoted}'").instruction == filled


def test_what_was_filled_in_is_not_read_again() -> None:
    assert agent("    instruction: ${env.A}", {"A": "${env.B}", "B": "secret"}).instruction == "${env.B}"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("    instruction: ${env.NOBODY}", "line 4, column 5: agents.root.instruction: env has no NOBODY"),
        (
            "    instruction: ${env.A + env.B}",
            (
                "line 4, column 5: agents.root.instruction: ${env.A + env.B} is an expression; "
                "only ${env.NAME} and ${env.NAME || 'text'} are replaced"
            ),
        ),
        ("    instruction: \"${env['WHO']}\"", "is an expression"),
        ("    description: ${env.NOBODY}", "agents.root.description: env has no NOBODY"),
        ("    welcome_message: ${env.NOBODY}", "agents.root.welcome_message: env has no NOBODY"),
        ("    commands: {go: '${env.NOBODY}'}", "agents.root.commands.go: env has no NOBODY"),
        (
            "    toolsets: [{type: openapi, url: 'https://${HOSTNAME}/a'}]",
            "line 4, column 32: agents.root.toolsets.0.url: env has no HOSTNAME",
        ),
        ("    toolsets: [{type: openapi, url: 'https://${1 + 1}/a'}]", "${1 + 1} is an expression"),
        (
            "    toolsets: [{type: fetch, headers: {a: 'Bearer ${NOBODY}'}}]",
            "line 4, column 40: agents.root.toolsets.0.headers.a: env has no NOBODY",
        ),
    ],
)
def test_what_cannot_be_filled_in_is_named(lines: str, said: str) -> None:
    assert said in refused(lines)


def test_every_missing_name_is_said_at_once() -> None:
    said = refused("    instruction: ${env.A}\n    description: ${env.B}")
    assert "env has no A" in said
    assert "env has no B" in said


def test_only_the_callers_env_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_PROCESS", "CANARY")
    assert "env has no FROM_THE_PROCESS" in refused("    instruction: ${env.FROM_THE_PROCESS}")


def test_what_is_filled_into_headers_counts_as_secret() -> None:
    lines = """
    toolsets:
      - type: openapi
        url: https://${HOST}/${env.REGION}/spec
        headers: {Authorization: 'Bearer ${env.TOKEN}', Accept: text/plain, X-Api-Key: written-out}
"""
    found = agent(lines)
    assert found.toolsets[0].url == "https://api.example.test/eu/spec"
    assert found.toolsets[0].headers == {
        "Authorization": "Bearer tok-CANARY-123",
        "Accept": "text/plain",
        "X-Api-Key": "written-out",
    }
    assert found.secrets == {"tok-CANARY-123", "Bearer tok-CANARY-123", "written-out"}
    assert "CANARY" not in repr(found)


def test_an_api_keeps_the_names_of_its_arguments() -> None:
    lines = """
    toolsets:
      - type: api
        api_config:
          name: repo
          method: GET
          endpoint: https://${env.HOST}/repos/${owner}/${repo}
          headers: {Authorization: 'token ${TOKEN}', X-Owner: '${owner}'}
          args: {owner: {type: string}, repo: {type: string}}
          required: [owner]
"""
    config = agent(lines).toolsets[0].api_config
    assert config is not None
    assert config.endpoint == "https://api.example.test/repos/${owner}/${repo}"
    assert config.headers == {"Authorization": "token tok-CANARY-123", "X-Owner": "${owner}"}
    assert "env has no reop" in refused(lines.replace("/${repo}", "/${reop}"))


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "caf\u00e9", "\x00"])
def test_a_value_that_could_break_a_header_is_refused_without_being_shown(value: str) -> None:
    said = refused("    toolsets: [{type: fetch, headers: {a: '${env.BAD}'}}]", {"BAD": f"CANARY{value}"})
    assert "agents.root.toolsets.0.headers.a: cannot be a header" in said
    assert "CANARY" not in said


def test_the_address_of_a_model() -> None:
    text = """
agents: {a: {model: m}}
models: {m: {provider: openai, model: '${env.MODEL}', base_url: 'https://${env.HOST}/v1', headers: {x: '${env.TOKEN}'}}}
"""
    file = load_agent_file(text)
    spec = resolve(file, None, {**ENV, "MODEL": "m-1"}).chain[0]
    assert (spec.base_url, spec.model, spec.headers) == ("https://api.example.test/v1", "m-1", {"x": "tok-CANARY-123"})
    with pytest.raises(ConfigError) as caught:
        resolve(file, None, {})
    said = caught.value.info.message
    assert "line 3, column 32: models.m.model: env has no MODEL" in said
    assert "models.m.base_url: env has no HOST" in said
    assert "models.m.headers.x: env has no TOKEN" in said


@pytest.mark.parametrize("value", ["", "javascript:alert(1)", "file:///etc/passwd", "ftp://a.test"])
def test_an_address_that_is_none_once_filled_in(value: str) -> None:
    text = "agents: {a: {model: m}}\nmodels: {m: {provider: openai, model: x, base_url: '${env.URL}'}}"
    with pytest.raises(ConfigError, match=r"models\.m\.base_url: must start with http"):
        resolve(load_agent_file(text), None, {"URL": value})


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["A", "B"]), st.text(max_size=10)))
def test_any_text_ends_filled_in_or_refused(text: str, env: dict[str, str]) -> None:
    file = load_agent_file("agents: {a: {model: demo/hello}}")
    changed = file.agents["a"].model_copy(update={"instruction": text, "description": f"${{env.A}}{text}"})
    file = file.model_copy(update={"agents": {"a": changed}})
    try:
        resolve(file, None, env)
    except ConfigError as error:
        assert "\n" not in error.info.message


def test_many_openings_cost_bounded_time() -> None:
    lines = "    instruction: '" + "${" * 30_000 + "'"
    assert agent(lines).instruction == "${" * 30_000
