"""Runs inside Pyodide, as the Python tool of a session of its own: what is there between two rounds of turns.

Everything Python can be asked is asked here, so that the runtime needs no door for it. What asks is counted too, but is
the same each time.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pyodide_js

from sparewheel.session import Session
from sparewheel.tools import tool

_USED = 7  # `uordblks`, by its place in C's `struct mallinfo`
_MALLINFO_SIZE = 40

_module: Any = pyodide_js._module
# Holds every Python object that JavaScript was handed from now on, until somebody destroys the proxy.
_module.enable_pyproxy_allocation_tracing()


@tool(read_only=True)
def lookup(word: str) -> dict[str, float]:
    """Count what is there. The name, and the word, are what the model demo/tools asks for."""
    gc.collect()
    objects = gc.get_objects()
    return {
        "sessions": sum(isinstance(each, Session) for each in objects),
        "tasks": len(asyncio.all_tasks()),
        "python_proxies": _module.pyproxy_alloc_map.size,
        "js_proxies": _module._hiwire_num_refs(),
        "objects": len(objects),
        "python_mb": _allocated() / 1e6,
        "wasm_mb": _module.HEAPU8.length / 1e6,
    }


def _allocated() -> int:
    """Bytes in use of the memory that C, and so Python, takes its own from."""
    info = _module._malloc(_MALLINFO_SIZE)
    _module._mallinfo(info)
    used: int = _module.HEAPU32[info // 4 + _USED]
    _module._free(info)
    return used
