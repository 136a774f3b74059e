"""The terms that every wire format shares: what is asked, what comes back, and what a format has to provide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..messages import Message
    from ..sse import ServerSentEvent
    from ..transports.base import HttpRequest
    from .assembly import Assembly


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it. `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The shape an answer must have: `schema` is a JSON schema of an object."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""
    strict: bool = True


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One step's question to one model. The conversation is neutral: the wire format renders it for its API.

    `with_usage`: where a format tells usage only if it is asked to, ask.
    """

    spec: ModelSpec
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    output: OutputSchema | None = None
    with_usage: bool = True


class StreamDecoder(Protocol):
    """Reads one response of its format into an `Assembly`."""

    def feed(self, event: ServerSentEvent) -> None:
        """Take one event. Raises `ProviderError` for an error object, or for bytes that are not the format."""

    @property
    def ended(self) -> bool:
        """Whether the format's end marker has come. A body that ends without it is truncated, never finished."""


class WireFormat(Protocol):
    """One API: how a request is written, and how its stream is read."""

    dialect: ClassVar[Dialect]
    """How the API wants the JSON schemas of tools."""

    def request(self, request: ModelRequest) -> HttpRequest: ...

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> StreamDecoder:
        """A fresh decoder; `spec` tells what its server does otherwise, where the format leaves room for that."""
