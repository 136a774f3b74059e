"""Files in the style of docker-agent's own examples: each loads, and then runs, or is refused with every reason.

The table follows the examples of docker-agent and of its browser build, rewritten small: what matters is which keys
they use. A file that cannot run still loads, to be looked at.
"""

from __future__ import annotations

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.overview import list_agents, overview
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError

ENV = {
    "OPENAI_API_KEY": "key-of-openai",
    "ANTHROPIC_API_KEY": "key-of-anthropic",
    "GOOGLE_API_KEY": "key-of-google",
    "OPENROUTER_API_KEY": "key-of-openrouter",
    "GITHUB_TOKEN": "token-of-github",
    "GATEWAY_KEY": "key-of-gateway",
    "GATEWAY_TOKEN": "token-of-gateway",
}

RUNS = {
    "a minimal agent": """
agents:
  root: {model: openai/gpt-4o, description: d, instruction: i}
""",
    "a script line and a version": """#!/usr/bin/env docker-agent run
version: "2"
metadata:
  author: somebody
  tags: [a]
  readme: |
    Two lines
    of text
agents:
  root: {model: openai/gpt-4o, instruction: i, enable_bang_commands: true, toolsets: [{type: think}]}
""",
    "a custom provider with headers": """
providers:
  gateway:
    api_type: openai_chatcompletions
    base_url: https://gateway.example.test/v1/compat
    token_key: GATEWAY_KEY
    headers: {gateway-authorization: 'Bearer ${GATEWAY_TOKEN}'}
models:
  through_gateway: {provider: gateway, model: vendor/flash, max_tokens: 8000, temperature: 0.7}
agents:
  root: {model: through_gateway, instruction: i}
""",
    "thinking budgets of every kind": """
models:
  a: {provider: openai, model: gpt-5-mini, thinking_budget: minimal}
  b:
    provider: anthropic
    model: claude-sonnet-4-6
    thinking_budget: 32768
    provider_opts: {interleaved_thinking: true}
  c:
    provider: anthropic
    model: claude-opus-4-8
    thinking_budget: adaptive
    provider_opts: {thinking_display: summarized}
  d: {provider: google, model: gemini-2.5-flash, thinking_budget: -1}
  e: {provider: google, model: gemini-2.5-flash, thinking_budget: 0}
  f: {provider: anthropic, model: claude-opus-4-8, thinking_budget: adaptive/high}
agents:
  root: {model: a, instruction: i, fallback: {models: [b, c, d, e, f]}, commands: {demo: write a program}}
""",
    "fallback as the reference writes it": """
agents:
  root:
    model: anthropic/claude-sonnet-4-5
    instruction: i
    fallback: {models: [openai/gpt-4o], retries: 3, cooldown: 2m30s}
""",
    "capabilities and prices of a local model": """
providers:
  ollama: {base_url: 'http://localhost:11434/v1'}
models:
  local: {provider: ollama, model: llava, capabilities: {image: true, pdf: false}, cost: {input: 0, output: 0}}
agents:
  root: {model: local, instruction: i}
""",
    "hooks that need no host": """
agents:
  root:
    model: anthropic/claude-sonnet-4-5
    instruction: i
    hooks:
      session_start:
        - {type: builtin, command: add_context, args: ['Agent: x']}
      turn_start:
        - {type: builtin, command: add_date}
      before_llm_call:
        - {type: builtin, command: redact_secrets}
        - {type: builtin, command: max_iterations, args: ['5']}
      pre_tool_use:
        - matcher: '*'
          hooks: [{type: builtin, command: redact_secrets}]
      tool_response_transform:
        - matcher: fetch|api
          hooks: [{type: builtin, command: limit_large_tool_results}]
""",
    "old HTML in results of fetch": """
agents:
  root: {model: anthropic/claude-sonnet-4-5, instruction: i, toolsets: [{type: fetch, escape_html: true}]}
""",
    "an api with arguments in its address": """
agents:
  root:
    model: anthropic/claude-sonnet-4-6
    toolsets:
      - type: api
        api_config:
          name: repository
          method: GET
          endpoint: https://api.example.test/repos/${owner}/${repo}
          args: {owner: {type: string}, repo: {type: string}}
          required: [owner, repo]
""",
    "a team that runs in both": """
providers:
  openrouter: {provider: openai, base_url: 'https://openrouter.ai/api/v1', token_key: OPENROUTER_API_KEY}
models:
  fast: {provider: openrouter, model: 'vendor/fast:free'}
  careful: {provider: openrouter, model: 'vendor/careful:free'}
agents:
  root:
    model: fast
    description: Plans.
    instruction: You work for ${env.USER_NAME || "the user"}.
    sub_agents: [researcher]
    add_date: true
    toolsets:
      - type: think
      - {type: todo, shared: true}
      - type: plan
      - type: memory
      - type: user_prompt
      - {type: model_picker, models: [fast, careful]}
  researcher:
    model: careful
    description: Looks things up.
    toolsets:
      - {type: todo, shared: true}
      - {type: fetch, toon: fetch, timeout: 10}
      - type: api
        api_config:
          name: search
          method: GET
          endpoint: https://api.example.test/search?q=${q}
          headers: {Authorization: 'Bearer ${env.GITHUB_TOKEN}'}
          args: {q: {type: string, description: What to look for.}}
          required: [q]
""",
    "the first model whose key is there": """
models:
  any: {first_available: [groq/llama-3.3-70b-versatile, openai/gpt-4o, dmr/ai/qwen3]}
agents:
  root: {model: any, instruction: i}
""",
    "a model chosen by the keys": "agents: {root: {model: auto, instruction: i}}",
    "limits, budgets and permissions": """
budget: {max_tokens: 100000, max_cost: 5, max_time: 10m}
budgets: {tight: {max_tokens: 1000}}
permissions: {allow: [think, 'read_*'], ask: [fetch], deny: ['api:url=http://*']}
runtime: {sandbox: true, network_allowlist: [api.example.test], safety: balanced}
agents:
  root:
    model: openai/gpt-4o
    budgets: [tight]
    max_iterations: 20
    max_consecutive_tool_calls: 4
    max_old_tool_call_tokens: 40000
    max_tool_result_tokens: -1
    num_history_items: 40
    session_compaction: true
    compaction_threshold: 0.75
    compaction_model: openai/gpt-4o-mini
    add_description_parameter: true
    redact_secrets: false
    readonly: true
    safety: strict
""",
    "structured output": """
agents:
  root:
    model: openai/gpt-4o
    structured_output:
      name: answer
      description: d
      strict: true
      mode: tool
      schema: {type: object, properties: {a: {type: string}}, required: [a], additionalProperties: false}
""",
    "things that are shared by name": """
toolsets: {thinking: {type: think}, asking: {type: user_prompt}}
commands:
  common: {fix: Put it right, plan: {description: Plan first, agent: planner}}
agents:
  root: {model: openai/gpt-4o, use_toolsets: [thinking, asking], use_commands: [common], commands: [{fix: Now}]}
  planner: {model: openai/gpt-4o}
""",
    "variants of a file": """
agents: {root: {model: openai/gpt-4o}}
flavors: {local: {agents: {root: {model: ollama/llama}}}, none: null}
""",
    "a pipeline that always hands over": """
agents:
  extract: {model: openai/gpt-4o, force_handoff: summarise}
  summarise: {model: openai/gpt-4o}
""",
}

