# mypy: ignore-errors
"""Loops of Python: each function is a tool without arguments that hangs the worker."""

import itertools
import sys


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
