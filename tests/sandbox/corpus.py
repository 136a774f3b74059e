"""The hostile code, read from `snippets`: a file is a kind, `=== NAME` begins a snippet of it.

`prelude` of a kind comes before each of its snippets. What follows `--- then` is run in the next call. Snippets of
`workers` are JavaScript, for a worker that the code makes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "snippets"
KINDS: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))
ALIVE: Final = "print(6 * 7)"  # what a run after a hostile one has to answer

# Runs a text of JavaScript in a worker, and prints what comes of it.
_IN_WORKER: Final = """\
import asyncio, js
from pyodide.ffi import create_proxy, to_js
worker = js.Worker.new(js.URL.createObjectURL(js.Blob.new(to_js([{text}]))))
done = asyncio.get_running_loop().create_future()
def take(event):
    if not done.done():
        done.set_result(str(getattr(event, "data", None) or getattr(event, "message", None)))
worker.onmessage = worker.onerror = create_proxy(take)
print(await asyncio.wait_for(done, 1))
"""
_REPORTING: Final = """\
(async () => {
%s
})().then((value) => postMessage("result: " + value), (error) => postMessage("error: " + error));
"""


@dataclass(frozen=True)
class Snippet:
    """`code` is hostile; `then`, if there is one, finds out in the next run whether it had an effect."""

    kind: str
    name: str
    code: str
    then: str = ""

    @property
    def python(self) -> str:
        """What `run_python` gets."""
        return _IN_WORKER.format(text=json.dumps(_REPORTING % self.code)) if self.kind == "workers" else self.code


@cache
def corpus() -> tuple[Snippet, ...]:
    """All snippets, in the order of their files."""
    return tuple(snippet for kind in KINDS for snippet in _read(kind))


def _read(kind: str) -> list[Snippet]:
    _, *sections = (FOLDER / f"{kind}.txt").read_text("utf-8").split("\n=== ")
    found, prelude = [], ""
    for section in sections:
        name, _, text = section.partition("\n")
        code, _, then = text.partition("--- then\n")
        if name == "prelude":
            prelude = code
        else:
            found.append(Snippet(kind, name, prelude + code, then))
    return found
