"""The types that all wire formats share: the request, and the interface of a format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..messages import Message
    from ..transports.base import HttpRequest
    from .assembly import Assembly


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as described to a model. `parameters` is the JSON schema of an object. `written`: as of a message."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    written: dict[object, list[bytes]] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The shape that an answer must have. `schema` is the JSON schema of an object."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""
    strict: bool = True


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to one model, independent of its API.

    `with_usage`: request token counts, in formats that send them only on request. `paused` is what the model has
    written so far, in the words of its API: the server stopped in between, and goes on from there.
    """

    spec: ModelSpec
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    output: OutputSchema | None = None
    with_usage: bool = True
    paused: Sequence[Mapping[str, Any]] = ()


class StreamDecoder(Protocol):
    """Reads the events of one response into an `Assembly`; `Frames` feeds it.

    A decoder passes the finish reason to `Assembly.finish`. An answer without a known one is not complete.
    """

    def feed(self, data: dict[str, Any], name: str) -> None:
        """Process the JSON object of the event `name`. Raises `ErrorObject` for an error, and `ProviderError`."""

    def finish(self, *, done: bool) -> None:
        """The body is over: add what the decoder still holds back. `done`: it ended with `[DONE]`."""

    @property
    def ended(self) -> bool:
        """Whether the end marker of the format was received. What follows is not read."""

    @property
    def ends_with_body(self) -> bool:
        """Whether the format has no end marker: the end of the body ends an answer that has a finish reason."""


class WireFormat(Protocol):
    """One API: writes requests and reads their streams."""

    dialect: ClassVar[Dialect]
    """The dialect of JSON schemas in this API."""

    def request(self, request: ModelRequest) -> HttpRequest: ...

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> StreamDecoder:
        """A new decoder. `spec` has the deviations of its server, where the format has such options."""
