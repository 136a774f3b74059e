# mypy: ignore-errors
"""JavaScript, and the end of the worker: each function is a tool without arguments that hangs the worker."""

import ctypes
import os
import time

import js

STALLED = ""  # set by the ring: a URL that never answers


def loop_of_javascript():
    js.eval("for (;;);")


def expression_of_javascript():
    js.eval("/(a+)+$/.test('a'.repeat(60) + 'b')")


def atomics_wait():
    js.eval(
        "const memory = new WebAssembly.Memory({shared: true, initial: 1, maximum: 1});"
        "Atomics.wait(new Int32Array(memory.buffer), 0, 0)"
    )


def synchronous_request():
    request = js.XMLHttpRequest.new()
    request.open("GET", STALLED, False)
    request.send()


def microtasks():
    js.eval("(function again() { Promise.resolve().then(again); })()")
    return "started"


def sleeps():
    time.sleep(10**6)  # until the worker is ended


def deaf():
    js.eval("onmessage = null; for (const name of ['addEventListener', 'postMessage']) self[name] = () => {}")
    while True:
        pass


def without_timers():
    js.eval("for (const name of ['setTimeout', 'setInterval', 'queueMicrotask']) self[name] = () => 0")
    return "done"


def closes():
    js.close()
    return "closed"


def exits():
    os._exit(1)


def aborts():
    os.abort()


def wild_pointer():
    return ctypes.string_at(2**32 - 64, 2**30)
