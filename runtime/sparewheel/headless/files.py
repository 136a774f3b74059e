"""The built files for a web site: served from this machine, or copied to where a site's files are."""

from __future__ import annotations

import shutil
import webbrowser
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from .static import StaticServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OWN: Final = "headless.html"  # by which a folder is known as a copy


def serve(dist: Path, port: int, *, open_page: bool, tell: Callable[[str], object]) -> None:
    """Serve the page on 127.0.0.1 until Ctrl-C.

    Args:
        dist: the built files.
        port: 0 takes a free one.
        open_page: open the page in the default browser.
        tell: gets the address.

    Raises:
        ConfigError: the port cannot be used.
    """
    try:
        server = StaticServer(dist, port)
    except OSError as error:
        raise ConfigError(f"cannot serve on port {port}: {error.strerror}", "Choose another one with --port.") from None
    with server:
        tell(f"serving {server.url} (Ctrl-C to stop)")
        if open_page:
            webbrowser.open(server.url)
        try:
            server.wait()
        except KeyboardInterrupt:
            tell("stopped")


def copy(dist: Path, target: Path) -> None:
    """Copy the built files into a folder. An earlier copy is replaced as a whole, so that no old file stays.

    Raises:
        ConfigError: the folder has other files, or cannot be written.
    """
    if target.resolve().is_relative_to(dist.resolve()):
        raise ConfigError(f"{target} is inside the files to copy", "Name another folder.")
    try:
        if target.exists() and any(target.iterdir()):
            if not (target / _OWN).is_file():
                raise ConfigError(f"{target} has files that are not a copy of Sparewheel", "Name a folder of its own.")
            shutil.rmtree(target)
        shutil.copytree(dist, target, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror or error}", "Name another folder.") from None
