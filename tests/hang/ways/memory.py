# mypy: ignore-errors
"""Memory that is never enough: each function is a tool without arguments that hangs the worker."""

import itertools

import js


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
