"""The messages of the code sandbox, between the worker and the page (`web/client/code`).

The host call `code_run` runs code, `code_answer` answers a call of that code. Plain dicts, typed here and never
validated.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypeAliasType, TypedDict


class CodeLimits(TypedDict):
    """What a run of code may take. `output_chars` is of what it prints, `files` and `file_bytes` of what it leaves.

    `memory_mb` bounds Python's own memory, which has about 50 MB at the start.
    """

    time_ms: int
    output_chars: int
    memory_mb: int
    files: int
    file_bytes: int


class CodeFunction(TypedDict):
    """A function that the code may call. `args` are the names of its parameters, in order."""

    name: str
    doc: str
    args: NotRequired[list[str]]


class CodePackage(TypedDict):
    """A wheel. `file` is its URL, which may be relative to the folder `pyodide/`."""

    name: str
    file: str
    sha256: str


class CodeSetup(TypedDict):
    """What the agent's code toolset gives to code: the wheels that it needs, and its limits."""

    packages: list[CodePackage]
    limits: CodeLimits


class CodeRunRequest(TypedDict):
    """Python code for the sandbox. `files` are base64 by path. `keep`: in the state that the last such run has left.

    Each piece is a `CodePiece`, the result is a `CodeEnd`. Without a sandbox the call fails with the kind
    `code_unavailable`.
    """

    code: str
    files: dict[str, str]
    keep: bool
    functions: list[CodeFunction]
    packages: list[CodePackage]
    limits: CodeLimits


class CodeAnswerRequest(TypedDict):
    """The result of a call of the code: a `value`, or an `error`, which is raised there.

    `run` is the number of the host call, `id` that of the code's call. The result is whether the code still waits.
    """

    run: int
    id: int
    value: NotRequired[Any]
    error: NotRequired[str]


class CodeOutput(TypedDict):
    """Text that the code has printed."""

    type: Literal["output"]
    stream: Literal["stdout", "stderr"]
    text: str


class CodeCall(TypedDict):
    """A call of one of the functions."""

    type: Literal["call"]
    id: int
    name: str
    args: dict[str, Any]


class CodeShown(TypedDict):
    """A value as text, or as a table in Markdown."""

    kind: Literal["text", "markdown"]
    text: str


class CodeError(TypedDict):
    """What the code raised. `text` is the traceback, `line` that of the code, None if it has none."""

    type: str
    message: str
    text: str
    line: int | None


class CodePlot(TypedDict):
    """A picture, in base64."""

    mime: str
    data: str
    name: str


class CodeFile(TypedDict):
    """A file that the code has left, in base64."""

    path: str
    data: str


class CodeResult(TypedDict):
    """The result of a run. The code may have written anything into it; the page has checked shapes and sizes.

    `exit` is the call that has ended it, `left_out` the names of files and plots that were too much, `run` counts the
    runs that share a state.
    """

    value: CodeShown | None
    exit: str | None
    error: CodeError | None
    shown: list[CodeShown]
    plots: list[CodePlot]
    files: list[CodeFile]
    left_out: list[str]
    run: int | None


class CodeEnd(TypedDict):
    """How a run has ended. `result` is None unless `status` is `done`; then `detail` is why, as half a sentence.

    `died`: Python has ended, or has sent something that is not a message. With every status but `done`, a kept state is
    lost.
    """

    status: Literal["done", "time", "memory", "output", "died", "stopped"]
    result: CodeResult | None
    detail: str


CodePiece = TypeAliasType("CodePiece", CodeOutput | CodeCall)
