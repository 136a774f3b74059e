"""A Python file of the user as a module: compiled, run once, and searched for functions."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError
from .errors import explain
from .mark import mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

MAX_SOURCE: Final = 64 * 1024  # characters: a worker takes a sixth of a second to compile them
MAX_OPERATORS: Final = 500  # of one line: each may be a level of its syntax tree

_numbers: Final = itertools.count(1)
_STRING: Final = re.compile(r"""(['"])(?:\\.|(?!\1)[^\\])*\1""")
_OPERATOR: Final = re.compile(r"[-+*/%@&|^~<>(\[{]|\.(?!\d)|\b(?:not|if|await|lambda)\b")


class Source:
    """The text of one Python file. Raises `ConfigError` for what is not Python.

    Not isolated: it is trusted code of the agent file, and runs in the interpreter of the runtime.
    """

    def __init__(self, text: str, filename: str) -> None:
        self.text = text
        # Tracebacks identify a file by this name.
        self.filename = filename
        self._code, tree = _compile(text, filename)
        self.imports = set(_imports(_statements(tree)))
        self._needed_to_start = set(_imports(_outside_of_functions(tree)))
        self._module: ModuleType | None = None

    @property
    def lacks(self) -> list[str]:
        """The modules that it imports at its start and that are not installed."""
        return sorted(name for name in self._needed_to_start if not _is_there(name))

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Its functions by name, those with `@tool` or else all public ones. Runs the file at the first call."""
        if self._module is None:
            self._module = self._run()
        own = {
            name: value
            for name, value in vars(self._module).items()
            if inspect.isfunction(_unwrapped(value)) and (mark_of(value) or value.__module__ == self._module.__name__)
        }
        marked = {name: value for name, value in own.items() if mark_of(value)}
        return marked or {name: value for name, value in own.items() if not name.startswith("_")}

    def close(self) -> None:
        """Remove the module."""
        if self._module is not None:
            sys.modules.pop(self._module.__name__, None)
            self._module = None

    def _run(self) -> ModuleType:
        module = ModuleType(f"agent_tools_{next(_numbers)}")
        module.__file__ = self.filename
        sys.modules[module.__name__] = module  # dataclasses and pydantic look up the names in annotations there
        try:
            exec(self._code, vars(module))
        except BaseException:
            del sys.modules[module.__name__]
            raise
        return module


def _compile(text: str, filename: str) -> tuple[CodeType, ast.Module]:
    _bound(text)
    try:
        return compile(text, filename, "exec", dont_inherit=True), ast.parse(text, filename)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        problem = explain(error, text, filename)
        raise ConfigError(f"The Python tools cannot be used: {problem}", "Correct that line.") from None


def _bound(text: str) -> None:
    """Refuse what would block the worker, or overflow WebAssembly's stack, which ends it."""
    if len(text) > MAX_SOURCE:
        problem = f"they have {len(text)} characters, and {MAX_SOURCE} are allowed"
        raise ConfigError(f"The Python tools cannot be used: {problem}", "Put the rest into a package.")
    for number, line in enumerate(text.split("\n"), 1):
        parts = _STRING.sub("", line).split(",") if len(line) > MAX_OPERATORS else ()
        if any(len(_OPERATOR.findall(part)) > MAX_OPERATORS for part in parts):
            problem = f"line {number} has more than {MAX_OPERATORS} operators"
            raise ConfigError(f"The Python tools cannot be used: {problem}", "Split that line.")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements of a tree, without the expressions in them, of which there are many more."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        children = getattr(node, name, ())
        for child in children if isinstance(children, list) else ():
            yield child
            yield from _statements(child)


def _imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The top-level modules that these nodes import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _outside_of_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _outside_of_functions(child)


def _is_there(name: str) -> bool:
    try:
        return name in sys.modules or find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _unwrapped(value: object) -> object:
    """The function below decorators such as `functools.cache`."""
    try:
        return inspect.unwrap(value) if callable(value) else value
    except ValueError:  # a function that wraps itself
        return value
