"""The interface of the sandbox: `page.code` has that of a page, `native.code` that of CPython. There is no other.

The code may have written anything that comes out of a sandbox: `results` checks the shape of everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from ...page.code_messages import CodeRunRequest
    from ...transports.wheels import LockedWheel


class SandboxUnavailable(Exception):
    """There is no sandbox. The text is one sentence that tells why, and what to do about it."""


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

    def wheels(self) -> Mapping[str, LockedWheel]:
        """The packages that come with the runtime, by name."""

    async def missing(self) -> str:
        """Why there is no sandbox, as a sentence; empty if there is one, or if only a run can tell."""

    def run(self, request: CodeRunRequest) -> AbstractAsyncContextManager[CodeRun]:
        """Start a run."""
        ...

    async def close(self) -> None:
        """End all that runs."""
