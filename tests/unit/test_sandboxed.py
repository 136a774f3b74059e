"""The harness of the sandbox, on CPython: what code comes to, and what it cannot do to the harness."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.harness import LIMITS, Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


async def value(sandbox: Sandbox, code: str, **options: Any) -> Any:
    result = await sandbox.run(code, **options)
    return result["value"] and result["value"]["text"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 + 1", "2"),
        ("x = 1", None),
        ("None", None),
        ("'a\\nb'", "'a\\nb'"),
        ("import asyncio\nawait asyncio.sleep(0, 'slept')", "'slept'"),
        ("import asyncio\nfor x in range(2): await asyncio.sleep(0)\nasync with asyncio.Lock(): pass\nx", "1"),
        ("from __future__ import annotations\ndef f(x: Missing): ...\nf.__annotations__", "{'x': 'Missing'}"),
        ("import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: 'int'\nP(1)", "P(x=1)"),
        ("import pickle\nclass P: pass\ntype(pickle.loads(pickle.dumps(P()))) is P", "True"),
        ("__name__", "'__main__'"),
        ("# nothing", None),
    ],
)
async def test_values(sandbox: Sandbox, code: str, expected: str | None) -> None:
    assert await value(sandbox, code) == expected


@pytest.mark.parametrize("code", ["1", "raise SystemExit", "1 / 0", "import asyncio\nawait asyncio.sleep(0)"])
async def test_the_time_limit_holds_while_the_code_runs(sandbox: Sandbox, code: str) -> None:
    await sandbox.run(code)
    await sandbox.run(code, limits={**LIMITS, "time_ms": 5})
    assert sandbox.limits == [LIMITS["time_ms"], 0, 5, 0]


async def test_prints_are_sent_while_it_runs(sandbox: Sandbox) -> None:
    code = "import sys\nprint('one')\nprint('two', file=sys.stderr)\nawait f()\nprint('three', end='')"
    await sandbox.run(code, functions=[{"name": "f"}])
    sent = [(each["type"], each.get("stream"), each.get("text")) for each in sandbox.messages[:-1]]
    assert [each for each in sent if each[0] != "ready"] == [
        ("output", "stdout", "one\n"),
        ("output", "stderr", "two\n"),
        ("call", None, None),
        ("output", "stdout", "three"),
    ]


async def test_many_prints_are_sent_in_few_messages(sandbox: Sandbox) -> None:
    limits = {**LIMITS, "output_chars": 1_000_000}
    await sandbox.run("for n in range(20_000): print(n)", limits=limits)
    assert sandbox.printed() == "".join(f"{n}\n" for n in range(20_000))
    assert len(sandbox.messages) < 300


async def test_too_much_output_ends_the_run(sandbox: Sandbox) -> None:
    result = await sandbox.run("while True:\n  try:\n    print('x' * 100)\n  except Exception:\n    pass")
    assert len(sandbox.printed()) == LIMITS["output_chars"] - 2_000
    assert result["error"]["type"] == "OutputLimit"
    assert result["error"]["line"] == 3


async def test_odd_bytes_and_characters(sandbox: Sandbox) -> None:
    code = (
        "import sys\nb = 'ü'.encode()\nfor n in range(2): sys.stdout.buffer.write(b[n:n+1])\n"
        "sys.stdout.buffer.write(b'\\xff|')\nprint('\\ud800')"
    )
    await sandbox.run(code)
    assert sandbox.printed() == "ü\ufffd|\\ud800\n"


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ("def f(x):\n  return 1 / x\n\nf(0)", 2, "ZeroDivisionError: division by zero"),
        ("x = (", 1, "SyntaxError: '(' was never closed"),
        ("import json\n\njson.loads('{')", 3, "JSONDecodeError: Expecting"),
        ("try:\n  1 / 0\nexcept Exception as e:\n  raise ValueError('later') from e", 4, "ValueError: later"),
        ("import asyncio\nasyncio.current_task().cancel()\nawait asyncio.sleep(1)", 3, "CancelledError"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("raise GeneratorExit", 1, "GeneratorExit"),
        ("input()", 1, "EOFError: there is nothing to read here"),
        ("class A:\n  def __repr__(self): return 1 / 0\nA()", 2, "ZeroDivisionError"),
        ("def f(): f()\nf()", 1, "RecursionError"),
        ("raise ExceptionGroup('g', [ValueError(1), TypeError('two')])", 1, "TypeError: two"),
        ("class E(Exception):\n  def __str__(self): raise SystemExit\nraise E", 3, "str() failed"),
        (
            "class G(ExceptionGroup):\n  exceptions = property(lambda s: 1 / 0)\nraise G('g', [ValueError()])",
            None,
            "its text cannot be shown",
        ),
        ("return 1", 1, "SyntaxError: 'return' outside function"),
        ("a\0b", None, "null bytes"),
    ],
)
async def test_errors(sandbox: Sandbox, code: str, line: int | None, text: str) -> None:
    error = (await sandbox.run(code))["error"]
    assert text in error["text"]
    assert error["line"] == line
    assert "sparewheel" not in error["text"]
    assert "decoder.py" not in error["text"]


async def test_an_error_shows_the_lines_of_the_code(sandbox: Sandbox) -> None:
    error = (await sandbox.run("def f(x):\n  return 1 / x\n\nf(0)"))["error"]
    assert error["message"] == "division by zero"
    assert '  File "code.py", line 4, in <module>\n    f(0)\n' in error["text"]


async def test_an_endless_message_is_cut(sandbox: Sandbox) -> None:
    error = (await sandbox.run("raise ValueError('x' * 10_000_000)"))["error"]
    assert len(error["text"]) < 9_000
    assert len(error["message"]) < 2_000


@pytest.mark.parametrize(
    ("code", "expected"),
    [("exit()", "exit()"), ("import sys\nsys.exit(3)", "exit(3)"), ("quit('no data')", "exit('no data')")],
)
async def test_exits_are_results(sandbox: Sandbox, code: str, expected: str) -> None:
    result = await sandbox.run(code)
    assert (result["exit"], result.get("error")) == (expected, None)


async def test_state_is_fresh_or_kept(sandbox: Sandbox) -> None:
    assert (await sandbox.run("x = 1", keep=True))["run"] == 1
    assert (await sandbox.run("def f(): return x + 1\nf()", keep=True))["value"]["text"] == "2"
    error = (await sandbox.run("def g(): return f() / 0\ng()", keep=True))["error"]
    assert 'File "code_3.py", line 1, in g' in error["text"]
    fresh = await sandbox.run("x")
    assert (fresh["run"], fresh["error"]["type"]) == (1, "NameError")


async def test_files_go_in_and_out(sandbox: Sandbox) -> None:
    files = {"data/in.csv": base64.b64encode(b"a,b\n").decode(), "same.txt": base64.b64encode(b"same").decode()}
    code = (
        "from pathlib import Path\nPath('new.txt').write_text(Path('data/in.csv').read_text())\n"
        "Path('same.txt').write_text('same')\nPath('.hidden').touch()\nPath('link').symlink_to('/etc/passwd')\n"
        "Path('big').write_text('x' * 20_000)"
    )
    result = await sandbox.run(code, files=files)
    assert result["files"] == [{"path": "new.txt", "data": base64.b64encode(b"a,b\n").decode()}]
    assert result["left_out"] == ["big (20000 bytes; 10000 are the limit for all files)"]


async def test_files_that_are_still_open_are_whole(sandbox: Sandbox) -> None:
    result = await sandbox.run("f = open('out.txt', 'w')\nf.write('whole')")
    assert base64.b64decode(result["files"][0]["data"]) == b"whole"
    await sandbox.run("f.close()", keep=True)


async def test_many_files_are_left_out(sandbox: Sandbox) -> None:
    result = await sandbox.run("from pathlib import Path\nfor n in range(9): Path(f'f{n}').write_text('x')")
    assert [file["path"] for file in result["files"]] == [f"f{n}" for n in range(5)]
    assert len(result["left_out"]) == 4


async def test_a_path_cannot_leave_the_folder(sandbox: Sandbox) -> None:
    assert (await sandbox.run("1", files={"../x": ""}))["error"]["type"] == "ValueError"


async def test_plots(sandbox: Sandbox) -> None:
    code = """
