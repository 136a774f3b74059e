# mypy: ignore-errors
"""Ways to hang a worker: the functions of a Python toolset, each a tool without arguments. The page stops the turn."""

import asyncio
import collections
import ctypes
import decimal
import hashlib
import itertools
import math
import os
import re
import sys
import time

import js

STALLED = ""  # set by the ring: a URL that never answers


# Loops of Python ------------------------------------------------------------------------------------------------


def loop():
    while True:
        pass


def nested_ranges():
    for _ in range(10**9):
        for _ in range(10**9):
            pass


def cycle():
    for _ in itertools.cycle([0]):
        pass


def callable_iterator():
    for _ in iter(int, 1):
        pass


def endless_generator():
    def count():
        while True:
            yield 1

    for _ in count():
        pass


def swallows_everything():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def continues_in_finally():
    while True:
        try:
            raise KeyboardInterrupt
        finally:
            continue


def exponential_recursion():
    def count(n):
        return count(n - 1) + count(n - 1) if n else 1

    return count(90)


def recursion_in_finally():
    def again():
        try:
            again()
        finally:
            again()

    again()


def catches_its_recursion():
    def again():
        again()

    while True:
        try:
            again()
        except RecursionError:
            pass


def recursion_without_limit():
    sys.setrecursionlimit(10**9)

    def again():
        return again()

    return again()


def recursion_in_c():
    sys.setrecursionlimit(10**9)
    nested = []
    for _ in range(10**7):
        nested = [nested]
    return repr(nested)


def prints():
    while True:
        print("x")


def endless_eq():
    class Same:
        def __hash__(self):
            return 1

        def __eq__(self, _):
            while True:
                pass

    return {Same(): 1}[Same()]


def endless_lt():
    class Less:
        def __lt__(self, _):
            while True:
                pass

    return sorted([Less(), Less()])


def endless_del():
    class Gone:
        def __del__(self):
            while True:
                pass

    Gone()


def endless_exit():
    class Context:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            while True:
                pass

    with Context():
        return "x"


def endless_text_of_an_error():
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    raise Endless


def endless_conversion():
    class Array:
        def tolist(self):
            while True:
                pass

    return Array()


def trace_function():
    def trace(*_):
        while True:
            pass

    sys.settrace(trace)
    (lambda: 1)()


# Compiled code --------------------------------------------------------------------------------------------------


def sum_of_a_range():
    return sum(range(10**15))


def sum_of_an_iterator():
    return sum(iter(int, 1))


def any_of_nothing():
    return any(itertools.repeat(False))


def greatest():
    return max(itertools.count())


def contains():
    return 1 in itertools.repeat(2)


def consumes():
    collections.deque(itertools.count(), maxlen=0)


def zipped():
    return sum(1 for _ in zip(itertools.count(), itertools.count()))


def power():
    return (7 ** (10**8)) % 10


def modular_power():
    return pow(3, 10**100_000, 10**100_000 + 1) % 10


def text_of_an_integer():
    sys.set_int_max_str_digits(0)
    return str(3 ** (10**7))


def factorial():
    return math.factorial(10**8) % 10


def regular_expression():
    return str(re.match("(a+)+$", "a" * 60 + "b"))


def sort_with_key():
    list(range(10**6)).sort(key=lambda n: sum(range(n * 10**6)))


def pbkdf2():
    return hashlib.pbkdf2_hmac("sha256", b"x", b"y", 10**9).hex()


def square_root():
    decimal.getcontext().prec = 10**7
    return str(decimal.Decimal(2).sqrt())[:3]


def permutations():
    return sum(1 for _ in itertools.permutations(range(30)))


def replaces():
    text = "ab" * 10**6
    while True:
        text = text.replace("ab", "ba").replace("ba", "ab")


def cartesian_product():
    return sum(1 for _ in itertools.product(range(100), repeat=20))


# Memory ---------------------------------------------------------------------------------------------------------


def endless_list():
    return len(list(itertools.count()))


def blocks():
    kept = []
    while True:
        kept.append(bytearray(2**24))


def blocks_again_and_again():
    kept = []
    while True:
        try:
            kept.append(bytearray(2**24))
        except MemoryError:
            pass


def doubled_text():
    text = "x"
    while True:
        try:
            text += text
        except MemoryError:
            pass


def endless_result():
    return itertools.count()


def blocks_of_javascript():
    js.eval("const blocks = []; for (;;) blocks.push(new Uint8Array(1e7).fill(1))")


# Coroutines -----------------------------------------------------------------------------------------------------


async def async_loop():
    while True:
        pass


async def spins():
    while True:
        await asyncio.sleep(0)


async def waits():
    await asyncio.Event().wait()


async def waits_shielded():
    await asyncio.shield(asyncio.Event().wait())


async def swallows_its_cancellation():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def spins_and_swallows():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            pass


async def waits_in_finally():
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(3600)


async def loops_in_finally():
    try:
        await asyncio.sleep(3600)
    finally:
        while True:
            pass


async def uncancels_itself():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()


async def callbacks_without_end():
    loop = asyncio.get_running_loop()

    def again():
        loop.call_soon(again)

    again()
    await asyncio.Event().wait()


async def tasks_without_end():
    kept = []

    async def more():
        for _ in range(2):
            kept.append(asyncio.ensure_future(more()))

    await more()
    await asyncio.Event().wait()


async def slow_passes():
    loop = asyncio.get_running_loop()

    def again():
        end = js.performance.now() + 700
        while js.performance.now() < end:
            pass
        loop.call_soon(again)

    again()
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def cancels_every_task():
    for task in asyncio.all_tasks():
        task.cancel()
    while True:
        pass


# JavaScript and the end of the worker ---------------------------------------------------------------------------


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
    time.sleep(10**6)


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
