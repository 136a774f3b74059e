"""The sign-in to a server, as its HTTP client uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..base import AskUser


class Authorizer(Protocol):
    """Adds credentials to the requests to one server."""

    async def headers(self) -> Mapping[str, str]:
        """The headers to send with the next request. Their values are secrets."""

    async def challenged(self, status: int, www_authenticate: str | None, ask: AskUser) -> bool:
        """The server has refused a request. Returns whether to send it again, with new headers; that happens once.

        Args:
            status: 401 or 403.
            www_authenticate: the header, None where the server sends none or the browser hides it.
            ask: asks the user.

        Raises:
            ToolError: the sign-in failed; the text tells what to do.
        """


class NoAuthorizer:
    """Signs in nowhere: the headers of the agent file are all there is."""

    async def headers(self) -> Mapping[str, str]:
        return {}

    async def challenged(self, status: int, www_authenticate: str | None, ask: AskUser) -> bool:
        return False
