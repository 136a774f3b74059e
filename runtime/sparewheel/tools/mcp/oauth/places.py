"""Which addresses that a server names may be requested, or opened by the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ....config.vendor_keys import is_loopback
from ...base import ToolError
from ...web.addresses import AddressRules, normalise
from .errors import SignInError

if TYPE_CHECKING:
    from ....transports.base import Url

_PUBLIC: Final = AddressRules()
_ANY: Final = AddressRules(private=True)


@dataclass(frozen=True, slots=True)
class Places:
    """The rules for one MCP server, whose address the agent file names.

    Addresses are https, and outside of private networks. `private`: those of private networks may be used too.
    `loopback`: this machine may be used too, also by http, because the MCP server is there.
    """

    private: bool
    loopback: bool

    def check(self, text: str, what: str) -> Url:
        """The address, in normal form. `what` names it in the `SignInError` that is raised if it may not be used."""
        try:
            url = normalise(text)
            if is_loopback(url.host):
                if not self.loopback:
                    raise ToolError(f"The host {url.host} is this machine.")
                return url
            (_ANY if self.private else _PUBLIC).check(text)
        except ToolError as error:
            raise SignInError(f"The server's {what} is refused: {error}") from None
        if url.scheme != "https":
            raise SignInError(f"The server's {what} is refused: {url.host} is named by http, not https.")
        return url
