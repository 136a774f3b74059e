"""What the page of an episode offers to a session, and how it answers what it is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.fuzz.mutate import CANARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.episodes import Episode, Word

    Message = dict[str, Any]

SECRET: Final = "hunter2-CANARY-not-the-shape-of-a-key"
ENV: Final = {"MINE": CANARY, "SPARE": CANARY[::-1], "THIRD": SECRET}
PYTHON: Final = '''
import asyncio

async def slow(seconds: float) -> str:
    """Take time."""
    await asyncio.sleep(seconds)
    return "slow"

async def broken() -> str:
    """Fail."""
    raise ValueError("broken")

async def stubborn() -> str:
    """Ignore that it is cancelled."""
    for _ in range(3):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            pass
    return "done at last"
'''
_NUMBER: Final = {"type": "object", "properties": {"n": {"type": "number"}}}
TOOLS: Final = {
    "look": {"description": "look", "parameters": _NUMBER, "readOnly": True, "timeout": 50},
    "change": {"description": "change", "parameters": _NUMBER, "timeout": 50},
}
HOOKS: Final = [{"event": "pre_tool_use", "index": 0, "matcher": "look|slow"}]
FILE: Final = """
agents:
  root:
    model: mine/a{tag}
    fallback: {{models: [spare/b{tag}, third/c{tag}], {fallback}}}
    sub_agents: [cook]
    max_iterations: 8
    toolsets: [{{type: think}}, {{type: user_prompt, timeout: 100}}, {{type: python, source: {source}}}]
    timeouts: {{{timeouts}}}
  cook: {{model: "spare/b{tag}", fallback: {{models: ["third/c{tag}"], retries: -1}}, max_iterations: 2}}
providers:
  mine: {{provider: {provider}, base_url: "{url}", token_key: MINE{more}}}
  spare: {{provider: {provider}, base_url: "{url}", token_key: SPARE{more}}}
  third: {{provider: {provider}, base_url: "{url}", token_key: THIRD{more}}}
"""
PROVIDERS: Final = {
    "openai": ("openai", "/v1", ""),
    "responses": ("openai", "/v1", ", api_type: openai_responses"),
    "anthropic": ("anthropic", "", ""),
    "google": ("google", "/v1beta", ""),
}


def agent_file(episode: Episode, url: str = "https://mine.example.test", tag: str = "", timeouts: str = "") -> str:
    """The agent file. `tag` ends the names of its models, which share their health within a worker."""
    provider, path, more = PROVIDERS[episode.format]
    where = {"provider": provider, "url": url + path, "more": more}
    return FILE.format(fallback=episode.fallback, source=json.dumps(PYTHON), tag=tag, timeouts=timeouts, **where)


HOOK_PIECES: Final[dict[str, Message]] = {
    "value": {"value": None},
    "secret": {"value": {"decision": "ask", "reason": f"{CANARY} {SECRET}"}},
    "odd": {"value": {"decision": "perhaps"}},
    "huge": {"value": {"additional_context": "x" * 50_000}},
}
VERSION_PIECES: Final[dict[str, Message]] = {"value": {"value": "version 1"}}
TOOL_PIECES: Final[dict[str, Message]] = {
    "value": {"value": "seen"},
    "secret": {"value": f"{CANARY} {SECRET}"},
    "odd": {"value": {"a": [None, 1e308, {"b": "\ud83d"}]}},
    "huge": {"value": "x" * 200_000},
}


DECISIONS: Final = {"error": "reject", "odd": "perhaps", "huge": "approve_all", "secret": "approve_tool"}
ACTIONS: Final = {"error": "decline", "odd": "perhaps"}


def answers(question: Message, word: Word, session: str) -> Iterator[Message]:
    """The texts that answer a question in a way."""
    kind = question["type"]
    one: Message
    if kind == "call":
        table = {"hook": HOOK_PIECES, "tool": TOOL_PIECES, "tool_version": VERSION_PIECES}[question["what"]]
        last = {"error": f"it failed {CANARY}"} if word == "error" else table.get(word, table["value"])
        one = {"type": "piece", "call": question["call"], **last, "done": True}
    elif kind == "tool_confirmation":
        decision = {"error": "reject", "odd": "perhaps", "huge": "approve_all", "secret": "approve_tool"}.get(
            word, "approve"
        )
        one = {"method": "confirm", "params": {"session": session, "decision": decision, "id": question["id"]}}
    else:
        action = ACTIONS.get(word, "accept")
        content = {"answer": SECRET if word == "secret" else "x" * (50_000 if word == "huge" else 1)}
        one = {
            "method": "respond",
            "params": {"session": session, "id": question["id"], "action": action, "content": content},
        }
    yield one
    if word == "twice":
        yield one