REFUSED = {
    "a shell and a disk": (
        """
agents:
  root:
    model: openai/gpt-5-mini
    toolsets:
      - type: shell
      - type: filesystem
""",
        [
            'line 6, column 9: agents.root.toolsets.0: toolset type "shell": there is no shell in a browser',
            (
                'line 7, column 9: agents.root.toolsets.1: toolset type "filesystem": a page has no access to files '
                'on disk; the option files: {host: "session"} of the session gives it the files of the session instead'
            ),
        ],
    ),
    "servers on the host and elsewhere": (
        """
mcps:
  issues: {remote: {url: 'https://mcp.example.test', headers: {Authorization: 'Bearer ${env.GITHUB_TOKEN}'}}}
  local: {command: npx, args: [-y, server]}
agents:
  root:
    model: openai/gpt-4o
    toolsets:
      - {type: mcp, command: npx, args: [-y, server]}
      - {type: mcp, ref: 'docker:context7'}
      - {type: mcp, ref: issues}
      - {type: mcp, ref: local}
      - {type: mcp, remote: {url: 'https://mcp.example.test'}, working_dir: /tmp}
""",
        [
            (
                "agents.root.toolsets.0: a server that is started by a command: there are no processes in a browser; "
                "only remote servers can be reached"
            ),
            "agents.root.toolsets.1: a server of the catalogue needs a host; only remote servers can be reached",
            'agents.root.toolsets.2: toolset type "mcp" is not available yet',
            "agents.root.toolsets.3: a server that is started by a command",
            "agents.root.toolsets.4: working_dir, env, config, version and path are for servers on the host",
        ],
    ),
    "memories in a file": (
        "agents: {root: {model: openai/gpt-4o, toolsets: [{type: memory, path: ./memory.db}], inject_memories: true}}",
        [
            "agents.root.inject_memories: use the tools of the toolset memory",
        ],
    ),
    "a specification on disk": (
        "agents: {root: {model: openai/gpt-4o, toolsets: [{type: openapi, url: ./openapi.yaml}]}}",
        ["openapi url: only documents at http:// or https:// addresses can be fetched"],
    ),
    "programs in the place of agents": (
        """
agents:
  root: {model: anthropic/claude-sonnet-4-5, sub_agents: [coder]}
  coder: {instruction: i, harness: {type: claude-code, args: [--model, x]}}
""",
        ["line 4, column 27: agents.coder.harness: there are no processes in a browser"],
    ),
    "hooks that need a host": (
        """
agents:
  root:
    model: openai/gpt-5-mini
    hooks:
      tool_guard:
        - matcher: shell
          hooks: [{type: command, strict_output: true, command: 'python3 -c 1'}]
      pre_tool_use:
        - matcher: shell
          hooks: [{type: model, model: openai/gpt-4o-mini, prompt: 'Allow?', schema: pre_tool_use_decision}]
      session_start:
        - {type: builtin, command: add_git_status}
      worktree_create:
        - {type: command, command: cp .env .}
""",
        [
            (
                "line 8, column 19: agents.root.hooks.tool_guard.0.hooks.0: tool_guard is not an event of this "
                "runtime: use pre_tool_use with preempt_yolo"
            ),
            "line 11, column 19: agents.root.hooks.pre_tool_use.0.hooks.0: model hooks do not run in a browser",
            'line 13, column 11: agents.root.hooks.session_start.0: the built-in hook "add_git_status" is not ',
        ],
    ),
    "models that judge": (
        """
evaluators: {route: {model: openai/gpt-6-luna, type: choice, choices: {a: b}, timeout: 3s}}
agents:
  root:
    model: openai/gpt-5-mini
    routing: {allowed_agents: [quick], default_agent: quick}
    hooks: {before_agent_run: [{type: evaluator, evaluator: route, routing_policy: {routes: {a: quick}}}]}
  quick: {model: openai/gpt-5-mini}
""",
        [
            "line 6, column 5: agents.root.routing: use sub_agents or handoffs",
            "agents.root.hooks.before_agent_run.0: before_agent_run is not an event of this runtime",
        ],
    ),
    "a model chosen by the prompt": (
        """
models:
  router: {provider: openai, model: gpt-4o, routing: [{model: openai/gpt-4o-mini, examples: [hello]}]}
agents: {root: {model: router}}
""",
        ["line 3, column 45: models.router.routing: choosing a model by the prompt is not available yet"],
    ),
    "documents": (
        """
agents: {root: {model: openai/gpt-5-mini, toolsets: [{type: rag, ref: handbook}]}}
rag:
  handbook: {docs: [handbook], strategies: [{type: bm25, database: ./a.db}], results: {limit: 5}}
""",
        ['agents.root.toolsets.0: toolset type "rag": retrieval is not available yet'],
    ),
    "skills, files and a model's code": (
        """
agents:
  root:
    model: openai/gpt-4o
    instruction_file: [prompt.md]
    add_prompt_files: [AGENTS.md]
    skills: true
    code_mode_tools: true
    tool_choice: required
""",
        [
            "agents.root.instruction_file: a page has no access to files on disk, and the option documents has no",
            "agents.root.add_prompt_files: a page has no access to files on disk, and the option documents has no",
            "agents.root.skills: a page has no access to files on disk; write the skill out: name, description, instr",
            "agents.root.code_mode_tools: code written by a model is not run",
            "agents.root.tool_choice: the model decides whether it calls a tool; remove the key or set it to auto",
        ],
    ),
    "providers that need a host": (
        """
models:
  bedrock: {provider: amazon-bedrock, model: x}
  vertex: {provider: google, model: gemini-2.5-pro, provider_opts: {project: p, location: l}}
  federated: {provider: anthropic, model: claude-opus-5, auth: {type: workload_identity_federation}}
agents:
  root: {model: bedrock, fallback: {models: [vertex, federated]}}
""",
        [
            "line 4, column 53: models.vertex.provider_opts: project, location, publisher: Vertex AI needs a",
            "line 5, column 58: models.federated.auth: authentication without a key needs a host",
            'agents.root.model: provider "amazon-bedrock" of model "bedrock" does not work in a browser: its requests',
        ],
    ),
    "what only one provider has": (
        """
models:
  image: {provider: google, model: gemini-2.5-flash-image, output_capabilities: {image: true}}
  search: {provider: google, model: gemini-2.5-flash, provider_opts: {google_search: true}}
  socket: {provider: openai, model: gpt-5, provider_opts: {transport: websocket}}
  chained:
    provider: anthropic
    model: claude-fable-5
    task_budget: 64000
    provider_opts: {fallbacks: [claude-opus-5]}
agents: {root: {model: image, fallback: {models: [search, socket, chained]}}}
""",
        [
            "models.image.output_capabilities: only text is shown",
            "models.socket.provider_opts: transport: only HTTP is available",
            "models.chained.task_budget: is not sent; use limits.tokens of the agent",
            "models.chained.provider_opts: fallbacks: name them in fallback.models of the agent",
        ],
    ),
    "agents of other files": (
        """
agents:
  root: {model: openai/gpt-4o, sub_agents: [org/reviewer, 'named:org/other', missing], handoffs: [root]}
""",
        [
            'line 3, column 45: agents.root.sub_agents.0: "org/reviewer" is an agent of another file',
            'agents.root.sub_agents.1: "named:org/other" is an agent of another file',
            'agents.root.sub_agents.2: there is no agent "missing"; the file has: root',
            "agents.root.handoffs.0: an agent cannot hand over to itself",
        ],
    ),
    "handovers without an end": (
        "agents: {a: {model: openai/gpt-4o, force_handoff: b}, b: {model: openai/gpt-4o, force_handoff: a}}",
        [
            "agents.a.force_handoff: leads back to itself: a to b to a",
            "agents.b.force_handoff: leads back to itself: b to a to b",
        ],
    ),
}

