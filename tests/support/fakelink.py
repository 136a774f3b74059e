"""A link of the headless driver whose other side a test plays."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from sparewheel.headless.driver import Runtime
from sparewheel.headless.link import Link

START = {"type": "start", "turn": "t", "seq": 1}


DELTA = {"type": "delta", "turn": "t", "seq": 2, "content": "Hel"}


FINISH = {"type": "finish", "turn": "t", "seq": 3}


ERROR = {"type": "error", "turn": "t", "seq": 3, "message": "all failed"}


ABORTED = {"type": "aborted", "turn": "t", "seq": 3}


RESULT = {"message": {"role": "assistant", "content": "Hel"}}


FACTS = {"kind": "overloaded", "message": "all failed", "hint": "wait", "status": 529, "attempts": [{"attempt": 1}]}


STOPPED = {"kind": "aborted", "message": "The turn was aborted."}


class FakeLink(Link):
    """Notes the commands; `answer` plays the other side."""

    def __init__(self, answer: Callable[[FakeLink, dict[str, Any]], Awaitable[None]]) -> None:
        super().__init__()
        self.hide({"KEY": "sk-CANARY"})
        self.methods: list[str] = []
        self.sent: dict[str, Any] = {}  # the command that runs
        self.reasons: list[str] = []  # of aborts
        self._answer = answer

    def hear(self, *messages: dict[str, Any]) -> None:
        self.receive(json.dumps(messages))

    def events(self, *events: dict[str, Any]) -> None:
        self.hear({"type": "events", "session": "s1", "events": events})

    def reply(self, command: dict[str, Any], **outcome: Any) -> None:
        self.hear({"type": "reply", "id": command["id"], **outcome})

    async def _boot(self, stack: AsyncExitStack) -> None:
        await self._answer(self, {"method": "boot"})

    async def _post(self, text: str) -> None:
        for command in json.loads(text):
            self.methods.append(command["method"])
            self.reasons += [command["params"]["reason"]] if command["method"] == "abort" else []
            await self._answer(self, command)


async def plays_on_until_aborted(link: FakeLink, command: dict[str, Any]) -> None:
    if command["method"] == "send":
        link.sent = command
        link.events(START, DELTA)
    else:
        link.reply(command, result=None)
        link.events(ABORTED)
        link.reply(link.sent, error=STOPPED)


async def finishes(link: FakeLink, command: dict[str, Any]) -> None:
    link.events(START, DELTA)
    link.events(FINISH)
    link.reply(command, result=RESULT)


async def fails(link: FakeLink, command: dict[str, Any]) -> None:
    link.events(START, ERROR)
    link.reply(command, error=FACTS)


async def is_mute(link: FakeLink, command: dict[str, Any]) -> None:
    pass


async def collect(runtime: Runtime, prompt: str = "Hi") -> list[dict[str, Any]]:
    return [event async for event in runtime.stream(prompt)]
