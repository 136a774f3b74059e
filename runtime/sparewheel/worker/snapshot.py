"""The two ends of a memory snapshot: the preparation before it is made, and the work after it is restored.

A snapshot is Python's memory at build time, with every module imported that a turn needs. It holds no files: a module
that is imported later must wait until `web/boot/late.js` has put its files there. Random state in it is the same in
every tab that restores it, so `resume` must run first.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import io
import json
import linecache
import random
import sys
import tempfile
import zipimport
from typing import TYPE_CHECKING, Any, Final, cast

from ..config.loading import load_agent_file
from ..errors import ErrorInfo, SparewheelError
from ..jsontext import read
from ..tools.python.blocking import may_block
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

_OWN: Final = "sparewheel."
_NO_NETWORK: Final = ErrorInfo(
    "network", "A part of the runtime that this agent needs could not be loaded.", "Check the network, and try again."
)
# Imported by the standard library, by pydantic or by `worker.start` only when needed, which is soon.
_ALSO: Final = (
    "datetime",
    "decimal",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_8_sig",
    "logging",
    "pydantic.root_model",
    "pydantic.type_adapter",
    "sparewheel.state.indexeddb",
    "sparewheel.worker.event_loop",
    "traceback",
    "urllib.parse",
    "uuid",
    "zoneinfo",
)
_STDIN_BUFFER: Final = 512  # bytes
_PART: Final = 1 << 18  # bytes
_LATE_SECONDS: Final = 120.0  # in which 4 MB arrive over a slow line; the worker cannot answer meanwhile
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
    """Import everything and run a turn with a fallback, so that objects made on first use are in the snapshot.

    Raises:
        RuntimeError: a command of that turn failed.
    """
    for name in _ALSO:
        importlib.import_module(name)
    messages: list[str] = []
    replied = asyncio.Event()

    def receive(text: str) -> None:
        messages.append(text)
        if read(text)["type"] == "reply":
            replied.set()

    worker = Worker(receive)
    for method, params in (
        ("create_session", {"yaml": _AGENT}),
        ("send", {"prompt": "Hello"}),
        ("export", {}),
        ("close", {}),
    ):
        replied.clear()
        worker.dispatch(json.dumps({"id": 1, "method": method, "params": {"session": "s", **params}}))
        await replied.wait()
        if "error" in read(messages[-1]):
            raise RuntimeError(messages[-1])


def tidy() -> None:
    """The last step before the snapshot: drop what is wrong in another process, and what differs between builds."""
    with contextlib.suppress(ValueError):
        sys.path.remove("")  # Pyodide adds it at every start
    _forget_files()
    _shrink_stdin()
    random.seed(0)
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # holds random state
    gc.collect()
    gc.freeze()


def _shrink_stdin() -> None:
    """Give standard input a small buffer. The large one holds what Python read at its start, which compresses badly."""
    was = cast("io.TextIOWrapper", sys.stdin)
    encoding, errors, mode, by_line = was.encoding, was.errors, was.mode, was.line_buffering
    raw = cast("io.BufferedReader", was.detach()).detach()
    made = io.TextIOWrapper(io.BufferedReader(raw, _STDIN_BUFFER), encoding, errors, "\n", by_line)
    made.mode = mode  # type: ignore[misc]  # as Python sets it at its start
    sys.stdin = sys.__stdin__ = made  # type: ignore[misc]  # `__stdin__` is declared final


def resume(fetch_now: Callable[[], object]) -> None:
    """The first step after the restore. Raises if the restored memory is corrupt.

    `fetch_now` downloads the late files at once; it is called when a module in them is imported before they are there.
    """
    random.seed()
    place = sys.meta_path.index(importlib.machinery.PathFinder) + 1  # before the finder that explains missing modules
    sys.meta_path.insert(place, _Late(fetch_now))
    load_agent_file(_AGENT)  # YAML, validation, the native module


class _Late(importlib.abc.MetaPathFinder):
    """Called for a module that was not found: downloads the late files and looks again."""

    def __init__(self, fetch_now: Callable[[], object]) -> None:
        self._fetch_now = fetch_now

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        try:
            with may_block(_LATE_SECONDS):
                self._fetch_now()
        except Exception as error:
            if getattr(error, "name", "") == "NetworkError":
                if name.startswith(_OWN):
                    raise SparewheelError(_NO_NETWORK) from None
                return None  # without a network, the module is missing for now
            raise ModuleNotFoundError(f"No module named {name!r}: {error}", name=name) from None
        complete()
        return importlib.machinery.PathFinder.find_spec(name, path, target)


def sha256_of(data: Any) -> str:
    """The SHA-256 of a `Uint8Array` in hex. It is copied in parts, so that the memory need not grow."""
    total = hashlib.sha256()
    for start in range(0, data.length, _PART):
        total.update(data.subarray(start, start + _PART).to_bytes())
    return total.hexdigest()


def complete() -> None:
    """Called when the late files are in place."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Late)]
    _forget_files()


def _forget_files() -> None:
    """Clear the caches of the import system: there are new files, or another file system."""
    linecache.clearcache()
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]  # there is no public way
    importlib.invalidate_caches()