ALL_TYPES = """background_agents background_jobs environment git lsp mcp_catalog scheduler script session_plan tasks
webhook a2a open_url file""".split()


def reasons(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        resolve_team(load_agent_file(text), None, ENV)
    head, _, rest = caught.value.info.message.partition(" cannot run: ")
    assert head.startswith("agent ")
    return rest.split("; line ") if rest else []


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_runs(text: str) -> None:
    team = resolve_team(load_agent_file(text), None, ENV)
    assert team.agents[team.root].chain


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_every_reason(text: str, expected: list[str]) -> None:
    found = reasons(text)
    assert len(found) == len(expected), found
    for said, reason in zip(found, expected, strict=True):
        assert reason.removeprefix("line ") in said


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_run_can_be_looked_at(text: str, expected: list[str]) -> None:
    file = load_agent_file(text)
    assert overview(file)["agents"]
    assert [agent["name"] for agent in list_agents(file)] == list(file.agents)


@pytest.mark.parametrize("kind", ALL_TYPES)
def test_every_other_type_has_its_reason(kind: str) -> None:
    needed = {"lsp": ", command: a", "webhook": ", webhook_config: {url: a}", "a2a": ", url: a", "open_url": ", url: a"}
    (said,) = reasons(f"agents: {{a: {{model: openai/gpt-4o, toolsets: [{{type: {kind}{needed.get(kind, '')}}}]}}}}")
    assert f'agents.a.toolsets.0: toolset type "{kind}": ' in said


def test_only_agents_that_can_be_reached_matter() -> None:
    text = """
agents:
  root: {model: openai/gpt-4o, sub_agents: [helper]}
  helper: {model: openai/gpt-4o}
  elsewhere: {model: nowhere/x, toolsets: [{type: shell}]}
"""
    assert list(resolve_team(load_agent_file(text), None, ENV).agents) == ["root", "helper"]
    with pytest.raises(ConfigError, match="toolset type"):
        resolve_team(load_agent_file(text), "elsewhere", ENV)
