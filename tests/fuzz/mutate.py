"""Strategies for inputs that are nearly right: bytes, texts and JSON values made from valid ones by a few changes.

A position is a whole number that is taken modulo the length, so that hypothesis can shrink it on its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    Draw = Any

T = TypeVar("T")

CANARY: Final = "sk-CANARY-0123456789"
"""The key that every session of the ring has, and that no output may show."""

PLACE: Final = st.integers(0, 1 << 16)
TOKENS: Final = [
    *(b"\r", b"\n", b"\n\n", b"\r\n", b"\0", b"\xff", b"\xc3", b"\xed\xa0\xbd", b"\xef\xbb\xbf", b"\xe2\x80\xae"),
    *(b"data: ", b"data:", b"event: error\n", b": ping\n\n", b"id: 1\n", b"retry: 99999999999\n", b"data: [DONE]\n\n"),
    *(b"[" * 300, b"{" * 300, b'{"a":' * 300, b"]" * 9, b"}" * 9, b'"', b"\\", b"\\u", b"\\ud83d", b"\\u0000"),
    *(b"null", b"true", b"-1", b"1e999", b"-0.0", b"9" * 30, b"9" * 5_000, b"NaN", b"Infinity", b"[]", b"{}", b'""'),
    *(b"<", b"<!--", b"<script>", b"</", b"&#x110000;", b"${env.OPENAI_API_KEY}", CANARY.encode(), b"x" * 5_000),
    *(b"&a ", b"*a", b"<<: *a\n", b"!!omap ", b"!!python/object:os.system ", b"? ", b"- ", b"\t", b"%YAML 1.1\n---\n"),
    *(b"(a+)+$", b"(?=a)", b"\\1", b"{1,99999}", b"[^", b"(?i)", b"//", b"@", b"%00", b"xn--", b"[::1]", b":0", b"#/"),
]
_DEEP: Final = json.loads("[" * 150 + "]" * 150)
_DEEP_OBJECT: Final = json.loads('{"a":' * 150 + "0" + "}" * 150)
SCALAR: Final = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 1, 2**63, 10**40, -1e308, 0.5, "", "x", "\0", "\ufffd", CANARY]),
    st.text(max_size=8),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUE: Final = st.one_of(
    SCALAR,
    st.sampled_from([[], {}, [[]], [None], {"": None}, {"a": 1}, _DEEP, _DEEP_OBJECT, ["a"] * 500, "x" * 3_000]),
    st.recursive(SCALAR, lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(max_size=6), of, max_size=3)),
)
"""A JSON value where another one was expected."""


def _flip(data: bytes, at: int, number: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << number % 8)]) + data[at + 1 :]


def _repeat(data: bytes, at: int, number: int) -> bytes:
    piece = data[at : at + number % 200 + 1]
    return data[:at] + piece * (number % 7 + 2) + data[at + len(piece) :]


def _move(data: bytes, at: int, number: int) -> bytes:
    piece = data[at : at + number % 200 + 1]
    rest = data[:at] + data[at + len(piece) :]
    to = number % (len(rest) + 1)
    return rest[:to] + piece + rest[to:]


def _insert(data: bytes, at: int, number: int) -> bytes:
    return data[:at] + TOKENS[number % len(TOKENS)] + data[at:]


def _replace(data: bytes, at: int, number: int) -> bytes:
    token = TOKENS[number % len(TOKENS)]
    return data[:at] + token + data[at + len(token) :]


_CHANGES: Final = [
    _insert,
    _replace,
    _flip,
    _repeat,
    _move,
    lambda data, at, number: data[:at] + data[at + number % 200 + 1 :],  # a gap
    lambda data, at, _: data[:at],  # an end
]


def mangled(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the seeds, with up to five changes of its bytes."""
    changes = st.lists(st.tuples(st.sampled_from(_CHANGES), PLACE, PLACE), max_size=5)

    @st.composite
    def one(draw: Draw) -> bytes:  # without arguments: hypothesis would print them all
        data = draw_from(draw, seeds)
        for change, at, number in draw(changes):
            if data:
                data = change(data, at % len(data), number)
        return data

    return one()


def draw_from(draw: Draw, values: Sequence[T]) -> T:
    """One of the values. Unlike `sampled_from`, it puts none of them into the description of the strategy."""
    return values[int(draw(PLACE)) % len(values)]


def mangled_text(seeds: Sequence[str]) -> st.SearchStrategy[str]:
    """The same for texts; a byte that is no UTF-8 becomes half a surrogate pair."""
    return mangled([seed.encode() for seed in seeds]).map(lambda data: data.decode("utf-8", "surrogateescape"))


def changed(seeds: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of the JSON values, with up to four of its parts replaced, removed, repeated or put elsewhere."""

    @st.composite
    def one(draw: Draw) -> Any:
        value = copied(draw_from(draw, seeds))
        for _ in range(draw(st.integers(0, 4))):
            found = list(places(value))
            if not found:
                return copied(draw(VALUE))
            _change(draw, found, *found[draw(PLACE) % len(found)])
        return value

    return one()


def _change(draw: Draw, places: Sequence[tuple[Any, Any]], parent: Any, key: Any) -> None:
    """Change the part of `parent` at `key`."""
    match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "rename", "graft"])):
        case "replace":
            parent[key] = copied(draw(VALUE))
        case "remove":
            del parent[key]
        case "repeat" if isinstance(parent, list):
            parent[key:key] = [copied(parent[key]) for _ in range(draw(st.sampled_from([1, 2, 40])))]
        case "rename" if isinstance(parent, dict):
            parent[draw(st.text(max_size=6))] = parent.pop(key)
        case _:
            other, place = draw_from(draw, places)
            parent[key] = copied(other[place])


def copied(value: T) -> T:
    """A copy of a JSON value, however deep."""
    return cast("T", json.loads(json.dumps(value)))


def places(root: Any) -> Any:
    """Every part of a value, as (container, key), outermost first. Not recursive: a value can be deep."""
    pending = [root]
    for node in pending:
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in list(keys)[:60]:
            yield node, key
            if isinstance(node[key], dict | list) and len(pending) < 400:
                pending.append(node[key])
