"""Texts that a page sends to the worker: each command gets one reply, whatever it has in it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from sparewheel.jsontext import read
from sparewheel.testing import Reply, openai_chat
from sparewheel.worker import Worker
from tests.fuzz import seeds
from tests.support.fakeloop import run
from tests.support.scripted import check_rules
from tests.support.turns import Patient

_OPEN: Final = json.dumps(seeds.COMMANDS[2])
_CALLING: Final = Reply(seeds.STREAMS["openai"][2])
_SECONDS: Final = 3600.0  # of the fake clock, after which everything that can end has ended


def check_commands(texts: list[str]) -> None:
    """A session is opened, then the texts come: no exception, one reply for each command, no key, no task left."""
    said: list[Any] = []

    async def main() -> None:
        transport = Patient({"a": [_CALLING]}, Reply(openai_chat(text="Done.")))
        worker = Worker(lambda text: said.append(json.loads(text)), transport)
        worker.dispatch(_OPEN)
        for text in texts:
            worker.dispatch(text)
            for _ in range(20):
                await asyncio.sleep(0)
        await asyncio.sleep(_SECONDS)
        worker.dispatch('{"id": "last", "method": "abort", "params": {}}')
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)
        assert transport.open == 0

    run(main())
    commands = [command for command in map(_command, [_OPEN, *texts]) if command.get("type") != "piece"]
    replies = [message for message in said if message["type"] == "reply"]
    assert len(replies) == len(commands) + 1
    for reply in replies:
        error = reply.get("error") or {}
        assert error.get("kind") != "internal", error
    turns: dict[str, list[Any]] = {}
    for message in said:
        for event in message["events"] if message["type"] == "events" else ():
            turns.setdefault(event["turn"], []).append(event)
    for events in turns.values():
        check_rules(events)
    assert "CANARY" not in json.dumps(said)


def _command(text: str) -> dict[str, Any]:
    try:
        value = read(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
