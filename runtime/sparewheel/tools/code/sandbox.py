"""The interface of the sandbox. `page.code` is the one of a page; without one, no code is run.

What comes out of a sandbox are the code's own words: `results` checks the shape of everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager


class SandboxUnavailable(Exception):
    """There is no sandbox. The text is one sentence that tells why, and what to do about it."""


class FunctionSpec(TypedDict):
    """A function of the code. `args` are the names of its arguments in order."""

    name: str
    args: list[str]
    doc: str


class Wheel(TypedDict):
    """A package. `file` is a URL, or the name of a wheel in the folder of the runtime's packages."""

    name: str
    file: str
    sha256: str


class Limits(TypedDict):
    """Of one run."""

    time_ms: int
    output_chars: int
    memory_mb: int
    files: int
    file_bytes: int


class CodeRequest(TypedDict):
    """A run. `files` are in base64, by path."""

    code: str
    files: dict[str, str]
    keep: bool
    functions: list[FunctionSpec]
    packages: list[Wheel]
    limits: Limits


class CodeRun(Protocol):
    """A run that has been started."""

    async def next(self) -> Mapping[str, Any]:
        """What it does next: `{type: output, stream, text}`, `{type: call, id, name, args}`, and last
        `{type: end, status, result, detail}`.

        Raises `SandboxUnavailable`, and `ToolError` if the run fails in another way.
        """

    async def answer(self, call: Any, *, value: str | None = None, error: str | None = None) -> None:
        """Answer a call."""


class Sandbox(Protocol):
    """Runs code. Leaving the context ends the run."""

    def run(self, request: CodeRequest) -> AbstractAsyncContextManager[CodeRun]: ...
