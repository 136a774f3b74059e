"""The messages of a host call (`page.calls`): the worker calls the page, which answers in pieces.

Plain dicts, typed here and never validated.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypeAliasType, TypedDict

from .code_messages import CodeAnswerRequest, CodeRunRequest


class ToolRequest(TypedDict):
    """A call of one of the session's tools. `args` have been checked against the tool's schema.

    `version` is that of the function that was approved, empty if no approval was needed. No other one may run.
    `idempotency_key` is the same when the call runs again after a crash.
    """

    name: str
    args: dict[str, Any]
    call_id: str
    version: str
    idempotency_key: str


class ToolVersionRequest(TypedDict):
    """Which version of a tool's function the page has now: a text that differs for every function."""

    name: str


class HookRequest(TypedDict):
    """A hook to run. `index` is the function's place in `createSession({hooks})`, `input` is what it is given."""

    event: str
    index: int
    input: dict[str, Any]


class PageModelMessage(TypedDict):
    """A message for a model of the page."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(TypedDict):
    """A request to the model `model` of `createRuntime({models})`. Each piece of the answer is text."""

    model: str
    messages: list[PageModelMessage]


class EmbedRequest(TypedDict):
    """Texts for the function `embed` of the model `model` of `createRuntime({models})`. The result is `number[][]`."""

    model: str
    texts: list[str]


class FetchRequest(TypedDict):
    """An HTTP request for `createRuntime({fetch})`. The first piece is a `FetchHead`, the others are bytes."""

    url: str
    method: str
    headers: dict[str, str]
    redirect: Literal["error", "follow"]
    body: NotRequired[str]


class FetchHead(TypedDict):
    """Status and headers of an answer. `url` is where it came from if redirects were followed, else empty."""

    status: int
    url: str
    headers: dict[str, str]


class _HostCall(TypedDict):
    """`call` numbers the calls of a worker. The page may send `credit` pieces before it is granted more."""

    type: Literal["call"]
    call: int
    credit: int


class ToolHostCall(_HostCall):
    what: Literal["tool"]
    session: str
    input: ToolRequest


class ToolVersionHostCall(_HostCall):
    what: Literal["tool_version"]
    session: str
    input: ToolVersionRequest


class HookHostCall(_HostCall):
    what: Literal["hook"]
    session: str
    input: HookRequest


class ModelHostCall(_HostCall):
    what: Literal["model"]
    input: ModelRequest


class EmbedHostCall(_HostCall):
    what: Literal["embed"]
    input: EmbedRequest


class FetchHostCall(_HostCall):
    what: Literal["fetch"]
    input: FetchRequest


class CodeRunHostCall(_HostCall):
    what: Literal["code_run"]
    session: str
    input: CodeRunRequest


class CodeMissingHostCall(_HostCall):
    what: Literal["code_missing"]
    input: None


class CodeAnswerHostCall(_HostCall):
    what: Literal["code_answer"]
    session: str
    input: CodeAnswerRequest


HostCall = TypeAliasType(
    "HostCall",
    ToolHostCall
    | ToolVersionHostCall
    | HookHostCall
    | ModelHostCall
    | EmbedHostCall
    | FetchHostCall
    | CodeRunHostCall
    | CodeMissingHostCall
    | CodeAnswerHostCall,
)
What: TypeAlias = Literal[
    "tool", "tool_version", "hook", "model", "embed", "fetch", "code_run", "code_missing", "code_answer"
]


class CallCancel(TypedDict):
    """The answer is no longer wanted.

    `linger`: the worker has read what it needs, so the answer may be given a moment to end by itself.
    """

    type: Literal["call_cancel"]
    call: int
    linger: bool


class CallCredit(TypedDict):
    """The page may send `pieces` more pieces."""

    type: Literal["call_credit"]
    call: int
    pieces: int


class Piece(TypedDict):
    """From the page: a piece of the answer to a host call.

    It holds a `value` or `bytes` (base64). `done` marks the last piece, whose `value` is the result. A failed call ends
    with `error`, the text of what was thrown, and a `kind` where the page has one.
    """

    type: Literal["piece"]
    call: int
    value: NotRequired[Any]
    bytes: NotRequired[str]
    done: NotRequired[Literal[True]]
    error: NotRequired[str]
    kind: NotRequired[str]
