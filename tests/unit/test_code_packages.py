"""Which wheels are passed in with code, and what an index has to have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolError
from sparewheel.tools.code.packages import Packages
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from sparewheel.transports.wheels import LockedWheel
from tests.support.fakeloop import run
from tests.support.workerpage import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

SHA = "ab" * 32


def locked(name: str, *depends: str, imports: tuple[str, ...] = ()) -> LockedWheel:
    return LockedWheel(f"{name}.whl", SHA, depends, imports or (name,))


LOCK = {
    "sparewheel": locked("sparewheel", "pydantic"),
    "pydantic": locked("pydantic"),
    "micropip": locked("micropip"),
    "pygal": locked("pygal", "pydantic", "importlib-metadata"),
    "importlib-metadata": locked("importlib-metadata", "zipp", imports=("importlib_metadata",)),
    "zipp": locked("zipp"),
    "tzdata": locked("tzdata"),
}
WHEEL = "msgspec-0.22.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SIMPLE = "".join(
    f'<a href="../../files/{name}#sha256={SHA}">{name}</a>'
    for name in (
        "msgspec-0.22.0-cp314-cp314-manylinux_2_28_x86_64.whl",
        "msgspec-0.22.0-cp313-cp313-pyemscripten_2026_0_wasm32.whl",
        WHEEL,
        "msgspec-0.21.0-py3-none-any.whl",
        "msgspec-0.22.0.tar.gz",
        "other-0.22.0-py3-none-any.whl",
    )
)
PYODIDE = {
    "info": {"abi_version": "2026_0"},
    "packages": {
        "Numpy": {
            "file_name": "numpy-2-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
            "sha256": SHA.upper(),
            "depends": ["openblas"],
            "package_type": "package",
        },
        "openblas": {"file_name": "openblas.zip", "sha256": SHA, "depends": [], "package_type": "shared_library"},
        "six": {"file_name": "six-1-py2.py3-none-any.whl", "sha256": SHA, "depends": []},
        "dateutil": {"file_name": "https://files.test/d-1-py3-none-any.whl", "sha256": SHA, "depends": ["six"]},
    },
}


def packages(*names: str, index: str | None = None, pages: Mapping[str, Any] | None = None) -> Packages:
    def answer(request: Any) -> LocalResponse:
        body = (pages or {}).get(request.url)
        asked.append(request.url)
        return LocalResponse(404 if body is None else 200, {}, _once(str(body).encode()))

    asked: list[str] = []
    return Packages(names, index, LOCK, MockTransport(answer))


async def _once(body: bytes) -> Any:
    yield body


async def names_for(code: str, *names: str) -> list[str]:
    return [wheel["name"] for wheel in await packages(*names).wheels(code)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import pygal", ["importlib-metadata", "pygal", "zipp"]),
        ("from pygal.style import DarkStyle", ["importlib-metadata", "pygal", "zipp"]),
        ("import json, pygal as p", ["importlib-metadata", "pygal", "zipp"]),
        ("x = __import__('zipp')", ["zipp"]),
        ("import pydantic, micropip", []),
        ("print('a chart')", []),
        ("import pygalx", []),
        ("from zoneinfo import ZoneInfo", ["tzdata"]),
    ],
)
async def test_what_code_imports_is_passed_in(code: str, expected: list[str]) -> None:
    assert await names_for(code) == expected


async def test_what_the_file_names_is_always_passed_in() -> None:
    assert await names_for("1", "zipp") == ["zipp"]
    wheel = f"https://x.test/thing-1-py3-none-any.whl#sha256={SHA.upper()}"
    (found,) = await packages(wheel).wheels("1")
    assert found == {"name": "thing", "file": "https://x.test/thing-1-py3-none-any.whl", "sha256": SHA}
    assert packages(wheel).known == ["importlib_metadata", "pygal", "thing", "tzdata", "zipp"]


@pytest.mark.parametrize("name", ["numpy", "https://x.test/x-1-py3-none-any.whl", "x.whl"])
def test_what_cannot_be_verified_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="has no hash, and there is no index"):
        packages(name)


async def test_an_index_of_pages() -> None:
    pages = {"https://i.test/simple/msgspec/": SIMPLE}
    of = packages("msgspec==0.22.0", index="https://i.test/simple", pages=pages)
    expected = [{"name": "msgspec", "file": f"https://i.test/files/{WHEEL}", "sha256": SHA}]
    assert await of.wheels("1") == await of.wheels("2") == expected


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("msgspec==0.23", "no wheel of msgspec==0.23 for this platform .* It has 0.21.0, 0.22.0."),
        ("msgspec", "an index needs NAME==VERSION"),
        ("numpy==2.4", "answered with status 404"),
    ],
)
async def test_what_an_index_of_pages_lacks(requirement: str, problem: str) -> None:
    pages = {"https://i.test/simple/msgspec/": SIMPLE}
    with pytest.raises(ToolError, match=problem):
        await packages(requirement, index="https://i.test/simple/", pages=pages).wheels("1")


async def test_a_lock_file_as_index() -> None:
    url = "https://i.test/full/pyodide-lock.json"
    pages = {url: json.dumps(PYODIDE)}
    found = await packages("dateutil", index=url, pages=pages).wheels("1")
    files = ["https://files.test/d-1-py3-none-any.whl", "https://i.test/full/six-1-py2.py3-none-any.whl"]
    assert [wheel["file"] for wheel in found] == files
    with pytest.raises(ToolError, match="has no wheel of openblas, scipy"):
        await packages("numpy", "scipy", index=url, pages=pages).wheels("1")


async def test_a_lock_file_of_another_pyodide() -> None:
    url = "https://i.test/pyodide-lock.json"
    pages = {url: json.dumps(PYODIDE | {"info": {"abi_version": "2025_0"}})}
    with pytest.raises(ToolError, match="is of another Pyodide: 2025_0, and this is 2026_0"):
        await packages("six", index=url, pages=pages).wheels("1")


@pytest.mark.parametrize("text", ["", "[]", '{"packages": 5}', '{"packages": [1]}', '{"packages": {"six": 5}}'])
async def test_a_damaged_lock_file(text: str) -> None:
    url = "https://i.test/pyodide-lock.json"
    with pytest.raises(ToolError, match="package index"):
        await packages("six", index=url, pages={url: text}).wheels("1")


def test_the_page_learns_what_its_own_runs_are_given() -> None:
    """From the agent that answers, or from another one that has the toolset."""
    file = f"https://files.test/d-1-py3-none-any.whl#sha256={SHA}"
    entry = f"{{type: code, timeout: 3s, packages: [{json.dumps(file)}]}}"

    async def setup(toolsets: str) -> Any:
        page = Page({})
        other = f"{{model: openai/a, toolsets: [{toolsets}]}}"
        yaml = f"agents: {{root: {{model: openai/a, sub_agents: [other]}}, other: {other}}}"
        await page.call("create_session", session="s", yaml=yaml, env={"OPENAI_API_KEY": "k"})
        return (await page.call("code_setup", session="s", code="1"))["result"]

    async def main() -> None:
        found = await setup(entry)
        assert found["packages"] == [{"name": "d", "file": file.partition("#")[0], "sha256": SHA}]
        assert found["limits"]["time_ms"] == 3000
        assert await setup("{type: think}") is None

    run(main())
