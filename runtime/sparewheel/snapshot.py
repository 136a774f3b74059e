"""The two ends of a memory snapshot: what is done before one is made, and what after one is restored.

A snapshot is Python's memory at build time, with everything imported that a turn needs. It holds no files: what is
imported later has to wait until `web/boot/late.js` has put them there. Whatever is random in it is the same in every
tab that restores it, so `resume` must run before anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import linecache
import random
import sys
import tempfile
import zipimport
from typing import Final

from . import late_files
from .config.loading import load_agent_file
from .worker import Worker

# Imported by the standard library only when needed, which is at once.
_ALSO: Final = (
    "datetime",
    "decimal",
    "email.message",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_8_sig",
    "importlib.metadata",
    "logging",
    "traceback",
    "urllib.parse",
    "uuid",
    "zoneinfo",
)
_AGENT: Final = """\
agents:
  root:
    model: first
    instruction: Answer.
    fallback: {models: [demo/hello], retries: -1, backoff: {initial: 1ms}}
    timeouts: {connect: 30s, turn: 60s}
models:
  first: {provider: demo, model: drops-midway}
"""


async def prepare() -> None:
    """Import everything, and run a turn with a fallback, so that what is made on first use is in the snapshot.

    Raises:
        RuntimeError: the turn did not end as it should.
    """
    for name in _ALSO:
        importlib.import_module(name)
    said: list[str] = []
    replied = asyncio.Event()

    def hear(text: str) -> None:
        said.append(text)
        if json.loads(text)["type"] == "reply":
            replied.set()

    worker = Worker(hear)
    for method, params in (
        ("create_session", {"yaml": _AGENT}),
        ("send", {"prompt": "Hello"}),
        ("export", {}),
        ("close", {}),
    ):
        replied.clear()
        worker.dispatch(json.dumps({"id": 1, "method": method, "params": {"session": "s", **params}}))
        await replied.wait()
        if "error" in json.loads(said[-1]):
            raise RuntimeError(said[-1])


def tidy() -> None:
    """The last thing before the snapshot: drop what would not hold in another process, and what would differ."""
    with contextlib.suppress(ValueError):
        sys.path.remove("")  # Pyodide puts it there whenever it starts
    forget_files()
    random.seed(0)
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # has random numbers of its own
    gc.collect()
    gc.freeze()


def resume() -> None:
    """The first thing after the restore. Raises whatever comes of a memory that is not in order."""
    random.seed()
    late_files.expect()
    load_agent_file(_AGENT)  # YAML, validation, the native module


def forget_files() -> None:
    """Look again for what can be imported: files have come, or the file system is another one."""
    linecache.clearcache()
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
    importlib.invalidate_caches()
    late_files.arrived()
