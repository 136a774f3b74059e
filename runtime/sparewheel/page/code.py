"""The sandbox of a page, for code that a model writes: host calls start a run and answer its calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from ..tools.base import ToolError
from ..tools.code.sandbox import SandboxUnavailable
from ..transports.packages import bundled_wheels
from .calls import HostCallError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from ..transports.wheels import LockedWheel
    from .calls import HostCalls, OpenCall
    from .code_messages import CodeRunRequest

UNAVAILABLE: Final = "code_unavailable"  # the kind of an error


class PageSandbox:
    """Runs the code of one session in the page's sandbox."""

    def __init__(self, calls: HostCalls, session: str) -> None:
        self._calls = calls
        self._session = session

    def wheels(self) -> Mapping[str, LockedWheel]:
        """The packages that come with the runtime."""
        return bundled_wheels()

    async def missing(self) -> str:
        """Why there is no sandbox; empty in a browser, where only a run can tell."""
        return str(await self._calls.ask("code_missing", {}, session=self._session))

    @asynccontextmanager
    async def run(self, request: CodeRunRequest) -> AsyncIterator[_Run]:
        """Start a run."""
        async with self._calls.open("code_run", request, session=self._session) as call:
            yield _Run(call, self._calls, self._session)

    async def close(self) -> None:
        """The page ends what runs when the session ends."""


class _Run:
    def __init__(self, call: OpenCall, calls: HostCalls, session: str) -> None:
        self._call = call
        self._calls = calls
        self._session = session

    async def next(self) -> Mapping[str, Any]:
        try:
            piece = await self._call.next()
        except HostCallError as error:
            raise (SandboxUnavailable if error.kind == UNAVAILABLE else ToolError)(str(error)) from None
        value = piece.get("value")
        found: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        return {**found, "type": "end"} if piece.get("done") else found

    async def answer(self, call: Any, *, value: str | None = None, error: str | None = None) -> None:
        given = {"value": value} if error is None else {"error": error}
        request = {"run": self._call.number, "id": call, **given}
        try:
            await self._calls.ask("code_answer", request, session=self._session)
        except HostCallError:
            return  # the run has ended meanwhile
