"""Runs ways to hang a worker in a browser: what an abort settles, and when sessions answer again."""

from __future__ import annotations

import ast
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparewheel.testing import Reply, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import within

if TYPE_CHECKING:
    from sparewheel.testing import Request, ScriptedProvider
    from tests.support.browser import Evaluates

SETTLED_MS: Final = 3000  # after an abort, every promise
ANSWERED_MS: Final = 2000  # after that, other sessions
WAIT_MS: Final = 700  # from the tool call to the abort
LIMIT_MS: Final = 20_000

_FOLDER: Final = Path(__file__).parent
_KINDS: Final = ("loops", "compiled", "memory", "coroutines", "javascript")
_PROBE: Final = (_FOLDER / "probe.js").read_text("utf-8").partition("\n\n")[2].rstrip().removesuffix(";")
_AT_THE_TOP: Final = "top_of_the_file"
_SOURCES: Final = {
    node.name: source
    for source in [(_FOLDER / "ways" / f"{kind}.py").read_text("utf-8") for kind in _KINDS]
    for node in ast.parse(source).body
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
}
"""The files of a Python toolset, by the names of their functions."""
WAYS: Final = (*_SOURCES, _AT_THE_TOP)
SAMPLE: Final = ("sum_of_a_range", "loops_in_finally", "atomics_wait")
"""What the test suite runs: compiled code, a cancellation that does not return, JavaScript."""

_ANSWER: Final = Reply(openai_chat(text=["An", "swer"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe has found. Times are in milliseconds."""

    way: str
    boot: int = 0  # of the runtime: how busy the machine is
    early: str = ""  # how the turn ended before the abort; empty if it hung
    settled: int = 0  # after the abort
    answered: int = 0  # after that, by another session
    failure: str = ""

    @property
    def problem(self) -> str:
        """Why the way has held up the runtime, or held it up too long; empty if it has not."""
        if self.failure:
            return self.failure
        if self.settled > SETTLED_MS:
            return f"the turn was not settled within {SETTLED_MS} ms"
        return f"another session did not answer within {ANSWERED_MS} ms" if self.answered > ANSWERED_MS else ""


def answer(request: Request) -> Reply:
    """The tool call that the prompt names, else an answer."""
    prompt = request.json["messages"][-1]
    if prompt["role"] != "user" or not prompt["content"].startswith("Call "):
        return _ANSWER
    return Reply(openai_chat(tool_calls=[ToolCall("call_1", prompt["content"].removeprefix("Call "), {})]))


async def probe(page: Evaluates, provider: ScriptedProvider, way: str) -> Outcome:
    """Hang a new runtime on `page` in this way, and abort. `provider` answers the model `a` with `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are never accepted
        return await _probe(page, provider, way, f"http://127.0.0.1:{silent.getsockname()[1]}/")


async def _probe(page: Evaluates, provider: ScriptedProvider, way: str, stalled: str) -> Outcome:
    if way == _AT_THE_TOP:
        source = f"import js\n\ndef {way}():\n    return 'x'\n\nwhile js.performance.now() > 0: pass\n"
    else:
        source = _SOURCES[way].replace('STALLED = ""', f"STALLED = {stalled!r}")
    answers = agent_file({"a": provider.url})
    toolset = f"{{type: python, timeout: 600, tools: [{way}], source: {json.dumps(source)}}}"
    options = {
        "hangs": answers.replace("    instruction:", f"    toolsets: [{toolset}]\n    instruction:"),
        "answers": answers,
        "way": way,
        "env": dict(ENV),
        "wait": WAIT_MS,
        "limit": LIMIT_MS,
    }
    found: dict[str, Any] = await within(page.evaluate(_PROBE, options), 120)
    return Outcome(
        way, found["boot"], found["early"], found["settled"]["ms"], found["others"]["ms"], _failure(way, found)
    )


def _failure(way: str, found: dict[str, Any]) -> str:
    if found["before"] != "Answer":
        return f"the first answer: {found['before']}"
    if found["settled"]["text"] == "NOTHING":
        return "the turn was never settled"
    for whose in ("others", "owns") if way != _AT_THE_TOP else ("others",):  # its file hangs again
        if (text := found[whose]["text"]) != "Answer":
            return f"the next answer ({whose}): {text}"
    return ""
