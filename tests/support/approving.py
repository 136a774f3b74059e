"""Calls that need an approval, for tests."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from tests.support.agentic import agent_file, calls, context, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, session

if TYPE_CHECKING:
    from collections.abc import Callable


def write(n: int = 0) -> str:
    return f"written {n}"


def wipe() -> str:
    return "wiped"


WRITES = calls(("1", "write", '{"n": 1}'), ("2", "write", '{"n": 2}'), ("3", "wipe", "{}"))
TOOLS = (tool(write, read_only=False), tool(wipe, read_only=False))


def asked(answers: Callable[[State, str], None], **approvals: Any) -> tuple[Played, State]:
    """One turn with three calls that need approval; `answers` gets the id of each confirmation that is asked for."""

    async def main() -> tuple[Played, State]:
        own = context(*TOOLS, interactive=True, **approvals)
        conversation = session(ScriptedTransport({"a": [WRITES, say("Done.")]}), [], text=agent_file(), context=own)
        played = Played()
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                for event in batch:
                    if event["type"] == "tool_confirmation":
                        answers(own, event["id"])
        played.seconds = asyncio.get_running_loop().time()
        return played, own

    return run(main())


def outcome(played: Played) -> dict[str, str]:
    return {event["id"]: event["output"] for event in played.of("tool_result")}
