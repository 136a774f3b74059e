"""Valid inputs of every kind: what the vendors' APIs, pages, tools and users really send, in small."""

from __future__ import annotations

import json
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

from sparewheel.testing import Reply, ToolCall, Usage, anthropic, errors, gemini, openai_chat, openai_responses
from tests.unit.test_field_streams import body_of, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparewheel.testing import Events

FORMATS: Final[Mapping[str, Callable[..., Events]]] = {
    "openai": openai_chat,
    "responses": openai_responses,
    "anthropic": anthropic,
    "google": gemini,
}
_CALLS: Final = [ToolCall("c", "look", '{"a": 1}'), ToolCall("d", "find", '{"b": "\\u00fc"}')]


def _streams(build: Callable[..., Events]) -> list[Events]:
    return [
        build(text=["Grüße ", "🌍", " und mehr"], usage=Usage(10, 5, 3, 2)),
        build(reasoning=["hm", " hm"], text="Ja."),
        build(text="Let me see.", tool_calls=_CALLS),
        build(text=["lang", "es "], finish="length"),
        build(text="x", finish="content_filter"),
        build(text=["half", " of"], finish=None),
        build(),
    ]


STREAMS: Final = {name: _streams(build) for name, build in FORMATS.items()}
STREAMS["openai"] += [
    openai_chat(text="x", tool_calls=_CALLS, interleave=True),
    openai_chat(refusal="No."),
    (*openai_chat(text="a", finish=None), *errors.openai_stream_error()),
]
STREAMS["responses"] += [(*openai_responses(text="a", finish=None), *errors.openai_responses_stream_error())]
STREAMS["anthropic"] += [
    anthropic(redacted=["b3BhcXVl"], reasoning="hm", text="a"),
    (*anthropic(text="a", finish=None), *errors.anthropic_stream_error()),
]
STREAMS["google"] += [
    gemini(text="a", thought_signature="c2ln", call_ids=False, tool_calls=_CALLS),
    (*gemini(text="a", finish=None), *errors.gemini_stream_error()),
]

# What real servers were seen to send, in the form of events where it is a stream.
_NAMES: Final = {"chat": "openai", "responses": "responses", "anthropic": "anthropic", "gemini": "google"}
for _param in rows():
    (_row,) = _param.values
    _body = body_of(_row)
    _events = tuple(event + b"\n\n" for event in _body.split(b"\n\n") if event)
    STREAMS[_NAMES[_row["format"]]].append(_events if b"data:" in _body else (_body,))

# Answers to failed requests: the builders that can do without arguments.
_BUILDERS: Final = [getattr(errors, name) for name in errors.__all__]
_MADE: Final = [
    build() for build in _BUILDERS if all(p.default is not p.empty for p in signature(build).parameters.values())
]
REPLIES: Final = [reply for reply in _MADE if isinstance(reply, Reply)]

DOCUMENTS: Final = {
    "openai": {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
    },
    "responses": {
        "object": "response",
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi."}]}],
    },
    "anthropic": {"type": "message", "content": [{"type": "text", "text": "Hi."}], "stop_reason": "end_turn"},
    "google": {"candidates": [{"content": {"parts": [{"text": "Hi."}]}, "finishReason": "STOP"}]},
}

