"""Runs hostile code in sessions of a headless runtime, and collects what is wrong.

Each snippet is the code of a call of `run_python`, which a scripted model asks for. A second call in the same turn
has to be answered as if nothing had happened. Nothing may reach the canary, no text may have the session's key, and
the events of the turn have to be those of two calls.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sparewheel import headless, open_agent
from sparewheel.redaction.sought import MASK
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.sandbox.canary import Canary
from tests.sandbox.corpus import ALIVE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sparewheel.headless.batch.job import Engine
    from sparewheel.headless.session import Session
    from sparewheel.native import AgentSession
    from tests.sandbox.corpus import Snippet

KEY: Final = "sk-canary-5d41402abc4b2a76b9719d"
LIMIT: Final = 2.0  # seconds that a run may take
_HASH: Final = re.compile(r"'sha256-[^']*'")  # in errors of Chromium: the hash of the policy looks like a key
_TURN: Final = 60.0  # seconds that a turn may take; a machine may be busy
_TURNS: Final = 25  # of a session, whose history grows

_TOOLS: Final = '''
def find_order(id: str) -> str:
    """Find an order."""
    return f"order {id[:20]}"


def change_order(id: str) -> str:
    """Change an order."""
    return "ESCAPED"
'''
_AGENTS: Final = """
agents:
  root:
    model: m
    instruction: Be brief.
    {mode}
    toolsets:
      - {{type: code, timeout: {limit}s, memory: 128MB}}
      {tools}
  other:
    model: m
    toolsets: [{{type: python, source: "def delete_all() -> str:\\n    return 'ESCAPED'\\n"}}]
models:
  m: {{provider: openai, model: m, base_url: "{url}/v1", token_key: TEST_KEY}}
