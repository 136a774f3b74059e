"""A compiled package in the code sandbox, from an index: a lock file of Pyodide, and pages of links."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from bundle.fetch import CODE_WHEEL_LIST, fetch_wheels
from sparewheel.headless import find_dist
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.e2e.conftest import THEIRS
from tests.support.agents import ENV
from tests.support.browser import Site, Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = "import msgspec\nmsgspec.json.decode(b'[6, 7]', type=list[int])"
OURS = "/some/deep/path/spare/"
YAML = """
agents: {{root: {{model: m, toolsets: [{{type: code, packages: [{package}]}}]}}}}
models: {{m: {{provider: openai, model: m, base_url: "{url}/v1", token_key: TEST_KEY}}}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The host of the page, with both kinds of index beside our files."""
    folder, pages = tmp_path_factory.mktemp("index"), tmp_path_factory.mktemp("msgspec")
    [wheel] = fetch_wheels(CODE_WHEEL_LIST)
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    entry = {"name": "msgspec", "version": "0.22.0", "file_name": wheel.name, "sha256": digest, "depends": []}
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {}, "packages": {"msgspec": entry}}))
    (pages / "index.html").write_text(f'<a href="../../{wheel.name}#sha256={digest}">{wheel.name}</a>')
    mounts = {f"{OURS}index/simple/msgspec/": pages, f"{OURS}index/": folder, OURS: find_dist(), "/theirs/": THEIRS}
    with Site(mounts) as site:
        yield site


@pytest.mark.parametrize(
    ("package", "index"),
    [
        pytest.param("msgspec", "index/pyodide-lock.json", id="lock-file"),
        pytest.param("msgspec==0.22.0", "index/simple", id="pages"),
    ],
)
async def test_a_compiled_package(
    theirs: Theirs, site: Site, provider: ScriptedProvider, package: str, index: str
) -> None:
    """In the page's own run, which is the first one, and in one of the agent."""
    await theirs.open("s", YAML.format(package=package, url=provider.url), ENV, packageIndex=index)
    ran = await theirs.call("runCode", "s", CODE)
    assert (ran["status"], ran["error"]) == ("done", None)
    assert ran["value"]["text"] == "[6, 7]"
    call = ToolCall("c1", "run_python", json.dumps({"code": CODE}))
    provider.script("m", Reply(openai_chat(tool_calls=[call])), Reply(openai_chat(text="Done.")))
    turn = await theirs.take_turn("s")
    [result] = turn.of("tool_result")
    assert (result["is_error"], result["output"]) == (False, "Value: [6, 7]")


async def test_what_an_index_lacks_is_named(theirs: Theirs, provider: ScriptedProvider) -> None:
    yaml = YAML.format(package="numpy", url=provider.url)
    await theirs.open("s2", yaml, ENV, packageIndex="index/pyodide-lock.json")
    error = await theirs.fails("runCode", "s2", "import numpy")
    assert error["kind"] == "config"
    assert "has no wheel of numpy" in error["message"]
