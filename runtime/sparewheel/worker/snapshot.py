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
import importlib.abc
import importlib.machinery
import json
import linecache
import random
import sys
import tempfile
import zipimport
from typing import TYPE_CHECKING, Final

from ..config.loading import load_agent_file
from ..jsontext import read
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

# Imported by the standard library, by pydantic or by `worker.start` only when needed, which is at once.
_ALSO: Final = (
    "datetime",
    "decimal",
    "email.message",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_8_sig",
    "importlib.metadata",
    "logging",
    "pydantic.root_model",
    "pydantic.type_adapter",
    "sparewheel.worker.timers",
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
        if read(text)["type"] == "reply":
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
        if "error" in read(said[-1]):
            raise RuntimeError(said[-1])


def tidy() -> None:
    """The last thing before the snapshot: drop what would not hold in another process, and what would differ."""
    with contextlib.suppress(ValueError):
        sys.path.remove("")  # Pyodide puts it there whenever it starts
    _forget_files()
    random.seed(0)
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # has random numbers of its own
    gc.collect()
    gc.freeze()


def resume(fetch_now: Callable[[], object]) -> None:
    """The first thing after the restore. Raises whatever comes of a memory that is not in order.

    `fetch_now` puts the late files into place, when something is imported that they hold before they have come.
    """
    random.seed()
    place = sys.meta_path.index(importlib.machinery.PathFinder) + 1  # behind it stands what explains what is missing
    sys.meta_path.insert(place, _Late(fetch_now))
    load_agent_file(_AGENT)  # YAML, validation, the native module


class _Late(importlib.abc.MetaPathFinder):
    """Asked for a module that is nowhere: fetches the late files and looks again."""

    def __init__(self, fetch_now: Callable[[], object]) -> None:
        self._fetch_now = fetch_now

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        try:
            self._fetch_now()
        except Exception:  # no network, for example: then the module is missing, for now
            return None
        complete()
        return importlib.machinery.PathFinder.find_spec(name, path, target)


def complete() -> None:
    """The late files are in their places."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Late)]
    _forget_files()


def _forget_files() -> None:
    """Look again for what can be imported: files have come, or the file system is another one."""
    linecache.clearcache()
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]  # it has no public way
    importlib.invalidate_caches()
