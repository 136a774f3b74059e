"""Agent files in the style of docker-agent's examples that run, by what they have."""

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