class Chart:
    def _repr_svg_(self): return '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
display(Chart(), {'a': 1})
import pathlib
pathlib.Path('saved.png').write_bytes(b'\\x89PNG\\r\\n\\x1a\\n')
'<svg></svg>'"""
    result = await sandbox.run(code)
    plots = [(plot["mime"], plot["name"], base64.b64decode(plot["data"])) for plot in result["plots"]]
    assert plots[0][0] == "image/svg+xml"
    assert b"script" not in plots[0][2]
    assert [plot[1] for plot in plots] == ["plot 1", "plot 2", "saved.png"]
    assert result["shown"] == [{"kind": "text", "text": "{'a': 1}"}]
    assert result["value"] is None


async def test_texts_in_charts_of_pygal_are_large(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    class Style:
        label_font_size = 10

    monkeypatch.setitem(sys.modules, "pygal.style", SimpleNamespace(Style=Style))
    code = """
import sys
Style = sys.modules['pygal.style'].Style
class Chart:
    __module__ = 'pygal.graph.bar'
    def _repr_svg_(self): return f'<svg>{Style.label_font_size}</svg>'
Chart()"""
    [plot] = (await sandbox.run(code))["plots"]
    assert base64.b64decode(plot["data"]) == b"<svg>16</svg>"


async def test_figures_of_matplotlib(sandbox: Sandbox) -> None:
    pyplot = """
