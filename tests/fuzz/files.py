"""Agent files that go the whole way: read, shown, opened as a session, and through its first turn with a tool call."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from pydantic import BaseModel

from sparewheel.config.accepted import ACCEPTED
from sparewheel.config.schema import AgentFile
from sparewheel.testing import Reply, ToolCall
from sparewheel.transports.local import LocalResponse
from sparewheel.worker import Worker
from sparewheel.yamltext import load
from tests.fuzz import seeds
from tests.fuzz.mutate import CANARY, PLACE, VALUE, changed, copied, draw_from, mangled_text, places
from tests.support.fakeloop import run
from tests.support.scripted import check_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sparewheel.transports.base import HttpRequest

_SECONDS: Final = 3600.0  # of the fake clock, after which everything that can end has ended
_EXAMPLES: Final = Path(__file__).resolve().parents[2] / "web" / "examples"

FULL: Final[dict[str, Any]] = {
    "version": "12",
    "metadata": {"author": "a", "tags": ["x"]},
    "runtime": {"safety": "balanced", "network_allowlist": ["example.com"]},
    "permissions": {"allow": ["think*"], "ask": ["fetch"], "deny": ["write_*:path=/etc/*"]},
    "budget": {"max_tokens": 100_000, "max_cost": 1.5, "max_time": "1h"},
    "budgets": {"shared": {"max_tokens": 1000}},
    "toolsets": {"plans": {"type": "plan"}},
    "commands": {"both": {"fix": {"description": "d", "instruction": "Fix it.", "agent": "cook"}}},
    "skills": {"more": [{"name": "s", "description": "d", "instructions": "i"}]},
    "mcps": {"server": {"type": "mcp", "remote": {"url": "https://example.com/mcp", "headers": {"A": "${MINE_KEY}"}}}},
    "rag": {"docs": {"docs": ["a.md"], "strategies": [{"type": "bm25"}]}},
    "agents": {
        "root": {
            "model": "m",
            "title_model": "small",
            "instruction_file": ["a.md"],
            "add_prompt_files": ["a.md"],
            "fallback": {
                "models": ["openai/b", "either", "first"],
                "retries": "forever",
                "cooldown": "0s",
                "delay": "1ms",
                "backoff": {"initial": "1ms", "factor": 2, "max": "1s", "jitter": 0},
                "hedge_after": "1s",
                "retry_after_max": "10s",
                "on_partial": "continue",
                "actions": {"invalid_request": "fail", "rate_limit": "retry", "refusal": "finish"},
                "no_fallback_status_codes": [418],
            },
            "timeouts": {"connect": "1s", "first_content": "1s", "idle": "1s", "turn": "1m"},
            "limits": {"tokens": 10_000, "cost": 1, "time": "10m"},
            "budgets": ["shared"],
            "guardrails": [
                {"on": "input", "pattern": "forbidden", "reason": "no"},
                {"on": "output", "max_length": 10_000, "action": "handoff", "to": "cook"},
            ],
            "cache": {"enabled": True, "case_sensitive": False, "trim_spaces": True},
            "commands": {"plan": "Plan it."},
            "use_commands": ["both"],
            "skills": [{"name": "t", "description": "d", "instructions": "i", "context": "fork"}],
            "use_skills": ["more"],
            "use_toolsets": ["plans"],
            "toolsets": [
                {"type": "think"},
                {"type": "todo", "shared": True},
                {"type": "memory", "path": "m.db"},
                {"type": "filesystem"},
                {"type": "user_prompt"},
                {"type": "session_context"},
                {"type": "model_picker", "models": ["openai/b", "small"]},
                {"type": "python", "source": "def look(word: str = 'x') -> str:\n    '''Looks.'''\n    return word\n"},
                {"type": "openapi", "url": "https://example.com/openapi.json", "headers": {"A": "${MINE_KEY}"}},
            ],
            "handoffs": ["cook"],
            "sub_agents": ["cook"],
            "force_handoff": "cook",
            "max_iterations": 5,
            "max_tool_calls": 5,
            "max_consecutive_tool_calls": 2,
            "max_old_tool_call_tokens": 100,
            "max_tool_result_tokens": 100,
            "num_history_items": 4,
            "max_response_bytes": 10_000,
            "add_date": True,
            "add_environment_info": True,
            "add_description_parameter": True,
            "readonly": False,
            "safety": "restricted",
            "redact_secrets": True,
            "compaction_threshold": 0.5,
            "structured_output": {"name": "a", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
            "hooks": {
                "turn_start": [{"type": "builtin", "command": "add_context", "args": ["x"]}],
                "post_tool_use": [{"matcher": ".*", "hooks": [{"type": "builtin", "command": "redact_secrets"}]}],
            },
        },
        "cook": {"model": "anthropic/claude-sonnet-4-5", "instruction": "Cook.", "description": "cooks"},
    },
    "models": {
        "m": {
            "provider": "mine",
            "model": "a",
            "base_url": "https://mine.example.test/v1/more",
            "max_tokens": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.1,
            "parallel_tool_calls": False,
            "thinking_budget": "adaptive/high",
            "provider_opts": {"http_headers": {"X-A": "b"}, "context_size": 9000, "top_k": 3, "end_marker": "done"},
            "headers": {"X-Note": "${env.TONE || 'x'}"},
            "cost": {"input": 1, "output": 2, "cache_read": 0.5, "cache_write": 1},
            "context_limit": 1000,
            "reasoning_tags": "thought",
            "compaction_threshold": 0.7,
        },
        "small": {"provider": "google", "model": "gemini-2.5-flash", "thinking_budget": -1, "title_model": "openai/b"},
        "either": {"model": "openai/b,small"},
        "first": {"first_available": ["small", "openai/b"]},
    },
    "providers": {
        "mine": {
            "provider": "openai",
            "api_type": "openai_responses",
            "base_url": "https://mine.example.test/v1",
            "token_key": "MINE_KEY",
            "headers": {"X-Key": "${MINE_KEY}"},
        }
    },
}
"""Nearly every key of an agent file."""

_ENV: Final = {
    **dict.fromkeys(["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"], CANARY),
    "MINE_KEY": "own-CANARY-9876543210",
    "TONE": "brief",
}
_DOCUMENTS: Final = {"a.md": "Be brief.", "tools.py": "def f() -> str:\n    return ''\n"}


def _keys() -> Iterator[str]:
    """The names of all keys."""
    pending: list[Any] = [AgentFile]
    seen: set[type] = set()
    for model in pending:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or model in seen:
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            yield field.alias or name
            pending += _types(field.annotation)
    for accepted in ACCEPTED.values():
        yield from accepted


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _types(part)


# Values that are nearly of a type: durations, numbers, models, expressions, names, URLs and patterns.
_ODD: Final = [
    *(
        "9" * 30 + "h",
        "1e5s",
        "-1s",
        "0s",
        "1h1h",
        "\u0661s",
        "0x10",
        "1_000",
        ".inf",
        "2001-01-01",
        "forever",
        -2,
        1e300,
    ),
    *("openai/", "/", "a,b", ",", "auto", "either,either", "demo/nowhere", "page/x", "adaptive/", "root", "m"),
    *("${", "${}", "${env.}", "${env.NO}", "${env.TONE || }", "${MINE_KEY}", "\0", "__proto__", "a.md", "../a.md"),
    *("https://", "http://[", "https://a:99999", "https://\u0130.test", "(", "(a+)+$", "[[:alpha:]]", "${env.TONE}"),
    *(
        [[]],
        [{}],
        {"": {}},
        {"root": None},
        {"type": "python"},
        {"type": "api"},
        {"on": "input"},
        {"provider": "google"},
    ),
]
_KEYS: Final = sorted(set(_keys()))


def _texts() -> list[str]:
    """Agent files of this repository, and those of `seeds`."""
    return [*seeds.AGENTS, json.dumps(FULL), *(path.read_text() for path in sorted(_EXAMPLES.glob("*.yaml")))]


def files(texts: list[str] | None = None) -> st.SearchStrategy[str]:
    """Texts of agent files with changes: of bytes, of values, and of the places of keys."""
    texts = _texts() if texts is None else texts
    values = [value for text in texts if isinstance(value := load(text).value, dict)]
    parts = [part for value in values for parent, key in places(value) if len(json.dumps(part := parent[key])) < 500]

    @st.composite
    def planted(draw: Any) -> Any:
        """A value without some of its parts, in which known keys stand in other places, with values that fit or not."""
        value = draw(changed(values)) if draw(st.booleans()) else copied(draw_from(draw, values))
        for _ in range(draw(st.integers(0, 12))):
            found = list(places(value))
            if found:
                parent, key = found[draw(PLACE) % len(found)]
                del parent[key]
        for _ in range(draw(st.integers(0, 3))):
            found = [value, *(parent[key] for parent, key in places(value))]
            maps = [each for each in found if isinstance(each, dict)]
            if not maps:
                break
            into = maps[draw(PLACE) % len(maps)]
            options = [draw(VALUE), draw_from(draw, _ODD), draw_from(draw, parts)]
            into[draw(st.sampled_from(_KEYS))] = copied(draw_from(draw, options))
        return value

    return st.one_of(mangled_text(texts), planted().map(json.dumps), planted().map(json.dumps))


class _Models:
    """Answers every model: first with a call of a tool that it was offered, then with a text. Others find nothing."""

    def __init__(self) -> None:
        self.open = 0
        self._called = False

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        self.open += 1
        try:
            yield self._answer(request)
        finally:
            self.open -= 1

    def _answer(self, request: HttpRequest) -> LocalResponse:
        path = request.url.partition("?")[0]
        ends = {"/chat/completions": "openai", "/responses": "responses", "/messages": "anthropic", "Content": "google"}
        name = next((name for end, name in ends.items() if path.endswith(end)), "")
        if not name:
            return LocalResponse(404, {}, b"{}")
        called, self._called = self._called, True
        tool = None if called else _first_tool(json.loads(request.body))
        calls = [ToolCall("c", tool, "{}")] if tool else []
        reply = Reply(seeds.FORMATS[name](text="Done.", tool_calls=calls))
        return LocalResponse(200, {"content-type": "text/event-stream"}, b"".join(reply.events))


def _first_tool(body: dict[str, Any]) -> str | None:
    tools = body.get("tools") or []
    first = tools[0] if isinstance(tools, list) and tools and isinstance(tools[0], dict) else {}
    first = next(iter(first.get("functionDeclarations") or [first.get("function") or first]))
    name = first.get("name") if isinstance(first, dict) else None
    return name if isinstance(name, str) else None


def check_file(text: str) -> None:
    """Each command on the way gets a reply, no error is `internal`, no key is shown, and nothing is left running."""
    said: list[Any] = []
    options = {"yaml": text, "env": _ENV, "documents": _DOCUMENTS, "files": {"host": "session"}, "autoApprove": True}
    commands = [
        ("parse_config", {"yaml": text}),
        ("list_agents", {"yaml": text}),
        ("create_session", {**options, "session": "s"}),
        ("send", {"session": "s", "prompt": "Look."}),
        ("export", {"session": "s"}),
        ("close", {"session": "s"}),
    ]

    async def main() -> None:
        models = _Models()
        worker = Worker(lambda told: said.append(json.loads(told)), models)
        for number, (method, params) in enumerate(commands):
            worker.dispatch(json.dumps({"id": number, "method": method, "params": params}))
            waiting = asyncio.all_tasks() - {asyncio.current_task()}
            if waiting:
                await asyncio.wait(waiting, timeout=_SECONDS)
            if method == "send":
                worker.dispatch('{"id": "stop", "method": "abort", "params": {}}')
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)
        assert models.open == 0

    run(main())
    replies = [message for message in said if message["type"] == "reply" and message["id"] != "stop"]
    assert len(replies) == len(commands)
    events = [event for message in said if message["type"] == "events" for event in message["events"]]
    for error in [*(reply.get("error") for reply in replies), *events]:
        assert error is None or error.get("kind") != "internal", error
    if events:
        check_rules(events)
    assert CANARY in text or "CANARY" not in json.dumps(said)
