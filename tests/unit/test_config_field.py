"""Agent files as people write them for docker-agent: older versions, files on a host, skills, shared servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sparewheel import open_agent
from sparewheel.config.loading import load_agent_file
from sparewheel.config.overview import list_agents
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError

if TYPE_CHECKING:
    from sparewheel.config.specs import ResolvedAgent, ResolvedTeam

ENV = {"OPENAI_API_KEY": "sk-1234567890abcdef", "GOOGLE_API_KEY": "key-of-google"}


def team(text: str, **options: Any) -> ResolvedTeam:
    return resolve_team(load_agent_file(text), None, ENV, **options)


def root(text: str, **options: Any) -> ResolvedAgent:
    found = team(text, **options)
    return found.agents[found.root]


def refused(text: str, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        team(text, **options)
    return caught.value.info.message


# Versions


VERSION_0 = """
version: "0"
models:
  main: {type: openai, model: gpt-4o}
agents:
  root:
    model: main
    todo: {shared: true}
    think: true
    memory: {path: ./memory.db}
    toolsets: [{type: fetch}]
  plain: {model: main, todo: false, think: false}
"""


def test_version_0_names_todo_think_and_memory_as_keys() -> None:
    found = team(VERSION_0)
    (agent,) = found.agents.values()
    assert [(entry.type, entry.shared) for entry in agent.toolsets] == [
        ("todo", True),
        ("think", False),
        ("memory", False),
        ("fetch", False),
    ]
    assert agent.chain[0].ref == "openai/gpt-4o"
    assert [summary["name"] for summary in list_agents(load_agent_file(VERSION_0))] == ["root", "plain"]


@pytest.mark.parametrize(
    "version", ["", *(f"version: {number}" for number in range(13)), 'version: "12"', "version: ~"]
)
def test_every_version_is_read(version: str) -> None:
    assert root(f"{version}\nagents: {{root: {{model: demo/hello}}}}").chain[0].ref == "demo/hello"


@pytest.mark.parametrize("version", ["13", "99", "-1", "1.5", "'12 '' '", "latest", "[1]", "true", "1e1"])
def test_an_unknown_version_is_refused_by_its_number(version: str) -> None:
    said = refused(f"version: {version}\nagents: {{root: {{model: demo/hello}}}}")
    assert said.endswith("of the format is not known; the known ones are 0 to 12.")


@pytest.mark.parametrize(
    ("version", "text", "key"),
    [
        ("0", "env: {A: b}\nagents: {root: {model: demo/hello}}", "env"),
        ("1", "models: {m: {provider: demo, model: hello, env: {A: b}}}\nagents: {root: {model: m}}", "models.m.env"),
        (
            "1",
            "agents: {root: {model: demo/hello, toolsets: [{type: think}, {type: mcp, command: x, env_file: a.env}]}}",
            "agents.root.toolsets.1.env_file",
        ),
    ],
)
def test_what_newer_versions_cannot_express_is_named(version: str, text: str, key: str) -> None:
    assert f"not valid: {key}: docker-agent no longer reads it" in refused(f"version: {version}\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "version: 0\nagents: []",
        "version: 0\nmodels: 7\nagents: {a: b}",
        "version: 0\nmodels: {m: 7}\nagents: {a: {model: m, toolsets: 3, todo: [], think: {}, memory: 4}}",
        "version: 0\nagents: {a: {model: demo/hello, memory: {path: {a: b}}}}",
        "version: 1\nagents: {a: {model: demo/hello, toolsets: {a: b}}}",
    ],
)
def test_a_wrong_old_file_is_refused_like_a_new_one(text: str) -> None:
    assert "The agent file is not valid" in refused(text)


def test_statuses_without_fallback_of_version_6() -> None:
    fallback = "{models: [demo/b], no_fallback_status_codes: [401]}"
    text = f'version: "6"\nagents: {{root: {{model: demo/a, fallback: {fallback}}}}}'
    assert root(text).fallback.no_fallback_status_codes == [401]


# Types that are not known, servers of other people


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{type: hologram}", 'toolset type "hologram": is not known'),
        ("{type: todos}", "toolset type \"todos\": is not known (did you mean 'todo'?)"),
        ("{type: mcp, ref: intern, working_dir: /tmp}", "working_dir, env, config, version and path are for servers"),
        ("{type: mcp, remote: {url: 'stdio:x'}}", "mcp remote.url: only http(s) servers can be reached"),
        ("{type: mcp, remote: {url: 'https://e.test', transport_type: pipe}}", "there are streamable and sse"),
    ],
)
def test_a_file_can_be_viewed_although_it_cannot_run(entry: str, reason: str) -> None:
    text = f"""
mcps:
  intern:
    type: mcp
    remote: {{url: "https://mcp.example.test/mcp"}}
    allow_private_ips: true
    timeout: 20
    toon: x
    readonly: true
    model: demo/hello
agents:
  root: {{model: demo/hello, toolsets: [{entry}]}}
