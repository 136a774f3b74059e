"""Journals in a browser's IndexedDB: what every storage must do, with real transactions and locks."""

from __future__ import annotations

import inspect
import json

import pytest

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support import stores
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

# A Python tool runs in the worker, where the database is.
SOURCE = f"""
from __future__ import annotations

from sparewheel import tool

{inspect.getsource(stores).replace("from __future__ import annotations", "")}

@tool
async def conformance(name: str) -> str:
    from sparewheel.state.indexeddb import IndexedDBBackend

    [check] = [check for check in CHECKS if check.__name__ == name]

    async def open_backend():
        return IndexedDBBackend("test " + name)

    await check(open_backend)
    return "it does"
"""


async def test_it_does_what_every_storage_must_do(theirs: Theirs, provider: ScriptedProvider) -> None:
    names = [check.__name__ for check in stores.CHECKS]
    calls = [ToolCall(f"call_{number}", "conformance", {"name": name}) for number, name in enumerate(names)]
    provider.script("a", Reply(openai_chat(tool_calls=calls)), Reply(openai_chat(text=["Done"])))
    yaml = agent_file({"a": provider.url}).replace(
        "    instruction:", f"    toolsets: [{{type: python, source: {json.dumps(SOURCE)}}}]\n    instruction:"
    )
    await theirs.open("conformance", yaml, ENV, autoApprove=True)
    turn = await theirs.take_turn("conformance")
    found = {names[int(result["id"][5:])]: result["output"] for result in turn.of("tool_result")}
    assert found == dict.fromkeys(names, "it does")
    await theirs.call("close", "conformance")
