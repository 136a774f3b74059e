"""Runs the code that the page passes in, one run at a time, and sends back its output and its result."""

from __future__ import annotations

import asyncio
import builtins
import io
import json
import os
import sys
import warnings
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..jsontext import read
from .folder import Folder
from .functions import Functions, ToolError
from .output import NoInput, Output
from .packages import install
from .plots import Plots
from .problems import describe
from .shown import Shown
from .source import compile_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FOLDER: Final = "/home/pyodide/work"
_PACKAGES: Final = "/lib/python3.14/site-packages"
_SPARE: Final = 2_000  # characters of output that the page allows beyond what the harness does
_FILENAME: Final = "code.py"


def start(
    send: Callable[[str], object],
    folder: str = _FOLDER,
    site: str = _PACKAGES,
    *,
    limit: Callable[[int], object] = lambda _: None,
) -> Callable[[str], None]:
    """Start the harness. Messages go to `send` and come in by the function that is returned, as JSON texts.

    `limit` is called with the time limit of a run, in milliseconds, and with 0 when its code has ended.
    """
    harness = Harness(send, folder, site, limit)
    harness.send({"type": "ready"})
    return harness.receive


class Harness:
    """The state that outlasts a run with `keep`: the names of the code, and the files."""

    def __init__(self, send: Callable[[str], object], folder: str, site: str, limit: Callable[[int], object]) -> None:
        self._post = send
        self._limit = limit
        self._folder = Folder(folder)
        self._site = site
        self._module: ModuleType | None = None
        self._runs = 0  # that the names have seen
        self._functions: Functions | None = None
        self._busy = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._own: set[str] = set()  # files of the code, by the names that tracebacks have

    def send(self, message: dict[str, Any]) -> None:
        self._post(json.dumps(message))

    def receive(self, text: str) -> None:
        """Take a message: a run, or the answer to a call of the run."""
        message = read(text)
        if message["type"] == "answer" and self._functions is not None:
            self._functions.answer(message.get("call"), message.get("value"), message.get("error"))
        elif message["type"] == "run":
            task = asyncio.ensure_future(self._one(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _one(self, message: dict[str, Any]) -> None:
        async with self._busy:
            number = message["id"]
            result: dict[str, Any] = {}
            try:
                result = await self._run(message)
            except BaseException as error:  # also what the code has left behind: a result is sent in every case
                result = {"error": describe(error, self._is_own)}
            self.send({"type": "result", "id": number, **result})

    async def _run(self, message: dict[str, Any]) -> dict[str, Any]:
        number, limits = message["id"], message["limits"]
        output = Output(
            lambda stream, text: self.send({"type": "output", "id": number, "stream": stream, "text": text}),
            max(limits["output_chars"] - _SPARE, 1),
        )
        self._functions = functions = Functions(
            lambda call, name, args: self.send({"type": "call", "id": number, "call": call, "name": name, "args": args})
        )
        plots = Plots()
        shown = Shown(plots)
        if self._module is None or not message["keep"]:
            self._module, self._runs = ModuleType("__main__"), 0
        self._runs += 1
        names = vars(self._module)
        names.update(__builtins__=builtins, exit=sys.exit, quit=sys.exit, display=shown.display, ToolError=ToolError)
        names.update(functions.make(message["functions"]))
        self._folder.put(message["files"])
        with self._as_program(self._module, output):
            result: dict[str, Any] = {"run": self._runs}
            work = self._executed(message["code"], message.get("packages", []), names, shown)
            task = asyncio.ensure_future(work)
            self._limit(limits["time_ms"])
            await asyncio.wait({task})
            self._limit(0)
            result |= task.result()
            for left in asyncio.all_tasks() - {task}:
                if self._is_own(_file_of(left)):
                    left.cancel()
            await asyncio.sleep(0)  # in which these end
            output.close()
            functions.close()
            _write_out(names)
        files, left_out = self._folder.changed(limits["files"], limits["file_bytes"])
        for file in files:
            plots.take_file(file)
        return {
            **result,
            "shown": shown.displayed,
            "plots": plots.found,
            "files": files,
            "left_out": [*plots.left_out, *left_out],
        }

    async def _executed(self, code: str, wheels: list[str], names: dict[str, Any], shown: Shown) -> dict[str, Any]:
        """Run the code. Raises nothing: the code may raise anything, and cancel the task in which it runs."""
        result: dict[str, Any] = {}
        try:
            install(wheels, self._site)
            filename = _FILENAME if self._runs == 1 else f"code_{self._runs}.py"
            self._own.add(filename)
            value = await compile_source(code, filename).run(names)
            result["value"] = shown.value(value)
        except SystemExit as error:
            result["exit"] = "exit()" if error.code in (None, 0) else f"exit({error.code!r})"[:500]
        except BaseException as error:
            result["error"] = describe(error, self._is_own)
        try:
            shown.plots.take_figures()
        except BaseException as error:
            result.setdefault("error", describe(error, self._is_own))
        return result

    def _is_own(self, filename: str) -> bool:
        return filename in self._own or filename.startswith(self._folder.path + os.sep)

    @contextmanager
    def _as_program(self, module: ModuleType, output: Output) -> Iterator[None]:
        """The interpreter as a program expects it. What is changed here is as before afterwards."""
        names = ("stdout", "stderr", "stdin", "argv", "path")
        former = {name: getattr(sys, name) for name in names}
        main, place = sys.modules.get("__main__"), os.getcwd()
        sys.stdout, sys.stderr, sys.stdin = output.stdout, output.stderr, NoInput()
        sys.argv, sys.path = [_FILENAME], [self._folder.path, *sys.path]
        sys.modules["__main__"] = module
        os.environ.setdefault("MPLBACKEND", "agg")
        os.chdir(self._folder.path)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*non-interactive")  # figures are taken at the end
                yield
        finally:
            for name, value in former.items():
                setattr(sys, name, value)
            if main is not None:
                sys.modules["__main__"] = main
            os.chdir(place)


def _file_of(task: asyncio.Task[Any]) -> str:
    """Where the coroutine that a task runs was written."""
    return str(getattr(getattr(task.get_coro(), "cr_code", None), "co_filename", ""))


def _write_out(names: dict[str, Any]) -> None:
    """Write what files hold back that the code has left open."""
    for value in list(names.values()):
        if isinstance(value, io.IOBase):
            with suppress(Exception):
                value.flush()
