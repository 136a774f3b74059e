"""Files in a session's storage: one key for the index of sizes, and one for each content."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from ..base import ToolError
from ..toolset import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..services import Services

MAX_FILE: Final = 1024 * 1024  # bytes
MAX_ALL: Final = 16 * 1024 * 1024  # bytes
MAX_FILES: Final = 1_000
MAX_PATH: Final = 250  # characters
_INDEX: Final = "files"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class _Index(BaseModel):
    sizes: dict[str, int] = {}  # bytes, by path


class FileSpace:
    """The files of one session. A content that is not in the index was left by a crash and does not count."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def sizes(self, folder: str = "") -> dict[str, int]:
        """Sizes in bytes of the files below a folder, or of the one file of that name. Raises `ToolError`."""
        sizes = (await self._services.load(_INDEX, _Index)).sizes
        if folder.strip("/") in ("", "."):
            return sizes
        path = check_path(folder.rstrip("/"))
        return {each: size for each, size in sizes.items() if each == path or each.startswith(f"{path}/")}

    async def read(self, path: str) -> str:
        """The text of a file. Raises `ToolError` if there is no such file."""
        path = check_path(path)
        sizes = (await self._services.load(_INDEX, _Index)).sizes
        text = await self._services.store.get(_key(path)) if path in sizes else None
        if text is None:
            raise ToolError(f"There is no file {shown(path)}. list_files says which there are.")
        return text

    async def write(self, path: str, change: Callable[[str | None], str]) -> int:
        """Replace the text of a file and return its size in bytes.

        `change` receives the present text, None for a new file, and returns the new one. Raises `ToolError`.
        """
        path = check_path(path)
        async with self._services.change(_INDEX, _Index) as index:
            sizes = index.sizes
            text = change(await self._services.store.get(_key(path)) if path in sizes else None)
            size = len(text.encode())
            _check_room(sizes, path, size)
            sizes[path] = size
            await self._services.store.set(_key(path), text)
        return size

    async def delete(self, path: str) -> None:
        """Delete a file. Raises `ToolError` if there is no such file."""
        path = check_path(path)
        async with self._services.change(_INDEX, _Index) as index:
            if index.sizes.pop(path, None) is None:
                raise ToolError(f"There is no file {shown(path)}. list_files says which there are.")
        await self._services.store.delete(_key(path))


def check_path(path: str) -> str:
    """Normalise a path. Raises `ToolError` for one that is ambiguous or leaves the file space."""
    path = unicodedata.normalize("NFC", path)
    if not path or len(path) > MAX_PATH:
        raise ToolError(f"A path has 1 to {MAX_PATH} characters.")
    if _CONTROL.search(path) or "\\" in path:
        raise ToolError(
            f"{shown(path)} contains a character that is not allowed in a path; folders are separated by /."
        )
    if any(part in ("", ".", "..") or part != part.strip() for part in path.split("/")):
        raise ToolError(f"{shown(path)} is not a path of this file space; one looks like notes/today.md.")
    return path


def _check_room(sizes: dict[str, int], path: str, size: int) -> None:
    if size > MAX_FILE:
        raise ToolError(f"A file can have {MAX_FILE} bytes at most; this one would have {size}.")
    if path not in sizes and len(sizes) >= MAX_FILES:
        raise ToolError(f"There are {MAX_FILES} files already: delete some first.")
    if sum(sizes.values()) - sizes.get(path, 0) + size > MAX_ALL:
        raise ToolError(f"All files together can have {MAX_ALL} bytes at most: delete some first.")
    parents = path.split("/")[:-1]
    if any("/".join(parents[:depth]) in sizes for depth in range(1, len(parents) + 1)):
        raise ToolError(f"A parent of {shown(path)} is a file, not a folder.")
    if any(each.startswith(f"{path}/") for each in sizes):
        raise ToolError(f"{shown(path)} is a folder.")


def _key(path: str) -> str:
    return f"files/{path}"
