"""Python tools in real Pyodide under Node: Python 3.14, packages from an index of our own, urllib by XMLHttpRequest."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide

from sparewheel.headless.static import StaticServer

Call = Callable[..., Any]
NAME_IT = "Packages are named in the toolset's `packages`."

# What a browser has and Node has not; answers what the test asks for by the path.
XHR = """
globalThis.asked = [];
globalThis.crossOriginIsolated ??= false;
globalThis.importScripts ??= () => {};
globalThis.XMLHttpRequest = class {
  headers = {};
  open(method, url) { Object.assign(this, { method, url }); }
  setRequestHeader(name, value) { this.headers[name.toLowerCase()] = value; }
  getAllResponseHeaders() { return this.url.endsWith("/bare") ? "" : "content-encoding: gzip\\r\\nx-a: b\\r\\n"; }
  send(body) {
    const sent = body ? new TextDecoder().decode(body) : null;
    asked.push({ method: this.method, url: this.url, headers: this.headers, body: sent, timeout: this.timeout });
    if (this.url.endsWith("/none")) throw Object.assign(new Error("Failed to load"), { name: "NetworkError" });
    if (this.url.endsWith("/slow")) throw Object.assign(new Error("Too late"), { name: "TimeoutError" });
    this.status = Number(this.url.match(/\\/([0-9]{3})$/)?.[1] ?? 200);
    this.response = new TextEncoder().encode("answer").buffer;
  }
};
"""


@run_in_pyodide
async def run_inside(selenium_python, function, args):  # type: ignore[no-untyped-def]
    import inspect

    import inside_python  # type: ignore[import-not-found]

    outcome = getattr(inside_python, function)(*args)
    return await outcome if inspect.isawaitable(outcome) else outcome


@pytest.fixture
def call(selenium_python: Any) -> Call:
    """`call(name, *args)` runs a function of inside_python.py."""
    selenium_python.run_js(XHR)  # before anything looks for it
    return lambda function, *args: run_inside(selenium_python, function, args)


def wheel(folder: Path, name: str, code: str, requires: str = "") -> Path:
    """A wheel of one module in a PEP 503 index, `folder` being its root; returns it."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    page = folder / "simple" / name.replace("_", "-") / "index.html"
    page.parent.mkdir(parents=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    page.write_text(
        f'<!doctype html><html><body><a href="../../{path.name}#sha256={digest}">{path.name}</a></body></html>'
    )
    return path


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an index, and its folder."""
    folder = tmp_path_factory.mktemp("packages")
    wheel(folder, "upper_half", "import lower_half\ndef up(): return 'upper ' + lower_half.low()\n", "lower_half>=1")
    wheel(folder, "lower_half", "def low(): return 'lower'\n")
    wheel(folder, "at_the_top", "value = 7\n")
    wheel(folder, "by_address", "value = 8\n")
    wheel(
        folder, "hashed_upper", "import hashed_lower\ndef up(): return 'upper ' + hashed_lower.low()\n", "hashed_lower"
    )
    wheel(folder, "hashed_lower", "def low(): return 'lower'\n")
    wheel(folder, "other_hash", "")
    wheel(folder, "needs_more", "", "never_named")
    wheel(folder, "needs_an_address", "", "evil @ http://127.0.0.1:1/evil-1.0-py3-none-any.whl")
    with wheel(folder, "damaged", "").open("ab") as file:
        file.write(b"more")
    with StaticServer(folder) as server:
        yield f"{server.url}simple", folder


def test_a_tool_runs(call: Call) -> None:
    source = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Point:
    x: int

async def f(at: list[Point], word: str | None = None) -> dict[str, int]:
    return {"sum": sum(point.x for point in at)}
"""
    [tool] = call("open_tools", source)
    assert tool["name"] == "f"
    assert tool["parameters"]["required"] == ["at"]
    assert call("call", "f", {"at": [{"x": 1}, {"x": 2}]}) == {"output": '{"sum":3}', "said": []}
    assert call("call", "f", {"at": [{}]}) == {
        "error": "The arguments do not match the schema. at.0.x is missing",
        "said": [],
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero (tools.py, line 2: 1 / 0)"),
        ("import sys; sys.exit()", "SystemExit (tools.py, line 2: import sys; sys.exit())"),
        (
            "import upper_half",
            "ModuleNotFoundError: No module named 'upper_half' (tools.py, line 2: import upper_half). " + NAME_IT,
        ),
    ],
)
def test_an_exception_tells_the_users_line_and_nothing_else(body: str, error: str, call: Call) -> None:
    for kind in ("def", "async def"):
        call("open_tools", f"{kind} f():\n    {body}\n")
        assert call("call", "f", {})["error"] == error


def test_an_async_function_is_stopped(call: Call) -> None:
    call("open_tools", "import asyncio\nasync def f():\n    await asyncio.Event().wait()\n")
    assert call("stop", "f", 0.01) == "cancelled"


def test_packages_come_from_the_index_when_the_first_tool_is_used(index: tuple[str, Path], call: Call) -> None:
    source = "def f():\n    import upper_half\n    return upper_half.up()\n"
    call("open_tools", source, ["upper_half"], index[0])
    assert call("imported", ["micropip", "upper_half"]) == []
    assert call("call", "f", {}) == {"output": "upper lower", "said": ["Installing upper_half …"]}
    assert call("call", "f", {}) == {"output": "upper lower", "said": []}


def test_a_package_that_the_source_starts_with_comes_before_it(index: tuple[str, Path], call: Call) -> None:
    call("open_tools", "import at_the_top\ndef f():\n    return at_the_top.value\n", ["at-the-top"], index[0])
    assert call("call", "f", {}) == {"output": "7", "said": []}


