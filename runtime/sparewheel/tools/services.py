"""What built-in tools may use of the session they belong to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from ..messages import Message
    from ..transports.base import Transport

State = TypeVar("State", bound=BaseModel)


class KeyValue(Protocol):
    """Texts by key; what a session keeps beside its conversation. Survives `restart()`."""

    async def get(self, key: str) -> str | None: ...

    async def set(self, key: str, value: str) -> None: ...

    async def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""

    async def keys(self) -> list[str]: ...


class MemoryStore:
    """`KeyValue` that lives as long as the session."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self._texts.get(key)

    async def set(self, key: str, value: str) -> None:
        self._texts[key] = value

    async def delete(self, key: str) -> None:
        self._texts.pop(key, None)

    async def keys(self) -> list[str]:
        return list(self._texts)


class SessionFacts(Protocol):
    """The session, as far as its tools may know and change it."""

    @property
    def agent(self) -> str:
        """The agent that is at work."""

    def messages(self) -> Sequence[Message]:
        """The conversation so far, whole: also what is no longer sent to the model."""

    def models(self) -> Sequence[str]:
        """What a model may be changed to: names of the agent file, or `provider/model`."""

    def choose_model(self, ref: str | None) -> None:
        """From the next step on use `ref`; None: the agent's own again. Raises `ConfigError`."""


@dataclass(slots=True)
class Services:
    """One per session; every built-in toolset of the session gets the same."""

    transport: Transport
    session: SessionFacts
    now: Callable[[], datetime]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    store: KeyValue = field(default_factory=MemoryStore)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while stored state is changed: sub-agents that run side by side share it."""

    async def load(self, key: str, model: type[State]) -> State:
        """What is stored under `key`, or a fresh `model()`."""
        text = await self.store.get(key)
        return model() if text is None else model.model_validate_json(text)

    @asynccontextmanager
    async def change(self, key: str, model: type[State]) -> AsyncIterator[State]:
        """Load, let the caller change it, store. Nothing is stored when the caller raises."""
        async with self.lock:
            state = await self.load(key, model)
            yield state
            await self.store.set(key, state.model_dump_json())