import sys, types
class Figure:
    def savefig(self, file, **options): file.write(b'\\x89PNG\\r\\n\\x1a\\n')
plt = sys.modules['matplotlib.pyplot'] = types.ModuleType('pyplot')
plt.open = [1]
plt.get_fignums = lambda: list(plt.open)
plt.figure = lambda number: Figure()
plt.close = lambda which: plt.open.clear()
"""
    try:
        result = await sandbox.run(pyplot)
    finally:
        sys.modules.pop("matplotlib.pyplot")
    assert [plot["mime"] for plot in result["plots"]] == ["image/png"]


async def test_calls_of_functions(sandbox: Sandbox) -> None:
    def answer(name: str, args: dict[str, Any]) -> dict[str, Any]:
        return {"error": "no such order"} if args.get("id") == 3 else {"value": f'{{"name": "{name}"}}'}

    sandbox.answer = answer
    code = """
import asyncio, datetime
both = await asyncio.gather(find(1), find(id=2, day=datetime.date(2026, 1, 2)))
try:
    await find(3)
except ToolError as error:
    print(error)
both[1]['name'], find.__doc__"""
    result = await sandbox.run(code, functions=[{"name": "find", "args": ["id", "day"], "doc": "Finds."}])
    assert result["value"]["text"] == "('find', 'Finds.')"
    assert sandbox.printed() == "no such order\n"
    asked = [each["args"] for each in sandbox.messages if each["type"] == "call"]
    assert asked == [{"id": 1}, {"id": 2, "day": "2026-01-02"}, {"id": 3}]


@pytest.mark.parametrize("call", ["find(1, 2)", "find(1, id=1)", "find(object())", "find(float('nan'))"])
async def test_wrong_calls(sandbox: Sandbox, call: str) -> None:
    result = await sandbox.run(f"await {call}", functions=[{"name": "find", "args": ["id"]}])
    assert result["error"]["type"] == "TypeError"
    assert all(each["type"] != "call" for each in sandbox.messages)


async def test_what_runs_on_is_ended(sandbox: Sandbox) -> None:
    code = (
        "import asyncio\nasync def on():\n  while True: await asyncio.sleep(0); print('on')\n"
        "asyncio.ensure_future(on())\n1"
    )
    await sandbox.run(code, keep=True)
    printed = len(sandbox.messages)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(sandbox.messages) == printed


async def test_the_interpreter_is_as_before(sandbox: Sandbox) -> None:
    former = (os.getcwd(), sys.stdout, sys.argv, sys.modules["__main__"], list(sys.path))
    await sandbox.run("import sys\nsys.argv.append('x')\nsys.path.clear()\nsys.stdout.close()")
    assert (os.getcwd(), sys.stdout, sys.argv, sys.modules["__main__"], sys.path) == former


async def test_wheels_are_unpacked(sandbox: Sandbox, tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing_in_wheel.py", "N = 7")
        archive.writestr("thing-1.data/scripts/run", "")
        archive.writestr("../outside.py", "")
    try:
        assert await value(sandbox, "import thing_in_wheel as t\nt.N", packages=[str(wheel)]) == "7"
    finally:
        sys.modules.pop("thing_in_wheel", None)
    assert {path.name for path in (tmp_path / "site").iterdir()} - {"__pycache__"} == {"thing_in_wheel.py"}
    assert not (tmp_path / "outside.py").exists()


async def test_a_damaged_wheel_is_an_error(sandbox: Sandbox, tmp_path: Path) -> None:
    wheel = tmp_path / "thing.whl"
    wheel.write_bytes(b"no zip")
    error = (await sandbox.run("1", packages=[str(wheel)]))["error"]
    assert error["message"].startswith("the package thing.whl cannot be unpacked")
