"""The files of a session for the code, and those of the code for the session.

In go the session's documents, the files of the user's prompts, and what earlier runs and tools have written. Out come
those that are new or have changed: they are kept with the session, and given to the user.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

from ...files import tidy_name
from ...media import base64_bytes
from ..base import ToolError
from ..builtin.file_space import FileSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..services import Services

MAX_FILES: Final = 100  # that go in, or come out
MAX_BYTES: Final = 8 * 1024 * 1024  # of all of them
_BYTES: Final = re.compile(r"data:[\w.+-]{0,60}(?:/[\w.+-]{0,60})?;base64,")  # how bytes are kept where texts are
_AS_BYTES: Final = "data:application/octet-stream;base64,"


class SessionFiles:
    """The files of one session by path. Of two with one path the later one counts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._space = FileSpace(services)

    async def incoming(self, code: str, wanted: list[str]) -> tuple[dict[str, str], list[str]]:
        """The files for a run in base64, and the paths of those that are too many or too large.

        Those that are `wanted` or named in the code come first.
        """
        texts = dict(self._attached())
        for path in await self._space.sizes():
            texts[path] = await self._space.read(path)
        named = [path for path in texts if path in wanted or path in code or path.rpartition("/")[2] in code]
        found: dict[str, str] = {}
        left_out: list[str] = []
        room = MAX_BYTES
        for path in dict.fromkeys([*named, *texts]):
            text = texts[path]
            size = len(text) * 3 // 4 if _BYTES.match(text) else len(text.encode(errors="replace"))
            if len(found) >= MAX_FILES or size > room:
                left_out.append(path)
                continue
            found[path] = _as_base64(text)
            room -= size
        return found, left_out

    async def keep(self, path: str, data: str) -> str:
        """Keep a file (base64) with the session. Returns why that is not possible, else an empty text."""
        content = b64decode(data)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = _AS_BYTES + data
        if _BYTES.match(text):
            text = _AS_BYTES + data
        try:
            await self._space.write(path, lambda _: text)
        except ToolError as error:
            return str(error)
        return ""

    def _attached(self) -> Iterator[tuple[str, str]]:
        for name, text in self._services.documents.items():
            if path := _path(name):
                yield path, text
        for message in self._services.session.messages():
            for file in message.files if message.role == "user" else ():
                if path := tidy_name(file.name):
                    yield path, f"{_AS_BYTES}{file.data}" if file.data else file.text


def _path(name: str) -> str:
    """The name of a document as a path; "" if it has none."""
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part not in ("", ".", "..") and "\0" not in part)[:250]


def _as_base64(text: str) -> str:
    if (found := _BYTES.match(text)) is not None:
        try:
            return b64encode(base64_bytes(text[found.end() :])[0]).decode()
        except ValueError:
            pass
    return b64encode(text.encode(errors="replace")).decode()
