"""How long a worker's event loop does nothing else, measured in the worker."""

from __future__ import annotations

from typing import Final

from sparewheel.headless import find_dist
from tests.support.browser import Change

_IN_WORKER: Final = """
let last = performance.now();
let longest = 0;
const meter = new BroadcastChannel("meter");
const tick = () => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
};
setInterval(tick, 4);
meter.onmessage = () => {
  tick();
  meter.postMessage(longest);
  longest = 0;
};
"""

IN_PAGE: Final = """
const meter = new BroadcastChannel("meter");
globalThis.blocked = () => new Promise((resolve) => {
  meter.onmessage = ({ data }) => resolve(data);
  meter.postMessage(null);
});
"""
"""Defines `blocked()`: resolves with the longest time since the last call, in milliseconds, and begins anew."""


def metered_worker() -> Change:
    """The worker's script, with a meter that any page of the origin can read."""
    script = (find_dist() / "worker.js").read_bytes() + _IN_WORKER.encode()
    return Change(200, {"Content-Length": str(len(script))}, script)