AGENT: Final[dict[str, Any]] = {
    "agents": {
        "root": {
            "model": "m",
            "description": "answers",
            "instruction": "Be ${env.TONE}.",
            "welcome_message": "Hello",
            "commands": {"plan": {"description": "d", "instruction": "Plan it."}},
            "sub_agents": ["cook"],
            "fallback": {"models": ["openai/b"], "retries": 1, "cooldown": "1m", "backoff": {"initial": "1s"}},
            "timeouts": {"first_content": "30s", "idle": "10s"},
            "max_iterations": 5,
            "add_date": True,
            "toolsets": [
                {"type": "think"},
                {"type": "todo"},
                {"type": "fetch", "allowed_domains": ["example.com"], "timeout": 5},
                {
                    "type": "api",
                    "api_config": {
                        "name": "look",
                        "method": "GET",
                        "endpoint": "https://example.com/${a}",
                        "args": {"a": {"type": "string"}},
                        "required": ["a"],
                    },
                },
            ],
            "permissions": {"allow": ["think*"], "deny": ["look:a=b"]},
            "hooks": {"pre_tool_use": [{"matcher": "look.*", "hooks": [{"type": "builtin", "command": "add_date"}]}]},
            "structured_output": {
                "name": "answer",
                "schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            },
        },
        "cook": {"model": "openai/c", "instruction": "Cook."},
    },
    "models": {"m": {"provider": "mine", "model": "a", "max_tokens": 100, "temperature": 0.5}},
    "providers": {"mine": {"provider": "openai", "base_url": "https://mine.example.test/v1", "token_key": "MINE_KEY"}},
}
AGENTS: Final = [
    "agents: {root: {model: openai/a}}\n",
    json.dumps(AGENT),
    """
version: "2"
agents:
  root: &root
    model: claude
    instruction: |
      First line,
      second line.
    fallback: {models: [openai/gpt-x], retries: 2}
    toolsets:
      - type: todo
      - {type: memory}
  other:
    <<: *root
    description: "a \\u00fc"
models:
  claude: {provider: anthropic, model: claude-x, thinking_budget: 1024}
""",
]

SCHEMAS: Final[list[dict[str, Any]]] = [
    {"type": "object", "properties": {}},
    {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2, "default": 2},
            "b": {"type": "string", "pattern": "^(a|b)+$", "minLength": 1, "format": "date-time"},
            "c": {"type": "array", "items": {"$ref": "#/$defs/node"}, "uniqueItems": True, "maxItems": 3},
            "d": {"anyOf": [{"type": "null"}, {"enum": ["x", 1, None]}, {"const": True}]},
            "e": {"type": ["string", "null"], "title": "E", "description": "e"},
        },
        "patternProperties": {"^x-": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
        "allOf": [{"properties": {"f": {"type": "boolean"}}}],
        "if": {"required": ["b"]},
        "then": {"required": ["c"]},
    },
]
ARGUMENTS: Final = [
    "{}",
    '{"a": 2}',
    '{"a": 4, "b": "ab", "c": [{"next": {}}], "d": null, "e": "x"}',
]
PATTERNS: Final = ["^(a|b)+$", "look.*", r"\d{3}-\w+", "[^/]+", "(?i)x|y", r"^\p{L}+$", "a{2,5}?", "^(a+)+$", "(a|a)*b"]
URLS: Final = [
    "https://example.com/a?b=c#d",
    "http://127.0.0.1:8080/",
    "https://bücher.example/",
    "http://[::ffff:10.0.0.1]/",
    "https://xn--bcher-kva.example./x",
]
PAGES: Final = [
    "<!doctype html><title>T</title><h1>Head</h1><p>One <b>two</b> <a href='/x'>three</a></p><ul><li>a<li>b</ul>",
    "<pre>  code\n  more</pre><script>var a = '<p>';</script><table><tr><td>1<td>2</table>&amp;&#65;&lt;",
    '<!-- c --><svg><path/></svg><style>p{}</style><a href="javascript:x">y</a><br/>text',
]
SPECS: Final[list[dict[str, Any]]] = [
    {
        "openapi": "3.0.0",
        "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "example.com"}}}],
        "paths": {
            "/pets/{id}": {
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "get": {
                    "operationId": "getPet",
                    "summary": "One pet",
                    "parameters": [{"name": "tags", "in": "query", "schema": {"type": "array", "items": {}}}],
                },
                "post": {
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                    }
                },
            }
        },
        "components": {
            "parameters": {"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
            "schemas": {
                "Pet": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "friend": {"$ref": "#/components/schemas/Pet"}},
                }
            },
        },
    }
]
HOOK_ANSWERS: Final[list[Any]] = [
    None,
    {"decision": "allow"},
    {"decision": "block", "reason": "no"},
    {"continue": False, "stop_reason": "enough"},
    {"hook_specific_output": {"permission_decision": "ask", "updated_input": {"a": 2}, "additional_context": "c"}},
    {"updated_tool_response": "changed", "system_message": "s"},
]
HISTORIES: Final[list[Any]] = [
    [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
    [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "t"}]},
        {
            "role": "assistant",
            "content": "",
            "reasoning": "hm",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "seen"},
        {"role": "assistant", "content": "Done."},
    ],
    [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}],
]
COMMANDS: Final[list[Any]] = [
    {"id": 1, "method": "parse_config", "params": {"yaml": AGENTS[0]}},
    {"id": 2, "method": "list_agents", "params": {"yaml": AGENTS[2]}},
    {
        "id": 3,
        "method": "create_session",
        "params": {
            "session": "s",
            "yaml": AGENTS[0],
            "env": {"OPENAI_API_KEY": "sk-CANARY-0123456789"},
            "tools": {"look": {"description": "d", "parameters": SCHEMAS[1], "readOnly": True, "timeout": 5}},
            "hooks": [{"event": "pre_tool_use", "index": 0, "matcher": "look.*"}],
            "documents": {"a.py": "x"},
            "autoApprove": True,
            "approvalTimeout": 5,
            "history": HISTORIES[1],
            "allowHosts": ["*.example.com"],
        },
    },
    {"id": 4, "method": "send", "params": {"session": "s", "prompt": "hi", "interactive": True}},
    {"id": 5, "method": "chat", "params": {"session": "t", "yaml": AGENTS[0], "messages": HISTORIES[0][:1]}},
    {"id": 6, "method": "confirm", "params": {"session": "s", "decision": "approve", "id": "c", "toolName": "look"}},
    {"id": 7, "method": "respond", "params": {"session": "s", "id": "c", "action": "accept", "content": {"a": 1}}},
    {"id": 8, "method": "abort", "params": {"session": "s", "reason": "user"}},
    {"id": 9, "method": "restart", "params": {"session": "s"}},
    {"id": 10, "method": "export", "params": {"session": "s"}},
    {"id": 11, "method": "close", "params": {"session": "s"}},
    {"id": 12, "method": "health", "params": {"entry": {"name": "m", "seconds": 5, "kind": "overloaded"}}},
    {"id": 13, "method": "known_health", "params": {}},
    {"id": 14, "method": "online"},
    {"type": "piece", "call": 1, "value": "seen", "done": True},
    {"type": "piece", "call": 1, "error": "it failed", "kind": "server_error"},
]
