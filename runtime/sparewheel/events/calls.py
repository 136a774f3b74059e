"""Calls of tools, questions to the user, and handoffs from agent to agent."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from .stamped import Between, Stamped


class ToolCallEvent(Stamped):
    """The model asks for this call, its response being complete. `args` is the JSON text of an object.

    `sandboxed`: it runs in the code sandbox, without network, storage and keys.
    """

    type: Literal["tool_call"]
    id: str
    name: str
    args: str
    sandboxed: NotRequired[bool]


class ToolConfirmationEvent(Stamped):
    """The call waits until the user has approved it (`session.confirm`).

    `args` is the JSON text of what will run; characters that cannot be seen are escaped in it. `call_id` is the call's
    id where `id` is another one, because the session has asked by the call's id before. `forced`: a rule, a hook or a
    change of the arguments demands the question, so a permanent approval does not answer the next one of its kind.
    `exclusive`: the step's calls after it wait until it is over.
    """

    type: Literal["tool_confirmation"]
    id: str
    name: str
    args: str
    call_id: NotRequired[str]
    forced: NotRequired[bool]
    exclusive: NotRequired[bool]


class InDoubtEvent(Stamped):
    """A call of a resumed turn may have had its effect before it was interrupted (`session.resolve`).

    `args` is JSON text as in `tool_confirmation`. Without a decision the turn ends with an `error` of kind `in_doubt`.
    """

    type: Literal["in_doubt"]
    id: str
    name: str
    args: str


class ConnectingEvent(Stamped):
    """Before a step, the servers of tools that are still being connected to; none: it is over, well or not."""

    type: Literal["connecting"]
    servers: list[str]


class ToolOutputEvent(Stamped):
    """How far a running call is."""

    type: Literal["tool_output"]
    id: str
    name: str
    output: str


class ToolResultEvent(Stamped):
    """The call is over, or the turn is. `output` is whole; the model may have been shown a part of it."""

    type: Literal["tool_result"]
    id: str
    name: str
    output: str
    is_error: bool


class ToolBlockedEvent(Stamped):
    """The call was not run: a hook, the permissions or the user said no. Its `tool_result` follows."""

    type: Literal["tool_blocked"]
    id: str
    name: str
    reason: str


class SignIn(TypedDict):
    """A sign-in to a server: `server` is its address, `state` that of the OAuth request."""

    server: str
    state: str


class ElicitationEvent(Stamped):
    """A tool or a source of tools asks the user (`session.respondToElicitation`).

    In mode `form`, `schema` describes the content of an answer. In mode `url`, the user is to open `url`: https, or
    http on this machine. With `sign_in`, the answer is sent when the user has come back to `oauthRedirectURI`, and its
    content has the parameters of that address: `code`, `state`, and `iss` or `error` if they are there.
    """

    type: Literal["elicitation"]
    id: str
    message: str
    mode: Literal["form", "url"]
    schema: dict[str, Any]
    url: NotRequired[str]
    sign_in: NotRequired[SignIn]


class HandoffEvent(Stamped, Between):
    """Agent `from` hands over to agent `to`; a transferred task comes back the same way."""

    type: Literal["handoff"]
    to: str
