"""The way of a chunk: how many async generators pass it on, from the bridge to the push."""

from __future__ import annotations

import ast
import gc
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import sparewheel
from sparewheel.testing import Reply, openai_chat
from tests.support.fakeloop import run
from tests.support.workerpage import KEY, Page

if TYPE_CHECKING:
    from sparewheel.testing import Events

MAX_HOPS = 10
ANSWER = openai_chat(text=["An", "swer"])
HEDGED = """
agents:
  root:
    model: openai/a
    fallback: {models: [openai/b], hedge_after: 2s}
"""


def alive() -> list[str]:
    """The async generators that have begun and not ended, the transport's included. Each is a hop of the stream."""
    found = [(each, each.ag_frame) for each in gc.get_objects() if inspect.isasyncgen(each)]
    return sorted(f"{frame.f_globals['__name__']}.{each.__qualname__}" for each, frame in found if frame is not None)


def hops(yaml: str, script: dict[str, list[Reply | Events]], answer: str) -> list[str]:
    """The generators that are alive when the worker pushes the delta `answer` of a turn."""
    found: list[str] = []

    async def main() -> None:
        gc.collect()
        before = alive()
        page = Page(script)
        hear = page._hear

        def push(text: str) -> None:
            hear(text)
            if f'"content":"{answer}"' in text and '"delta"' in text:
                found.extend(alive())

        page.worker._send = push
        await page.call("create_session", session="s", yaml=yaml, env={"OPENAI_API_KEY": KEY})
        await page.call("send", session="s", prompt="hi")
        assert found
        for name in before:
            found.remove(name)

    run(main())
    return found


PLAIN = [
    "sparewheel.agent.run.Run._steps",
    "sparewheel.agent.run.Run.events",
    "sparewheel.chain.attempt.Attempt.run",
    "sparewheel.chain.step.Step.events",
    "sparewheel.session.Session._run",
    "sparewheel.transports.local.LocalResponse.chunks",
    "tests.support.scripted.ScriptedTransport.stream",
    "tests.support.scripted._body",
]


def test_a_chunk_passes_few_generators() -> None:
    """The scripted body stands for the bytes that the bridge reads from `fetch`; the other two are the bridge's."""
    assert len(PLAIN) <= MAX_HOPS
    assert hops(HEDGED.replace("hedge_after: 2s", ""), {"a": [Reply(ANSWER, every=1)]}, "swer") == PLAIN


def test_a_race_adds_one() -> None:
    script: dict[str, list[Reply | Events]] = {"a": [Reply(ANSWER, delay=60)], "b": [Reply(ANSWER, every=1)]}
    assert hops(HEDGED, script, "swer") == sorted([*PLAIN, "sparewheel.chain.hedge.Race._run"])


def test_the_bridge_has_the_generators_of_the_scripted_transport() -> None:
    """Without Pyodide the bridge cannot be imported."""
    tree = ast.parse((Path(sparewheel.__file__).parent / "transports" / "fetch.py").read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
    generators = [each.name for each in functions if any(isinstance(node, ast.Yield) for node in ast.walk(each))]
    assert generators == ["chunks", "stream"]
