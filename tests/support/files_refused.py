"""Agent files in the style of docker-agent's examples that cannot run here, with every reason."""

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
      - {type: mcp, ref: 'docker:duckduckgo'}
      - {type: mcp, ref: issues}
      - {type: mcp, ref: local}
      - {type: mcp, remote: {url: 'https://mcp.example.test'}, working_dir: /tmp}
""",
        [
            (
                "agents.root.toolsets.0: stdio MCP servers: there are no processes in a browser; "
                "only remote servers can be reached"
            ),
            "agents.root.toolsets.1: a server of the catalogue needs a host; only remote servers can be reached",
            "agents.root.toolsets.3: stdio MCP servers",
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
        ["openapi url: only http(s) specs can be fetched"],
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
            "line 11, column 19: agents.root.hooks.pre_tool_use.0.hooks.0: model hooks are not supported in a browser",
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
        ["line 4, column 3: rag.handbook: the session has no documents to search: pass them in the option documents"],
    ),
    "skills and files": (
        """
agents:
  root:
    model: openai/gpt-4o
    instruction_file: [prompt.md]
    add_prompt_files: [AGENTS.md]
    skills: [https://skills.example.test]
    tool_choice: required
""",
        [
            "agents.root.instruction_file: a page has no access to files on disk, and the option documents has no",
            "agents.root.add_prompt_files: a page has no access to files on disk, and the option documents has no",
            "agents.root.skills: skills of a server are not fetched; write the skill out: name, description, instr",
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
  search: {provider: google, model: gemini-2.5-flash, provider_opts: {google_search: true}}
  socket: {provider: openai, model: gpt-5, provider_opts: {transport: websocket}}
  chained:
    provider: anthropic
    model: claude-fable-5
    task_budget: 64000
    provider_opts: {fallbacks: [claude-opus-5]}
agents: {root: {model: search, fallback: {models: [socket, chained]}}}
""",
        [
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
