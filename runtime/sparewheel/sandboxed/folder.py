"""The working directory of the code: the files that it gets, and those that it leaves."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Final

_MAX_SEEN: Final = 10_000  # files that are looked at


class Folder:
    """A directory that lasts as long as the worker. Raises `OSError` if it cannot be made."""

    def __init__(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)
        self.path = os.path.realpath(path)
        self._known: dict[str, str] = {}  # digests of contents that the other side has

    def put(self, files: dict[str, str]) -> None:
        """Write files, given as base64 by path. Paths that leave the directory are an error (`ValueError`)."""
        for path, data in files.items():
            target = os.path.realpath(os.path.join(self.path, path))
            if not target.startswith(self.path + os.sep):
                raise ValueError(f"{path!r} is outside of the working directory")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            content = base64.b64decode(data)
            with open(target, "wb") as file:
                file.write(content)
            self._known[path] = _digest(content)

    def changed(self, most: int, most_bytes: int) -> tuple[list[dict[str, str]], list[str]]:
        """The files that are new or have changed, as `{path, data}`, and why others are left out.

        At most `most` files with `most_bytes` bytes together. Hidden files, links and bytecode are no results.
        """
        found: list[dict[str, str]] = []
        left_out: list[str] = []
        room = most_bytes
        for path in self._paths():
            try:
                size = os.path.getsize(os.path.join(self.path, path))
                path.encode()
                if size > most_bytes:
                    if self._known.get(path) != (mark := f"{size} bytes"):
                        left_out.append(f"{path} ({size} bytes; {most_bytes} are the limit for all files)")
                        self._known[path] = mark
                    continue
                with open(os.path.join(self.path, path), "rb") as file:
                    content = file.read(most_bytes + 1)
            except (OSError, ValueError):
                continue
            digest = _digest(content)
            if self._known.get(path) == digest:
                continue
            if len(found) >= most or len(content) > room:
                limit = f"{most} files" if len(found) >= most else f"{most_bytes} bytes for all files"
                left_out.append(f"{path} ({len(content)} bytes; the limit is {limit})")
                continue
            room -= len(content)
            self._known[path] = digest
            found.append({"path": path, "data": base64.b64encode(content).decode()})
        return found, left_out

    def _paths(self) -> list[str]:
        found: list[str] = []
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
            for name in sorted(names):
                whole = os.path.join(folder, name)
                if not name.startswith(".") and not os.path.islink(whole):
                    found.append(os.path.relpath(whole, self.path).replace(os.sep, "/"))
            if len(found) >= _MAX_SEEN:
                break
        return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
