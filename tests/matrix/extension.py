"""The page in an extension of Chromium, which loads it from a folder: nothing is sent, and nothing is compressed."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparewheel.headless import find

from .projects import SOURCES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, BrowserType

_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@asynccontextmanager
async def extended(chromium: BrowserType, page: Path) -> AsyncIterator[tuple[BrowserContext, str]]:
    """A browser with an extension that has the files of `page`; yields a context of it, and the address of the page."""
    launch = (await asyncio.to_thread(find, "chromium")).arguments()
    with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as name:
        folder = _unpacked(page, Path(name))
        launch["args"] = [*launch["args"], f"--disable-extensions-except={folder}", f"--load-extension={folder}"]
        context = await chromium.launch_persistent_context(
            Path(name) / "profile", ignore_default_args=["--disable-extensions"], **launch
        )
        identity = hashlib.sha256(str(folder).encode()).hexdigest()[:32].translate(_LETTERS)
        try:
            yield context, f"chrome-extension://{identity}/index.html"
        finally:
            await context.close()


def _unpacked(page: Path, parent: Path) -> Path:
    """The folder of the extension; Chromium makes its id of the real path."""
    folder = parent.resolve() / "extension"
    shutil.copytree(page, folder)
    shutil.copytree(SOURCES / "extension", folder, dirs_exist_ok=True)
    return folder
