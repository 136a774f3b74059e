"""The harness of the sandbox on CPython: runs code in this process, and answers its calls."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparewheel.sandboxed import start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMITS = {"time_ms": 10_000, "output_chars": 12_000, "files": 5, "file_bytes": 10_000}


@dataclass
class Sandbox:
    """A sandbox without walls. `messages` are those of the last run; `answer` answers the calls of the code.

    `limits` are the time limits that were set and removed.
    """

    folder: Path
    answer: Callable[[str, dict[str, Any]], dict[str, Any]] = field(default=lambda *_: {"value": "done"})
    messages: list[dict[str, Any]] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._receive: Callable[[str], None] | None = None

    async def run(self, code: str, **options: Any) -> dict[str, Any]:
        """Run code and return the result."""
        ended = asyncio.Event()

        def send(text: str) -> None:
            message = json.loads(text)
            self.messages.append(message)
            if message["type"] == "call":
                answer = self.answer(message["name"], message["args"])
                self.receive({"type": "answer", "id": 1, "call": message["call"], **answer})
            if message["type"] == "result":
                ended.set()

        self._send = send
        if self._receive is None:
            folders = (str(self.folder / name) for name in ("work", "site"))
            self._receive = start(lambda text: self._send(text), *folders, limit=self.limits.append)
        self.messages.clear()
        asked = {"type": "run", "id": 1, "code": code, "files": {}, "keep": False, "functions": [], "limits": LIMITS}
        self.receive({**asked, **options})
        async with asyncio.timeout(20):
            await ended.wait()
        return self.messages[-1]

    def receive(self, message: dict[str, Any]) -> None:
        assert self._receive is not None
        self._receive(json.dumps(message))

    def printed(self, stream: str = "stdout") -> str:
        return "".join(each["text"] for each in self.messages if each.get("stream") == stream)
