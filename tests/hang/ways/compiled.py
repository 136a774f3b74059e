# mypy: ignore-errors
"""Work in compiled code: each function is a tool without arguments that hangs the worker."""

import collections
import decimal
import hashlib
import itertools
import math
import re
import sys


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
