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
meter.onmessage = ({ data }) => {
  if (data !== null) return; // what another worker tells
  tick();
  meter.postMessage(longest);
  longest = 0;
};
"""

IN_PAGE: Final = """
const meter = new BroadcastChannel("meter");
globalThis.blocked = async (workers = 1) => {
  const told = [];
  await new Promise((resolve) => {
    meter.onmessage = ({ data }) => told.push(data) === workers && resolve();
    meter.postMessage(null);
  });
  return Math.max(...told);
};
"""
"""Defines `blocked(workers)`: resolves with the longest time since the last call, in milliseconds, and begins anew."""


def metered_worker() -> Change:
    """The worker's script, with a meter that any page of the origin can read."""
    script = (find_dist() / "worker.js").read_bytes() + _IN_WORKER.encode()
    return Change(200, {"Content-Length": str(len(script))}, script)