"""
# What events say that is not in the code's hands. Its prints and results are: they are shown as they are.
_SAID: Final = {
    "tool_output": {"output"},
    "tool_result": {"output"},
    "tool_call": {"args"},
    "tool_call_delta": {"arguments"},
    "tool_confirmation": {"args"},
    "block_end": {"content"},
    "media": {"data", "name"},
}
_KINDS: Final = {
    *("start", "step", "usage", "block_start", "block_end", "delta", "finish"),
    *("tool_call_delta", "tool_call", "tool_output", "tool_result", "media"),
}


@dataclass
class Outcome:
    """What one snippet has done. `problems` is empty if nothing got out and the session is alive."""

    snippet: Snippet
    ms: int = 0
    requests: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    result: str = ""

    @property
    def problems(self) -> list[str]:
        return [*self.requests, *self.keys, *self.forged, *self.dead]


class Ring:
    """Sessions of one runtime. Made by `open_ring`."""

    def __init__(self, runtime: headless.Runtime | AgentSession, provider: ScriptedProvider, canary: Canary) -> None:
        self._runtime = runtime
        self._provider = provider
        self._canary = canary
        self._sessions: dict[bool, tuple[Session | AgentSession, int]] = {}
        self._numbers = itertools.count(1)

    async def take(self, snippet: Snippet) -> Outcome:
        """Run one snippet and look at what has come of it."""
        number = next(self._numbers)
        self._canary.take()
        codes = [self._canary.arm(snippet.python, snippet), self._canary.arm(snippet.then, snippet) or ALIVE]
        if codes[1] != ALIVE:
            codes.append(ALIVE)
        calls = [
            ToolCall(f"call_{number}_{at}", "run_python", {"code": f"{code}\n# {number}" if code == ALIVE else code})
            for at, code in enumerate(codes)
        ]
        self._provider.script("m", *(Reply(openai_chat(tool_calls=[call])) for call in calls))
        self._provider.script("m", Reply(openai_chat(text="Done")))
        began, failure = time.monotonic(), ""
        events: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(_TURN):
                session = await self._session(snippet.kind == "tools")
                async with aclosing(session.stream("Go")) as turn:
                    async for event in turn:
                        events.append(dict(event))  # noqa: PERF401 - what came before a failure is kept
        except Exception as error:  # the others are run all the same
            failure = f"the turn did not end: {error!r}"
        outcome = look(snippet, events, [call.id for call in calls])
        outcome.ms = round((time.monotonic() - began) * 1000)
        outcome.requests = self._canary.take()
        outcome.dead += [failure] if failure else []
        if outcome.dead:
            self._sessions.clear()
        return outcome

    async def _session(self, has_tools: bool) -> Session | AgentSession:
        session, turns = self._sessions.get(has_tools, (None, 0))
        if session is None or turns >= _TURNS:
            if session is not None:
                await session.close()
            session = await self._runtime.session(agent(self._provider.url, has_tools))
            turns = 0
        self._sessions[has_tools] = session, turns + 1
        return session


@asynccontextmanager
async def open_ring(engine: Engine, resolver: str | None = None) -> AsyncIterator[Ring]:
    """A runtime in this engine, whose sessions have the key. `resolver` is as for `Canary`."""
    async with AsyncExitStack() as stack:
        canary = await stack.enter_async_context(Canary(resolver))
        provider = stack.enter_context(ScriptedProvider())
        env = {"TEST_KEY": KEY, "OPENAI_API_KEY": KEY}
        file = agent(provider.url)
        opened = (
            open_agent(file, env=env, interactive=False)
            if engine == "native"
            else headless.open(file, engine=engine, env=env)
        )
        yield Ring(await stack.enter_async_context(opened), provider, canary)


def agent(url: str, has_tools: bool = False) -> str:
    tools = f"- {{type: python, source: {json.dumps(_TOOLS)}}}" if has_tools else ""
    return _AGENTS.format(url=url, limit=LIMIT, mode="code_mode_tools: true" if has_tools else "", tools=tools)


def look(snippet: Snippet, events: list[dict[str, Any]], ids: list[str]) -> Outcome:
    """What is wrong with the events of a turn. `ids`: of its calls; the last one has to be answered with 42."""
    outcome, has_tools = Outcome(snippet), snippet.kind == "tools"
    for event in events:
        text = json.dumps(event, ensure_ascii=False)
        if KEY in text or KEY[::-1] in text or MASK in _HASH.sub("", text) or "FOUND" in _output(event):
            outcome.keys.append(f"a key in {text[:300]}")
        frame = json.dumps({key: value for key, value in event.items() if key not in _SAID.get(event["type"], ())})
        if "FORGED" in frame:
            outcome.forged.append(f"forged: {text[:300]}")
        if "ESCAPED" in _output(event):
            outcome.forged.append(f"got out: {_output(event)[:300]}")
        own = event.get("call_id", event["id"] if event["type"].startswith("tool_") and "id" in event else ids[0])
        if not has_tools and (event["type"] not in _KINDS or own not in ids):
            outcome.forged.append(f"not of these calls: {text[:300]}")
    if [event["seq"] for event in events] != sorted({event["seq"] for event in events}):
        outcome.forged.append("the order of the events")
    results = {event["id"]: _output(event) for event in events if event["type"] == "tool_result"}
    counted = [event["id"] for event in events if event["type"] == "tool_result" and event["id"] in ids]
    outcome.result = results.get(ids[0], "")
    if counted != ids:
        outcome.forged.append(f"the results are of {counted}")
    if any("FORGED" in results.get(each, "") for each in ids[1:]):
        outcome.forged.append(f"in a later call: {[results.get(each, '')[:200] for each in ids[1:]]}")
    if "42" not in results.get(ids[-1], ""):
        outcome.dead.append(f"the next call gave {results.get(ids[-1], '')[:300]!r}")
    if not events or events[-1]["type"] != "finish":
        outcome.dead.append(f"the turn ended with {json.dumps(events[-1:])[:500]}")
    return outcome


def _output(event: dict[str, Any]) -> str:
    return str(event["output"]) if event["type"] in ("tool_output", "tool_result") and "output" in event else ""