"""
    assert [summary["name"] for summary in list_agents(load_agent_file(text))] == ["root"]
    assert reason in refused(text)


# Files of a host


@pytest.mark.parametrize(
    ("keys", "instruction"),
    [
        ("instruction_file: prompt.md", "Be ${brief}."),
        ("instruction: First., instruction_file: [prompt.md, more.md]", "First.\n\nBe ${brief}.\n\nMore."),
        ("instruction: First., instruction_file: ./prompt.md", "First.\n\nBe ${brief}."),
        ("instruction: First., add_prompt_files: [more.md]", "First.\n\nMore."),
        ("instruction_file: ''", ""),
    ],
)
def test_an_instruction_comes_from_documents(keys: str, instruction: str) -> None:
    documents = {"prompt.md": "Be ${brief}.", "more.md": "More.", "other.md": "Not this."}
    text = f"agents: {{root: {{model: demo/hello, {keys}}}}}"
    assert root(text, documents=documents).instruction == instruction


@pytest.mark.parametrize("key", ["instruction_file: prompt.md", "add_prompt_files: [a.md, prompt.md]"])
def test_a_document_that_is_missing_is_named(key: str) -> None:
    said = refused(f"agents: {{root: {{model: demo/hello, {key}}}}}", documents={"a.md": ""})
    assert "and the option documents has no prompt.md" in said


def test_a_path_for_memories_is_a_warning() -> None:
    found = team("agents: {root: {model: demo/hello, toolsets: [{type: memory, path: ./notes.db}]}}")
    (warning,) = found.warnings
    assert warning.endswith(
        "agents.root.toolsets.0.path: a page has no access to files on disk; memories are kept in the session"
    )


FILES = "agents: {root: {model: demo/hello, toolsets: [{type: filesystem, ignore_vcs: false, allow_list: [a]}]}}"


async def test_a_filesystem_is_the_files_of_the_session_if_the_caller_agrees() -> None:
    assert 'the option files: {host: "session"} of the session' in refused(FILES)
    assert [entry.type for entry in root(FILES, session_files=True).toolsets] == ["files"]
    async with open_agent(f"{FILES}\n", session_files=True) as session:
        assert (await session.send("hi"))["finish_reason"] == "stop"


# Skills


SKILLS = """
skills:
  poems:
    - {name: haiku, description: When a poem is asked for., instructions: Not these.}
    - {name: rhyme, description: When it has to rhyme., instructions: Rhyme.}
agents:
  root:
    model: demo/hello
    use_skills: [poems]
    skills:
      - name: haiku
        description: When a poem is asked for.
        instructions: Three lines.
        context: fork
"""


def test_skills_of_groups_and_of_the_agent() -> None:
    found = team(SKILLS)
    assert [(skill.name, skill.instructions) for skill in found.agents["root"].skills] == [
        ("haiku", "Three lines."),
        ("rhyme", "Rhyme."),
    ]
    (warning,) = found.warnings
    assert warning == "line 10, column 5: agents.root.skills: context of haiku: the agent itself reads the skill"


@pytest.mark.parametrize("skills", ["true", "[local]", "[local, haiku]"])
def test_skills_on_a_disk_are_left_out_with_a_warning(skills: str) -> None:
    found = team(f"agents: {{root: {{model: demo/hello, skills: {skills}}}}}")
    assert found.agents["root"].skills == ()
    (warning,) = found.warnings
    assert "no skills are loaded from there; write the skill out: name, description, instructions" in warning


def test_skills_of_a_server_are_refused() -> None:
    text = "agents: {root: {model: demo/hello, skills: [https://skills.example.test]}}"
    assert "write the skill out: name, description, instructions" in refused(text)


@pytest.mark.parametrize("hook", ["unload", "elide_repeated_tool_results"])
def test_hooks_that_only_save_something_have_no_effect(hook: str) -> None:
    hooks = f"{{on_agent_switch: [{{type: builtin, command: {hook}}}]}}"
    (warning,) = team(f"agents: {{root: {{model: demo/hello, hooks: {hooks}}}}}").warnings
    assert f"agents.root.hooks.on_agent_switch.0: {hook} has no effect" in warning


def test_a_file_can_ask_for_pictures() -> None:
    text = """
agents: {root: {model: a, fallback: {models: [b, c]}}}
models:
  a: {provider: google, model: gemini-2.5-flash-image, output_capabilities: {image: true}, provider_opts: {seed: 7}}
  b: {provider: google, model: gemini-2.5-flash, output_capabilities: {image: false}}
  c: {provider: openrouter, model: x/pictures, output_capabilities: {image: true}}
"""
    chain = team(text).agents["root"].chain
    assert [set(spec.outputs) for spec in chain] == [{"image"}, set(), {"image"}]


def test_a_group_of_skills_that_is_not_there() -> None:
    said = refused("agents: {root: {model: demo/hello, use_skills: [poems]}}")
    assert 'there is no group of skills "poems"' in said


# The provider's own tools


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("google_search: true", {"tools": [{"google_search": {}}]}),
        ("google_search: true, code_execution: true", {"tools": [{"google_search": {}}, {"code_execution": {}}]}),
        ("google_search: false", {}),
        ("url_context: true, tools: [{x: {}}]", {"tools": [{"x": {}}, {"url_context": {}}]}),
    ],
)
def test_geminis_own_tools_are_sent(options: str, sent: dict[str, Any]) -> None:
    text = f"models: {{m: {{provider: google, model: gemini-2.5-flash, provider_opts: {{{options}}}}}}}"
    assert root(f"{text}\nagents: {{root: {{model: m}}}}").chain[0].options == sent


def test_they_are_dropped_elsewhere() -> None:
    text = "models: {m: {provider: openai, model: gpt-4o, provider_opts: {google_search: true}}}"
    assert root(f"{text}\nagents: {{root: {{model: m}}}}").chain[0].options == {}
