"""The protocol between the page and the worker: everything that each side may send.

The page sends commands, each of which gets one `Reply`, and the pieces of host calls (`page.calls`). The worker sends
replies, the events of turns, host calls and what it has learnt of the health of models. All of it is JSON, one text a
message. Only the messages of the start are objects, because they do not reach Python.

The parameters of commands (`page.commands`) are pydantic models: what comes from outside is validated. What the worker
sends are plain dicts, typed here and in `page.results`, and never validated. `web/protocol.d.ts` is generated from all
three by `python -m bundle.typings`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field, WithJsonSchema

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypeAliasType, TypedDict

from ..errors import Code, KeyRequest, Kind, MissingKey
from ..events import AttemptRecord, Event
from .call_messages import CallCancel, CallCredit, FetchHead, HostCall, Piece
from .code_messages import CodeEnd, CodePiece
from .commands import Commands
from .results import ChatMessage, DriverChanged, HealthEntry, Results

# Types of `web/events.d.ts`, which the generated file imports.
_Events: TypeAlias = Annotated[list[Event], WithJsonSchema({"tsType": "Event[]"})]
_Kind: TypeAlias = Annotated[Kind, WithJsonSchema({"tsType": "Kind"})]
_Code: TypeAlias = Annotated[Code, WithJsonSchema({"tsType": "Code"})]
_Attempts: TypeAlias = Annotated[list[AttemptRecord], WithJsonSchema({"tsType": "AttemptRecord[]"})]

# Starting: objects between `sparewheel.js` and `worker.js`. ---------------------------------------------------------

Stage = TypeAliasType(
    "Stage",
    Annotated[
        Literal["worker", "check", "snapshot", "pyodide", "packages", "runtime"],
        Field(
            description="The stages of starting, in order. `worker` lasts until the worker's first message. "
            "`snapshot` is Python with its packages from a snapshot of its memory; `pyodide` and `packages` replace it "
            "without one, and follow it if it fails."
        ),
    ],
)


class Boot(TypedDict):
    """From the page: start Python from the folder `indexURL`. `snapshot: false` does without the memory snapshot.

    `build` is the id of the page's build. A worker of another build refuses to start.
    """

    type: Literal["boot"]
    indexURL: str
    build: str
    snapshot: NotRequired[bool]


class Progress(TypedDict):
    """How far starting has come.

    `done` and `total` are bytes received in this stage and expected, where known; `ms` is the time since the worker
    began to start.
    """

    type: Literal["progress"]
    stage: Stage
    message: str
    ms: float
    done: NotRequired[int]
    total: NotRequired[int]


class Ready(TypedDict):
    """Commands are handled from now on; starting took `ms` milliseconds."""

    type: Literal["ready"]
    ms: float


class BootFailed(TypedDict):
    """Python could not be started. `hint` is what the reader can do about it.

    `final`: a start without the snapshot would fail as well.
    """

    type: Literal["boot_failed"]
    stage: Stage
    reason: str
    hint: str
    final: NotRequired[bool]


# Replies and events -------------------------------------------------------------------------------------------------


class ErrorFacts(TypedDict):
    """An error, as `SparewheelError.to_dict` gives it."""

    message: str
    kind: _Kind
    code: _Code
    hint: str
    retryable: bool
    attempts: _Attempts
    status: NotRequired[int]
    provider: NotRequired[str]
    model: NotRequired[str]
    key_requests: NotRequired[list[KeyRequest]]
    missing_keys: NotRequired[list[MissingKey]]


class Reply(TypedDict):
    """The answer to the command `id` (null if that could not be read): `error`, or the command's `Results`."""

    type: Literal["reply"]
    id: int | None
    result: NotRequired[Any]
    error: NotRequired[ErrorFacts]


class Events(TypedDict):
    """Events of a session, in order: all that one network chunk has brought."""

    type: Literal["events"]
    session: str
    events: _Events


class HealthNews(TypedDict):
    """A change that other tabs of the origin should know."""

    type: Literal["health"]
    entry: HealthEntry


class Command(TypedDict):
    """From the page: `method` is one of `Commands`, which has the type of its `params`."""

    id: int
    method: str
    params: dict[str, Any]


class Ping(TypedDict):
    """From the page, as an object, at any time after the start: does the worker's event loop run?"""

    type: Literal["ping"]


class Pong(TypedDict):
    """The answer to a `Ping`, as an object."""

    type: Literal["pong"]


class Blocking(TypedDict):
    """The worker may be kept from answering for so many seconds, by a Python tool or a download; 0: it is not."""

    type: Literal["blocking"]
    seconds: float


class Conversation(TypedDict):
    """What the session's conversation holds from message number `start` on, after a turn or a restart.

    The page keeps it, to create the session again if the worker dies.
    """

    type: Literal["conversation"]
    session: str
    start: int
    messages: list[ChatMessage]


class Recorded(TypedDict):
    """A line of the recording that the command `record` has begun, without its line end."""

    type: Literal["recorded"]
    line: str


class RuntimeRestarted(TypedDict):
    """For listeners of the page: a worker that died was replaced; these sessions are created again when used.

    It stands outside a turn. A conversation goes on after its last completed turn; approvals that were granted, todos,
    plans and files of the session are lost.
    """

    type: Literal["runtime_restarted"]
    turn: None
    seq: None
    reason: str
    sessions: list[str]


class TitleEvent(TypedDict):
    """The conversation has got a title: one line of at most 80 characters. It stands outside a turn."""

    type: Literal["title"]
    turn: None
    seq: None
    title: str


class Notice(TypedDict):
    """An event of a session that stands outside of its turns, for its listener."""

    type: Literal["notice"]
    session: str
    event: TitleEvent | DriverChanged


WorkerMessage = TypeAliasType(
    "WorkerMessage",
    Reply | Events | HealthNews | HostCall | CallCancel | CallCredit | Blocking | Conversation | Notice | Recorded,
)
PageMessage = TypeAliasType("PageMessage", Command | Piece)
BootMessage = TypeAliasType("BootMessage", Progress | Ready | BootFailed)


class Protocol(TypedDict):
    """Everything that crosses the line."""

    boot: Boot
    from_worker: WorkerMessage | BootMessage
    from_page: PageMessage
    fetch_head: FetchHead
    code_piece: CodePiece
    code_end: CodeEnd
    ping: Ping
    pong: Pong
    restarted: RuntimeRestarted
    commands: Commands
    results: Results


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of `Protocol`."""
    from pydantic import TypeAdapter  # here, because no message is validated by it

    adapter: TypeAdapter[Any] = TypeAdapter(Protocol)
    return adapter.json_schema()
