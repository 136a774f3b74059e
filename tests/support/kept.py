"""Sessions that are kept in a store, against the scripted provider."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sparewheel.chain.health import Health
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.state.approvals import Approvals
from sparewheel.state.journal import Memory, MemoryBackend, Store, StoreFailed
from sparewheel.state.journal.shelf import export
from sparewheel.worker.assemble import Extras, assemble
from sparewheel.worker.keep import new_session, stored_session
from tests.support.agentic import Toolset, agent_file
from tests.support.scripted import ENV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparewheel.messages import Message
    from sparewheel.session import Session
    from sparewheel.state.journal import Change
    from sparewheel.tools.base import Tool
    from sparewheel.transports.base import Transport

KEY = ENV["OPENAI_API_KEY"]


def survivor(memory: Memory) -> Memory:
    """What a process that is killed now leaves."""
    left = Memory()
    left.records = {name: dict(records) for name, records in memory.records.items()}
    left.headers = dict(memory.headers)
    return left


class Watched(MemoryBackend):
    """A durable storage that logs what it stores. From transaction number `fails_at` on it fails."""

    def __init__(self, memory: Memory | None = None, *, fails_at: int = 0, seconds: float = 0.0) -> None:
        super().__init__(memory or Memory(), durable=True)
        self.log: list[dict[str, Any]] = []  # records, in the order in which they became durable
        self.texts: list[str] = []  # everything that was given to the storage
        self.writes = 0
        self._fails_at = fails_at
        self._seconds = seconds

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        self.writes += 1
        for change in changes:
            self.texts += [change.session, change.header or "", *(text for _, text in change.records)]
        if self._fails_at and self.writes >= self._fails_at:
            raise StoreFailed("quota", "The storage is full.")
        await asyncio.sleep(self._seconds)
        await super().write(changes)
        self.log += [json.loads(text) for change in changes for _, text in change.records]


async def kept(
    store: Store,
    transport: Transport,
    *tools: Tool,
    text: str = "",
    name: str = "one",
    history: Sequence[Message] = (),
    again: bool = False,
    **approvals: Any,
) -> Session:
    """A session named `name` of a store: a new one, or with `again` the stored one."""
    text = text or agent_file()
    team = resolve_team(load_agent_file(text), None, ENV)
    keep = await stored_session(store, name) if again else await new_session(store, text, name)
    extras = Extras(Approvals(**{"interactive": False, **approvals}), toolsets=[Toolset(*tools)], env=ENV)
    return assemble(team, transport, Health(), extras, history, keep)


def shapes(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The records of turns in short."""
    found: list[tuple[Any, ...]] = []
    for record in records:
        match record:
            case {"type": "prompt", "messages": messages}:
                found.append(("prompt", *(message["parts"][0]["text"] for message in messages)))
            case {"type": "partial", "items": items}:
                found.append(("partial", *({k: v for k, v in item.items() if k != "attempt"} for item in items)))
            case {"type": "step", "result": result}:
                found.append(("result", result["id"], result["output"]))
            case {"type": "step", "start": start, "messages": messages}:
                found.append(("step", start, *(message["role"] for message in messages)))
            case {"type": "usage"}:
                found.append(("usage", record["attempt"], record["discarded"]))
            case {"type": "end"}:
                found.append(("end", record["outcome"], record["kept"], len(record.get("messages", []))))
    return found


async def until(conversation: Session, *types: str, prompt: str = "hi") -> tuple[list[dict[str, Any]], Any]:
    """The events of a turn up to one of `types`, and the generator, which has not been closed."""
    events: list[dict[str, Any]] = []
    batches = conversation.turn(prompt)
    async for batch in batches:
        events += [dict(event) for event in batch]
        if batch[-1]["type"] in types:
            break
    return events, batches


async def stored(store: Store) -> list[dict[str, Any]]:
    """The turns of the exported document."""
    document = await export(store, "one")
    assert isinstance(document, dict)
    return [record for record in document["records"] if record["type"] == "end"]
