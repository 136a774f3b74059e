"""A folder in which a headless browser keeps its sessions.

It holds the browser's profile and the port of the page: what a browser stores belongs to an address.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError

if TYPE_CHECKING:
    import os

    from .browser import Engine, Launch

ENGINES: Final[tuple[Engine, ...]] = ("chromium", "firefox")
_PORT: Final = "port"


class Profile:
    """The profile of one engine in the folder `store`, which is made if it is missing.

    Attributes:
        data: the folder for the browser.
        port: of the page, the same each time.

    Raises:
        ConfigError: the engine keeps nothing, or the folder cannot be used.
    """

    def __init__(self, store: str | os.PathLike[str], launch: Launch | None) -> None:
        if launch is None or launch.engine not in ENGINES:
            raise ConfigError("A store needs a browser that keeps one.", f"The engines {' and '.join(ENGINES)} do.")
        folder = Path(store)
        self.data = folder / launch.engine
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            self.port = _port(folder / _PORT)
        except (OSError, ValueError) as error:
            raise ConfigError(f"The store {folder} cannot be used: {error}", "Name another folder.") from None


def _port(file: Path) -> int:
    """The port in a file; a free one is written to it the first time. Raises `OSError` and `ValueError`."""
    if not file.exists():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            file.write_text(f"{free.getsockname()[1]}\n")
    port = int(file.read_text()[:10])
    if not 0 < port < 65536:
        raise ValueError(f"{file} has no port in it")
    return port
