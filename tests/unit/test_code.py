"""`run_python` with sandboxes of tests: what goes in, what the model reads, what the user is shown."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.files import File
from sparewheel.messages import Message, Text
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.builtin.file_space import FileSpace
from sparewheel.tools.code.results import MAX_TEXT
from sparewheel.tools.code.sandbox import SandboxUnavailable
from sparewheel.tools.code.toolset import NO_SANDBOX
from tests.support.builtintools import Context, Facts, call, services
from tests.support.codesandbox import InProcess, Scripted, code_toolset, ends

if TYPE_CHECKING:
    from pathlib import Path

    from sparewheel.tools.code.toolset import CodeToolset

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Watched(Context):
    shown: list[str] = field(default_factory=list)

    def progress(self, output: str) -> None:
        self.shown.append(output)


async def run(toolset: CodeToolset, code: str = "1", context: Context | None = None, **more: Any) -> ToolResult:
    return await call(toolset, "run_python", context or Watched(), code=code, **more)  # type: ignore[arg-type]  # any toolset


async def test_code_runs(tmp_path: Path) -> None:
    context = Watched()
    toolset = code_toolset(InProcess(tmp_path))
    result = await run(toolset, "print('one')\n[{'a': 1}]", context)
    assert (result.output, result.is_error) == ("Output:\none\n\nValue:\n\n| a |\n|---|\n| 1 |", False)
    assert context.shown == ["one\n"]


async def test_an_error_has_the_lines_of_the_code(tmp_path: Path) -> None:
    result = await run(code_toolset(InProcess(tmp_path)), "print('x')\n1 / 0")
    assert result.is_error
    assert 'Output:\nx\n\nTraceback (most recent call last):\n  File "code.py", line 2' in result.output
    assert result.output.endswith("ZeroDivisionError: division by zero")


async def test_nothing_is_said_so(tmp_path: Path) -> None:
    result = await run(code_toolset(InProcess(tmp_path)), "x = 1")
    assert result.output == "The code has ended. It printed nothing and has no value."


async def test_an_exit_is_a_result(tmp_path: Path) -> None:
    result = await run(code_toolset(InProcess(tmp_path)), "exit(3)")
    assert (result.output, result.is_error) == ("The code ended itself: exit(3).", False)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("time", "Stopped after 3 s: the code did not end."),
        ("memory", "Stopped: the code needed more than 128 MB."),
        ("output", "Stopped: the code wrote more than 100000 characters."),
        ("died", "The code ended its Python, and there is no result: it was silent"),
        ("odd", "The code ended its Python"),
    ],
)
async def test_limits_are_results(status: str, text: str) -> None:
    printed = {"type": "output", "stream": "stdout", "text": "so far\n"}
    sandbox = Scripted([printed, ends(status, "it was silent")])
    result = await run(code_toolset(sandbox, timeout="3s", memory="128MB"))
    assert result.is_error
    assert result.output.startswith("Output:\nso far\n\n" + text)
    limits = {"time_ms": 3000, "output_chars": 100_000, "memory_mb": 128, "files": 100, "file_bytes": 8 << 20}
    assert sandbox.requests[0]["limits"] == limits


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        ({"type": "MemoryError", "text": "MemoryError"}, "", "more than 256 MB"),
        ({"type": "SyntaxError", "text": "SyntaxError: x"}, "const x = 1;", "JavaScript is not run"),
        ({"type": "NameError", "text": "NameError: name 'console' is not defined"}, "", "JavaScript is not run"),
        ({"type": "SyntaxError", "text": "SyntaxError: 'return' outside function"}, "return 5", "print what is to be"),
        (
            {"type": "ModuleNotFoundError", "text": "No module named 'numpy.linalg'"},
            "",
            "There are: Python's own library. numpy has no build for this platform",
        ),
    ],
)
async def test_hints(error: dict[str, Any], code: str, hint: str) -> None:
    result = await run(code_toolset(Scripted([ends(error=error)])), code)
    assert hint in result.output


async def test_variables_are_kept_where_asked(tmp_path: Path) -> None:
    toolset = code_toolset(InProcess(tmp_path), keep=True)
    await run(toolset, "x = 41")
    assert (await run(toolset, "x + 1")).output == "Value: 42"
    fresh = code_toolset(InProcess(tmp_path))
    await run(fresh, "x = 41")
    assert "NameError" in (await run(fresh, "x + 1")).output


async def test_lost_variables_are_told() -> None:
    sandbox = Scripted([ends(run=1)], [ends("time")], [ends(run=1)], [ends(run=2)], [ends(run=1)])
    toolset = code_toolset(sandbox, keep=True)
    gone = ["variables of earlier runs are gone" in (await run(toolset)).output for _ in range(5)]
    assert gone == [False, True, False, False, True]


async def test_plots_and_files_are_shown_to_the_user() -> None:
    svg = encoded('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>')
    plots = [
        {"mime": "image/svg+xml", "data": svg, "name": "plot 1"},
        {"mime": "image/png", "data": PNG, "name": "p.png"},
        {"mime": "image/png", "data": encoded("<svg onload='1'/>"), "name": "bad"},
        {"mime": "image/png", "data": "?", "name": "worse"},
    ]
    files = [{"path": "p.png", "data": PNG}, {"path": "out.csv", "data": encoded("a,b")}, {"path": "", "data": ""}]
    of = services()
    result = await run(code_toolset(Scripted([ends(plots=plots, files=files, left_out=["big (9 bytes)"])]), of))
    assert [(each.mime_type, each.name) for each in result.media] == [
        ("image/svg+xml", "plot 1"),
        ("image/png", "p.png"),
        ("application/octet-stream", "out.csv"),
    ]
    assert result.output.splitlines() == [
        "[plot 1: image/svg+xml, 62 bytes, shown to the user]", "",
        "[p.png: image/png, 8 bytes, shown to the user]", "",
        "[bad: it cannot be shown]", "",
        "[worse: it cannot be shown]", "",
        "[file p.png: 8 bytes, given to the user]", "",
        "[file out.csv: 3 bytes, given to the user]", "",
        "[left out: big (9 bytes)]",
    ]  # fmt: skip
    space = FileSpace(of)
    assert await space.read("out.csv") == "a,b"
    assert await space.read("p.png") == f"data:application/octet-stream;base64,{PNG}"


async def test_the_files_of_the_session_go_in(tmp_path: Path) -> None:
    sent = [Message("user", (Text("see"), File("text/csv", "sales.csv", text=f"{n},2"))) for n in (0, 1)]
    picture = Message("user", (File("image/png", "dot.png", data=PNG),))
    of = services(facts=Facts(conversation=[*sent, picture]))
    of.documents = {"docs/a.txt": "text", "../b.bin": f"data:application/pdf;base64,{PNG}"}
    await FileSpace(of).write("notes.md", lambda _: "# Notes")
    toolset = code_toolset(InProcess(tmp_path), of)
    code = "import pathlib\nsorted(str(p) for p in pathlib.Path().rglob('*.*')), pathlib.Path('sales.csv').read_text()"
    listed = "['b.bin', 'docs/a.txt', 'dot.png', 'notes.md', 'sales.csv']"
    assert (await run(toolset, code)).output == f"Value: ({listed}, '1,2')"
    assert (
        await run(toolset, "import pathlib\npathlib.Path('dot.png').read_bytes()[:4]")
    ).output == "Value: b'\\x89PNG'"


async def test_what_the_code_wrote_is_there_in_the_next_run(tmp_path: Path) -> None:
    toolset = code_toolset(InProcess(tmp_path))
    await run(toolset, "import pathlib\npathlib.Path('n.bin').write_bytes(b'\\xff\\x00')")
    assert (await run(toolset, "import pathlib\npathlib.Path('n.bin').read_bytes()")).output == "Value: b'\\xff\\x00'"


async def test_files_that_are_named_come_first() -> None:
    of = services()
    of.documents = {f"d{n}.txt": "x" * 3_000_000 for n in range(5)}
    sandbox = Scripted([ends("died")], [ends("died")])
    toolset = code_toolset(sandbox, of)
    result = await run(toolset, "open('d4.txt')", files=["d3.txt"])
    assert list(sandbox.requests[0]["files"]) == ["d3.txt", "d4.txt"]
    assert "too many: d0.txt, d1.txt, d2.txt" in result.output


@pytest.mark.parametrize(
    "result",
    [
        {"value": 1, "error": "x", "shown": {}, "plots": [1, {}, {"data": 5}], "files": [[], {"path": 1}], "run": True},
        {"value": {"text": 5}, "error": {"text": []}, "shown": [{"text": {}}], "left_out": [1, {}], "exit": 5},
        {"value": {"text": "x" * 10_000_000}, "shown": [{"text": "y" * 10_000_000}] * 1000},
        {"files": [{"path": "../../x", "data": PNG}, {"path": "x" * 1000, "data": PNG}, {"path": "a", "data": "?"}]},
        {"plots": [{"name": "p" * 10_000, "data": PNG}] * 1000, "left_out": ["z" * 10_000] * 1000},
        {"error": {"type": "E", "text": "\ud800" * 100}},
    ],
)
async def test_nothing_that_comes_out_is_trusted(result: dict[str, Any]) -> None:
    found = await run(code_toolset(Scripted([ends(**result)])))
    assert len(found.output) < MAX_TEXT + 1_000
    assert len(found.media) <= 16
    found.output.encode()


async def test_long_output_keeps_its_beginning_and_its_end() -> None:
    lines = [{"type": "output", "stream": "stdout", "text": f"line {n}\n"} for n in range(20_000)]
    result = await run(code_toolset(Scripted([{"type": "odd"}, *lines, ends()])))
    assert "line 0\n" in result.output
    assert "line 19999" in result.output
    assert "characters are left out" in result.output
    assert len(result.output) < 25_000


async def test_odd_events_are_ignored() -> None:
    odd: list[Any] = [{}, {"type": []}, {"type": "output", "text": 5}, {"type": "output"}, {"type": "call", "id": 1}]
    assert not (await run(code_toolset(Scripted([*odd, ends()])))).is_error


async def test_a_call_without_functions_is_answered() -> None:
    sandbox = Scripted([{"type": "call", "id": [1], "name": {}, "args": 5}, ends()])
    await run(code_toolset(sandbox))
    assert sandbox.answers == [([1], None, "There is no function '{}'.")]


async def test_without_a_sandbox_there_is_no_tool() -> None:
    with pytest.raises(ToolError, match="runs only in a sandbox"):
        await code_toolset(None).tools()
    of = services()
    toolset = code_toolset(Scripted([SandboxUnavailable("The page's policy lacks frame-src.")]), of)
    assert (await run(toolset)).output == "The page's policy lacks frame-src."
    for other in (toolset, code_toolset(Scripted(), of)):  # also after the agent file has changed
        with pytest.raises(ToolError, match="lacks frame-src"):
            await other.tools()
    assert "browser" in NO_SANDBOX


async def test_the_tool_needs_no_approval_and_is_marked() -> None:
    (tool,) = await code_toolset(Scripted(), tools=["run_python"]).tools()
    assert (tool.read_only, tool.sandboxed, tool.exclusive) == (True, True, False)
    assert await code_toolset(Scripted(), tools=["other"]).tools() == []


async def test_the_description_names_the_limits() -> None:
    (tool,) = await code_toolset(Scripted(), timeout=30, keep=True).tools()
    assert "up to 30 s and 256 MB" in tool.spec.description
    assert "The variables of a run are there in the next one." in tool.spec.description
    assert "pygal" not in tool.spec.description


@pytest.mark.parametrize("code", ["import " * 28_000, "function" + " " * 190_000, "let " * 50_000, "data:" * 40_000])
async def test_odd_code_does_not_keep_the_runtime_busy(code: str) -> None:
    of = services()
    of.documents = {"d.txt": "data:" + "a" * 1_000_000}
    error = {"type": "SyntaxError", "text": "SyntaxError"}
    toolset = code_toolset(Scripted([ends(error=error)]), of)
    began = time.process_time()
    await run(toolset, code)
    assert time.process_time() - began < 5  # patterns that backtrack would take minutes
