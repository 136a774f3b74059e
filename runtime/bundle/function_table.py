"""The slot of WebAssembly's function table where the side modules start: above all that any engine fills before.

The snapshot holds indices into the table, so the side modules must start at the same slot in every engine. Emscripten
adds each exported function that it does not find in the table by object identity, and engines differ in what they
treat as the same object: Node 20 fills 14,174 slots, WebKitGTK 2.50 15,147. None can add more than one slot a function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bundle.shell import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

SPARE: Final = 256  # slots that Pyodide may add before the side modules; one was observed, in Chromium and Firefox
_MAGIC: Final = b"\0asm\1\0\0\0"
_TABLES, _EXPORTS = 4, 7  # section ids of https://webassembly.github.io/spec/core/binary/modules.html
_FUNCTION_REFERENCE: Final = 0x70
_FUNCTION: Final = 0


class _Reader:
    """Reads the numbers and names of a WebAssembly file from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        return self._data[start : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """An unsigned LEB128."""
        value = shift = 0
        while (byte := self.byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift


def table_start(wasm: bytes) -> int:
    """The first slot for side modules.

    Args:
        wasm: Python's main module; it defines its table of functions itself.

    Raises:
        BuildError: it is not such a module.
    """
    try:
        sections = dict(_sections(wasm))
        return _initial_slots(_Reader(sections[_TABLES])) + _exported_functions(_Reader(sections[_EXPORTS])) + SPARE
    except (IndexError, KeyError) as error:
        raise BuildError("Pyodide's WebAssembly module cannot be read: its table or its exports are missing") from error


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    if not wasm.startswith(_MAGIC):
        raise BuildError("Pyodide's WebAssembly module cannot be read: it is not WebAssembly")
    reader = _Reader(wasm[len(_MAGIC) :])
    while not reader.done:
        section = reader.byte()
        yield section, reader.take(reader.number())


def _initial_slots(tables: _Reader) -> int:
    """The initial size of the first table, which must be the one of functions."""
    if tables.number() == 0 or tables.byte() != _FUNCTION_REFERENCE:
        raise BuildError("the first table of Pyodide's WebAssembly module is not the function table")
    tables.number()  # flags of the limits
    return tables.number()


def _exported_functions(exports: _Reader) -> int:
    functions = 0
    for _ in range(exports.number()):
        exports.take(exports.number())  # the name
        functions += exports.byte() == _FUNCTION
        exports.number()  # the index
    return functions
