"""The code as two parts: its statements, and the expression at its end, whose value is the value of the code."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import CodeType

_COROUTINE: Final = 0x80  # CO_COROUTINE: the code awaits something
_FLAGS: Final = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True, slots=True)
class Source:
    """Compiled code. `last` is None if the code does not end with an expression."""

    body: CodeType
    last: CodeType | None

    async def run(self, names: dict[str, Any]) -> Any:
        """Run it with `names` as globals. Returns the value of the last expression. Raises what the code raises."""
        await _run(self.body, names)
        return None if self.last is None else await _run(self.last, names)


def compile_source(text: str, filename: str) -> Source:
    """Compile code that may use `await` outside of functions. Tracebacks find its lines by `filename`.

    Raises:
        SyntaxError: it is not Python. ValueError, RecursionError and MemoryError are raised for the same reason.
    """
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    tree = ast.parse(text, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, filename, "exec", _FLAGS, dont_inherit=True)
    if not isinstance(last, ast.Expr):
        return Source(body, None)
    flags = _FLAGS | (body.co_flags & _future_flags())
    return Source(body, compile(ast.Expression(last.value), filename, "eval", flags, dont_inherit=True))


async def _run(code: CodeType, names: dict[str, Any]) -> Any:
    value = eval(code, names)
    return await value if code.co_flags & _COROUTINE else value


def _future_flags() -> int:
    import __future__

    flags = 0
    for name in __future__.all_feature_names:
        flags |= getattr(__future__, name).compiler_flag
    return flags
