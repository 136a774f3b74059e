"""`files`: files in the session's own storage, not on the user's disk, for notes, drafts and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..base import ToolError
from ..toolset import Arguments, Contents, make_tool, shown
from .file_space import MAX_FILE, FileSpace

if TYPE_CHECKING:
    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services

MAX_HITS: Final = 100
MAX_LINE: Final = 300  # characters of a line that is shown as a hit

_INSTRUCTION = """## File tools

You can keep files for notes, drafts and results. They are stored with this session, not on the user's disk. There are
none at the start.

- Paths are relative, such as `notes/today.md`; folders are created as needed.
- `edit_file` changes parts of a file without rewriting all of it; each oldText must occur exactly once."""


class _Path(Arguments):
    path: str = Field(description="The file, such as notes/today.md.")


class _List(Arguments):
    path: str = Field("", description="List or search only below this folder.")


class _Read(_Path):
    line: int = Field(1, ge=1, description="The first line to read.")
    limit: int | None = Field(None, ge=1, description="The maximum number of lines to read.")


class _Write(_Path):
    content: str = Field(max_length=MAX_FILE, description="The whole content.")


class _Edit(Arguments):
    oldText: str = Field(min_length=1, description="The text to replace; it must occur exactly once in the file.")
    newText: str = Field(description="The text to put in its place.")


class _EditMany(_Path):
    edits: list[_Edit] = Field(min_length=1, max_length=100, description="The changes, applied one after the other.")


class _Search(_List):
    query: str = Field(
        min_length=1, max_length=1_000, description="The text to find; upper and lower case are the same."
    )


class _Tools:
    def __init__(self, services: Services) -> None:
        self._space = FileSpace(services)

    async def list(self, given: _List, _: ToolContext) -> str:
        sizes = await self._space.sizes(given.path)
        if not sizes:
            return f"There are no files below {shown(given.path)}." if given.path else "There are no files yet."
        return "\n".join(f"{path} ({size} bytes)" for path, size in sorted(sizes.items()))

    async def read(self, given: _Read, _: ToolContext) -> str:
        text = await self._space.read(given.path)
        if given.line == 1 and given.limit is None:
            return text
        lines = text.splitlines(keepends=True)
        if given.line > max(len(lines), 1):
            raise ToolError(f"{given.path} has {len(lines)} lines.")
        end = len(lines) if given.limit is None else given.line - 1 + given.limit
        return "".join(lines[given.line - 1 : end])

    async def write(self, given: _Write, _: ToolContext) -> str:
        size = await self._space.write(given.path, lambda _: given.content)
        return f"Wrote {given.path} ({size} bytes)."

    async def edit(self, given: _EditMany, _: ToolContext) -> str:
        def change(text: str | None) -> str:
            if text is None:
                raise ToolError(f"There is no file {shown(given.path)}. list_files says which there are.")
            for number, edit in enumerate(given.edits, 1):
                count = text.count(edit.oldText)
                if count != 1:
                    raise ToolError(
                        f"The oldText of edit {number} occurs {count} times in {given.path}, not once; nothing was "
                        f"changed. {'Read the file again.' if count == 0 else 'Quote more of the text around it.'}"
                    )
                text = text.replace(edit.oldText, edit.newText)
            return text

        size = await self._space.write(given.path, change)
        return f"Changed {given.path} ({size} bytes)."

    async def delete(self, given: _Path, _: ToolContext) -> str:
        await self._space.delete(given.path)
        return f"Deleted {given.path}."

    async def search(self, given: _Search, _: ToolContext) -> str:
        wanted = given.query.casefold()
        hits: list[str] = []
        for path in sorted(await self._space.sizes(given.path)):
            for number, line in enumerate((await self._space.read(path)).splitlines(), 1):
                if wanted in line.casefold():
                    hits.append(f"{path}:{number}: {line.strip()[:MAX_LINE]}")
                    if len(hits) == MAX_HITS:
                        return "\n".join([*hits, f"[There may be more than these {MAX_HITS}: search for more.]"])
        return "\n".join(hits) or "Nothing found."


def files(entry: ToolsetConfig, services: Services) -> Contents:
    calls = _Tools(services)
    tools = [
        make_tool("list_files", "Lists the files and their sizes.", _List, calls.list, read_only=True),
        make_tool("read_file", "Reads a file, or a range of its lines.", _Read, calls.read, read_only=True),
        make_tool("write_file", "Creates a file or replaces its content.", _Write, calls.write, exclusive=True),
        make_tool("edit_file", "Replaces parts of a file: all of them or none.", _EditMany, calls.edit, exclusive=True),
        make_tool("delete_file", "Deletes a file.", _Path, calls.delete, exclusive=True),
        make_tool(
            "search_files_content", "Finds the lines that contain a text.", _Search, calls.search, read_only=True
        ),
    ]
    return Contents(tools, _INSTRUCTION)
