"""Where the side modules of a snapshot start in the table of functions."""

from __future__ import annotations

import pytest

from bundle.function_table import SPARE, table_start
from bundle.shell import BuildError

MAGIC = b"\0asm\1\0\0\0"
FUNCTIONS, EXTERNALS = b"\x70\0\x80\x02", b"\x6f\0\0"  # a table of 256 functions, one of no external references


def section(number: int, *entries: bytes) -> bytes:
    content = bytes([len(entries)]) + b"".join(entries)
    return bytes([number, len(content)]) + content


def export(name: str, kind: int, index: bytes = b"\x05") -> bytes:
    return bytes([len(name)]) + name.encode() + bytes([kind]) + index


EXPORTS = section(7, export("memory", 2), export("f", 0, b"\x81\x01"), export("same", 0, b"\x81\x01"), export("t", 1))


def test_every_exported_function_may_take_a_slot_of_its_own() -> None:
    """Two names of one function count twice: an engine may make an object for each."""
    wasm = MAGIC + section(4, FUNCTIONS, EXTERNALS) + EXPORTS + section(0)
    assert table_start(wasm) == 256 + 2 + SPARE


@pytest.mark.parametrize(
    ("wasm", "message"),
    [
        (b"<!doctype html>", "not WebAssembly"),
        (MAGIC, "missing"),
        (MAGIC + section(4, FUNCTIONS), "missing"),
        (MAGIC + section(4, FUNCTIONS) + EXPORTS[:-6], "missing"),
        (MAGIC + section(4, EXTERNALS, FUNCTIONS) + EXPORTS, "not the function table"),
    ],
    ids=["a page", "empty", "no exports", "cut off", "another order"],
)
def test_what_is_no_such_module_is_refused(wasm: bytes, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        table_start(wasm)
