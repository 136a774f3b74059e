"""The `files` toolset."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.tools.base import ToolResult
from sparewheel.tools.builtin.file_space import MAX_ALL, MAX_FILE, MAX_FILES
from tests.support.builtintools import call, flags, opened, services


async def written(**texts: str) -> Any:
    files = opened("files")
    for name, text in texts.items():
        assert not (await call(files, "write_file", path=name.replace("__", "/"), content=text)).is_error
    return files


async def test_files_are_written_listed_read_and_deleted() -> None:
    session = services()
    files = opened("files", session)
    assert await call(files, "list_files") == ToolResult("There are no files yet.")
    assert await call(files, "write_file", path="notes/täg.md", content="één\n") == ToolResult(
        "Wrote notes/täg.md (6 bytes)."
    )
    await call(files, "write_file", path="a.txt", content="")
    assert await call(files, "list_files") == ToolResult("a.txt (0 bytes)\nnotes/täg.md (6 bytes)")
    assert await call(files, "list_files", path="notes/") == ToolResult("notes/täg.md (6 bytes)")
    assert await call(files, "list_files", path="other") == ToolResult("There are no files below 'other'.")
    assert await call(opened("files", session), "read_file", path="notes/täg.md") == ToolResult("één\n")
    assert await call(files, "delete_file", path="notes/täg.md") == ToolResult("Deleted notes/täg.md.")
    assert await call(files, "list_files") == ToolResult("a.txt (0 bytes)")
    assert sorted(await session.store.keys()) == ["files", "files/a.txt"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "1\n2\n3\n4"),
        ({"line": 3}, "3\n4"),
        ({"line": 2, "limit": 2}, "2\n3\n"),
        ({"limit": 1}, "1\n"),
        ({"line": 4, "limit": 9}, "4"),
    ],
)
async def test_lines_are_read(arguments: dict[str, int], text: str) -> None:
    files = await written(f="1\n2\n3\n4")
    assert await call(files, "read_file", path="f", **arguments) == ToolResult(text)


async def test_a_line_beyond_the_end() -> None:
    files = await written(f="1\n2")
    assert await call(files, "read_file", path="f", line=9) == ToolResult("f has 2 lines.", is_error=True)


async def test_edits_are_made_one_after_the_other() -> None:
    files = await written(f="red green blue")
    edits = [{"oldText": "green", "newText": "grey"}, {"oldText": "grey blue", "newText": "black"}]
    assert await call(files, "edit_file", path="f", edits=edits) == ToolResult("Changed f (9 bytes).")
    assert await call(files, "read_file", path="f") == ToolResult("red black")


@pytest.mark.parametrize(
    ("old", "count", "advice"),
    [("violet", 0, "Read the file again."), ("e", 3, "Quote more of the text around it.")],
)
async def test_an_edit_that_does_not_fit_changes_nothing(old: str, count: int, advice: str) -> None:
    files = await written(f="red green")
    edits = [{"oldText": "red", "newText": "rede"}, {"oldText": old, "newText": ""}]
    expected = 4 if old == "e" else count
    result = await call(files, "edit_file", path="f", edits=edits)
    assert result == ToolResult(
        f"The oldText of edit 2 occurs {expected} times in f, not once; nothing was changed. {advice}", is_error=True
    )
    assert await call(files, "read_file", path="f") == ToolResult("red green")


async def test_search_finds_lines() -> None:
    files = await written(a="One\ntwo", d__b="ONE more", d__c="x")
    assert await call(files, "search_files_content", query="one") == ToolResult("a:1: One\nd/b:1: ONE more")
    assert await call(files, "search_files_content", query="one", path="d") == ToolResult("d/b:1: ONE more")
    assert await call(files, "search_files_content", query="zzz") == ToolResult("Nothing found.")


async def test_search_ends() -> None:
    files = await written(a=("x" * 1_000 + "\n") * 500)
    lines = (await call(files, "search_files_content", query="x")).output.splitlines()
    assert len(lines) == 101
    assert lines[0] == "a:1: " + "x" * 300
    assert lines[-1] == "[There may be more than these 100: search for more.]"


@pytest.mark.parametrize("name", ["read_file", "delete_file"])
async def test_a_file_that_is_not_there(name: str) -> None:
    result = await call(opened("files"), name, path="f")
    assert result == ToolResult("There is no file 'f'. list_files says which there are.", is_error=True)


async def test_an_edit_makes_no_file() -> None:
    result = await call(opened("files"), "edit_file", path="f", edits=[{"oldText": "a", "newText": "b"}])
    assert result == ToolResult("There is no file 'f'. list_files says which there are.", is_error=True)


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../b", "/etc/passwd", "a//b", "a/", "./a", "", "a\0b", "a\nb", "a\\b", " a", "a/ b", "x" * 251, "."],
)
@pytest.mark.parametrize("name", ["read_file", "write_file", "delete_file"])
async def test_paths_lead_nowhere_else(path: str, name: str) -> None:
    session = services()
    more = {"content": "x"} if name == "write_file" else {}
    result = await call(opened("files", session), name, path=path, **more)
    assert result.is_error
    assert await session.store.keys() == []


async def test_a_path_has_one_form() -> None:
    files = opened("files")
    await call(files, "write_file", path="e\u0301", content="x")
    assert await call(files, "read_file", path="\u00e9") == ToolResult("x")


async def test_a_name_is_a_file_or_a_folder() -> None:
    files = await written(a="x", d__e__f="x")
    below = await call(files, "write_file", path="a/b", content="")
    assert below == ToolResult("A parent of 'a/b' is a file, not a folder.", is_error=True)
    above = await call(files, "write_file", path="d/e", content="")
    assert above == ToolResult("'d/e' is a folder.", is_error=True)


async def test_a_file_is_bounded() -> None:
    files = opened("files")
    wide = await call(files, "write_file", path="f", content="é" * (MAX_FILE // 2 + 1))
    message = f"A file can have {MAX_FILE} bytes at most; this one would have {MAX_FILE + 2}."
    assert wide == ToolResult(message, is_error=True)
    assert await call(files, "list_files") == ToolResult("There are no files yet.")


async def test_the_space_is_bounded() -> None:
    files = opened("files")
    for number in range(MAX_ALL // MAX_FILE):
        await call(files, "write_file", path=f"f{number}", content="x" * MAX_FILE)
    full = await call(files, "write_file", path="g", content="x")
    assert full == ToolResult(f"All files together can have {MAX_ALL} bytes at most: delete some first.", is_error=True)
    assert not (await call(files, "write_file", path="f0", content="x" * (MAX_FILE - 1))).is_error


async def test_the_number_of_files_is_bounded() -> None:
    files = opened("files")
    for number in range(MAX_FILES):
        await call(files, "write_file", path=f"f{number}", content="")
    full = await call(files, "write_file", path="g", content="")
    assert full == ToolResult(f"There are {MAX_FILES} files already: delete some first.", is_error=True)


async def test_what_changes_files_needs_approval() -> None:
    assert await flags(opened("files")) == {
        "list_files": "read",
        "read_file": "read",
        "write_file": "alone",
        "edit_file": "alone",
        "delete_file": "alone",
        "search_files_content": "read",
    }
