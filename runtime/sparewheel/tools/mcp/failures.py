"""What can go wrong with a request to a server, beside an error that the server answers (`rpc.RpcError`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import ToolError

if TYPE_CHECKING:
    from .rpc import Message


class Unreachable(ToolError):
    """There was no response at all. `hidden`: the browser does not tell why, which may be CORS."""

    def __init__(self, text: str, *, hidden: bool) -> None:
        super().__init__(text)
        self.hidden = hidden


class Unanswered(ToolError):
    """The answer did not come in time, or not at all, so what was asked may have been done."""


class Refused(ToolError):
    """The server answered with an HTTP error. `message` is the JSON-RPC message in the body, if there is one."""

    def __init__(self, text: str, status: int, message: Message | None) -> None:
        super().__init__(text)
        self.status = status
        self.message = message


class Expired(ToolError):
    """The server does not know the session any more.

    It has not carried out the request, unless it has `answered` it: then its words may mean something else.
    """

    def __init__(self, text: str, *, answered: bool) -> None:
        super().__init__(text)
        self.answered = answered
