"""What built-in tools may use of their session: transport, storage, clock and facts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ..chain.chain import Chain
    from ..config.specs import ModelSpec, ResolvedAgent
    from ..messages import Message
    from ..transports.base import Transport, Url
    from ..usage import Usage

State = TypeVar("State", bound=BaseModel)


class KeyValue(Protocol):
    """Texts by key, kept with a session beside its conversation. They survive `restart()`."""

    async def get(self, key: str) -> str | None: ...

    async def set(self, key: str, value: str) -> None: ...

    async def delete(self, key: str) -> None:
        """Delete a key; a missing key is not an error."""

    async def keys(self) -> list[str]: ...


class MemoryStore:
    """`KeyValue` in `texts`, which is changed. `changed` is called with each change; None: deleted."""

    def __init__(
        self, texts: dict[str, str] | None = None, changed: Callable[[str, str | None], object] = lambda *_: None
    ) -> None:
        self._texts = {} if texts is None else texts
        self._changed = changed

    async def get(self, key: str) -> str | None:
        return self._texts.get(key)

    async def set(self, key: str, value: str) -> None:
        self._texts[key] = value
        self._changed(key, value)

    async def delete(self, key: str) -> None:
        if self._texts.pop(key, None) is not None:
            self._changed(key, None)

    async def keys(self) -> list[str]:
        return list(self._texts)


class SessionFacts(Protocol):
    """The part of a session that its tools may read and change."""

    @property
    def agent(self) -> str:
        """The name of the agent that is running."""

    def messages(self) -> Sequence[Message]:
        """The whole conversation, including messages that are no longer sent to the model."""

    def models(self) -> Sequence[str]:
        """The models that can be chosen: names of the agent file, or `provider/model`."""

    def choose_model(self, ref: str | None) -> None:
        """Use the model `ref` from the next step on; None: the agent's own. Raises `ConfigError`."""


@dataclass(slots=True)
class SignIns:
    """What a sign-in to a server needs of the session.

    Attributes:
        redirect_uri: where authorization servers send the user back to; "" if there is no such page.
        allow_hosts: to which a secret of the agent file may go as well; see `createSession`.
        attended: whether a user can be asked.
        turn: an object that is the same during a turn, and another one in the next.
        hide: gets the tokens, which must not be shown.
        made: the sign-ins, which outlive a change of the agent file.
    """

    redirect_uri: str = ""
    allow_hosts: Collection[str] = ()
    attended: Callable[[], bool] = lambda: False
    turn: Callable[[], object] = lambda: None
    hide: Callable[[Iterable[str]], object] = lambda _: None
    made: dict[Hashable, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Services:
    """Shared by all built-in toolsets of a session. `tool_proxy`: the egress proxy of the session."""

    transport: Transport
    session: SessionFacts
    now: Callable[[], datetime]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    store: KeyValue = field(default_factory=MemoryStore)
    sign_ins: SignIns = field(default_factory=SignIns)
    documents: Mapping[str, str] = field(default_factory=dict)
    """Of the session, by name."""
    models: Mapping[str, ModelSpec] = field(default_factory=dict, repr=False)
    """That tools ask beside the turn, by reference."""
    root: ResolvedAgent | None = None
    """The agent whose retries and time limits hold for these models."""
    spend: Callable[[Usage, float], None] = lambda *_: None
    """Counts the tokens and the cost (US dollars) of these models for the session's budgets."""
    side_chain: Callable[[str, int], Chain | None] = lambda *_: None
    """The models of an agent, by its name, for short answers (tokens) beside the turn; None if none may be asked."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What tools keep in memory as long as the session is open, by key: it outlasts a change of its options."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while stored state is changed, because sub-agents that run concurrently share it."""
    tool_proxy: Url | None = None
    trace: bool = False
    """Whether requests to models are reported as events."""

    def transport_for(self, *, private: bool) -> Transport:
        """What the requests of a toolset go through: the egress proxy of the session, if there is one.

        The proxy asks no private networks, so requests of a toolset that may (`allow_private_ips`) go out directly.
        """
        if self.tool_proxy is None or private:
            return self.transport
        from ..transports.egress import EgressTransport

        return EgressTransport(self.transport, self.tool_proxy)

    async def load(self, key: str, model: type[State]) -> State:
        """The state stored under `key`, or a new `model()`."""
        text = await self.store.get(key)
        return model() if text is None else model.model_validate_json(text)

    @asynccontextmanager
    async def change(self, key: str, model: type[State]) -> AsyncIterator[State]:
        """Load the state, yield it for changes, store it. Nothing is stored if the caller raises."""
        async with self.lock:
            state = await self.load(key, model)
            yield state
            await self.store.set(key, state.model_dump_json())