def address(index: tuple[str, Path], name: str, digest: str = "") -> str:
    """The URL of a wheel with its hash."""
    file = f"{name}-1.0-py3-none-any.whl"
    digest = digest or hashlib.sha256((index[1] / file).read_bytes()).hexdigest()
    return f"{index[0].removesuffix('simple')}{file}#sha256={digest}"


def test_a_wheel_may_be_named_by_its_address_and_hash(index: tuple[str, Path], call: Call) -> None:
    source = "import by_address\ndef f():\n    return by_address.value\n"
    call("open_tools", source, [address(index, "by_address")])
    assert call("call", "f", {})["output"] == "8"


def test_wheels_with_hashes_need_no_index_if_each_one_is_named(index: tuple[str, Path], call: Call) -> None:
    source = "def f():\n    import hashed_upper\n    return hashed_upper.up()\n"
    call("open_tools", source, [address(index, "hashed_upper"), f"hashed-lower @ {address(index, 'hashed_lower')}"])
    assert call("call", "f", {}) == {"output": "upper lower", "said": ["Installing hashed-upper, hashed-lower …"]}


@pytest.mark.parametrize(
    ("name", "digest", "problem"),
    [
        ("other_hash", "0" * 64, "is not the one that is named: its sha256 is "),
        ("needs_more", "", "Can't fetch metadata for 'never-named'"),
        ("needs_an_address", "", "evil @ http://127.0.0.1:1/evil-1.0-py3-none-any.whl has no hash"),
        ("missing", "0" * 64, "status 404"),
    ],
)
def test_what_was_not_verified_is_not_installed(
    name: str, digest: str, problem: str, index: tuple[str, Path], call: Call
) -> None:
    call("open_tools", "def f(): return 1\n", [address(index, name, digest)])
    assert problem in call("call", "f", {})["error"]


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        ("no_such_package", "Can't fetch metadata for 'no-such-package'."),
        ("pydantic>99", "Requested 'pydantic>99', but pydantic==2.14.3 is already installed."),
        ("damaged", ""),
    ],
)
def test_what_cannot_be_installed_is_an_error_of_the_call(
    package: str, problem: str, index: tuple[str, Path], call: Call
) -> None:
    call("open_tools", "def f(): return 1\n", [package], index[0])
    said = call("call", "f", {})["error"]
    assert said.startswith(f"The Python packages cannot be installed: {problem}")
    assert said.endswith(
        f"The index is {index[0]}: it must have a folder for each package, what they depend on included."
    )
    assert "Traceback" not in said


URLLIB = """
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

def get(url: str, timeout: float | None = None):
    with (urlopen(url) if timeout is None else urlopen(url, timeout=timeout)) as response:
        return [response.status, response.reason, response.url, dict(response.headers), response.read().decode()]

def post(url: str):
    return urlopen(url, b"a=1").status

def put(url: str):
    request = Request(url, data=iter([b"a", b"b"]), headers={"Content-type": "text/plain", "X-B": "c"}, method="PUT")
    return urllib.request.build_opener().open(request).status

def caught(url: str):
    try:
        urlopen(url)
    except HTTPError as error:
        return [error.code, error.reason, error.headers["x-a"], error.read().decode()]
    except URLError as error:
        return [type(error.reason).__name__, str(error.reason)]
"""


@pytest.fixture
def fetch(selenium_python: Any, call: Call) -> Callable[..., Any]:
    """`fetch(function, **arguments)` calls a tool of `URLLIB`; what was sent, and the outcome."""
    call("open_tools", URLLIB)

    def fetch(name: str, **arguments: Any) -> tuple[Any, Any]:
        outcome = call("call", name, arguments)
        return selenium_python.run_js("return asked.splice(0)"), outcome.get("output") or outcome["error"]

    return fetch


PLAIN: dict[str, Any] = {"body": None, "headers": {}, "method": "GET", "timeout": 60_000}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_urllib_asks(fetch: Call) -> None:
    url = "https://api.test/x"
    asked, answer = fetch("get", url=url)
    assert asked == [{**PLAIN, "url": url}]
    assert answer == f'[200,"OK","{url}",{{"x-a":"b","Content-Length":"6"}},"answer"]'
    asked, answer = fetch("get", url="https://api.test/bare", timeout=1.5)
    assert asked == [{**PLAIN, "url": "https://api.test/bare", "timeout": 1500}]
    assert answer.endswith('{"Content-Length":"6"},"answer"]')


def test_urllib_sends(fetch: Call) -> None:
    url = "http://api.test/x"
    assert fetch("post", url=url)[0] == [{**PLAIN, "url": url, "method": "POST", "body": "a=1", "headers": FORM}]
    headers = {"content-type": "text/plain", "x-b": "c"}
    assert fetch("put", url=url)[0] == [{**PLAIN, "url": url, "method": "PUT", "body": "ab", "headers": headers}]


def test_urllib_raises_its_own_errors(fetch: Call) -> None:
    assert fetch("caught", url="https://api.test/429")[1] == '[429,"Too Many Requests","b","answer"]'
    assert fetch("caught", url="https://api.test/599")[1] == '[599,"","b","answer"]'
    assert fetch("caught", url="https://api.test/slow")[1] == '["TimeoutError","no answer within 60 s"]'
    assert fetch("caught", url="https://api.test/none")[1].startswith('["str","no answer: no network, or the server ')
    assert fetch("get", url="https://api.test/404")[1] == (
        "HTTPError: HTTP Error 404: Not Found "
        "(tools.py, line 7: with (urlopen(url) if timeout is None else urlopen(url, timeout=timeout)) as response:)"
    )
