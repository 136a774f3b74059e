"""A browser that runs elsewhere: a server of Playwright's protocol, or of the Chrome DevTools Protocol (CDP)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..errors import ConfigError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserType

    from .browser import Engine

_CDP: Final = "cdp+"  # before the address of a WebSocket that speaks it
_CDP_PATHS: Final = ("/devtools/", "/se/cdp")  # Chromium's own, and Selenium Grid's


@dataclass(frozen=True, slots=True)
class Remote:
    """`url` is where the browser is: `http(s)://` and `cdp+ws(s)://` speak CDP, `ws(s)://` Playwright's protocol.

    A WebSocket with one of the paths of CDP needs no `cdp+`. `assets` is where the browser loads the built files from;
    None: from this machine.

    Raises:
        ConfigError: an address is none, or the engine has no CDP.
    """

    engine: Engine
    url: str = field(repr=False)  # it may have a token in it
    assets: str | None = None

    def __post_init__(self) -> None:
        if not re.match(r"(?:https?|(?:cdp\+)?wss?)://[^/]", self.url):
            hint = "Write ws://HOST…, http://HOST:PORT (CDP) or cdp+ws://HOST…"
            raise ConfigError("the address of a remote browser is not one of a WebSocket, nor of CDP", hint)
        if self.assets is not None and not re.match(r"https?://[^/]", self.assets):
            raise ConfigError("assets must be the http(s) address of the built files")
        if self.cdp and self.engine != "chromium":
            raise ConfigError(f"CDP drives chromium, not {self.engine}", "Use a server of Playwright's protocol.")

    @property
    def cdp(self) -> bool:
        """Whether the browser is driven over CDP."""
        path = urlsplit(self.url).path
        return self.url.startswith(("http", _CDP)) or any(part in path for part in _CDP_PATHS)

    @property
    def name(self) -> str:
        """The address without what may be secret."""
        parts = urlsplit(self.url.removeprefix(_CDP))
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"

    async def connect(self, kind: BrowserType, limit: float, reach: str) -> Browser:
        """Connect within `limit` milliseconds. `reach` is the `host:port` that the browser has to reach through us."""
        url = self.url.removeprefix(_CDP)
        if self.cdp:  # it tunnels nothing
            return await kind.connect_over_cdp(url, timeout=limit)
        return await kind.connect(url, timeout=limit, expose_network=reach)
