"""Python tools in a browser: packages from the folder beside the runtime, HTTP by urllib3, and functions that block."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparewheel.headless import find_dist
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV
from tests.support.browser import Site, Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE = Path(__file__).parent / "theirs"

SOURCE = """
def get(url: str):
    import urllib3
    answer = urllib3.request("GET", url)
    return [answer.status, answer.data.decode()[:9]]

def wait():
    import time
    time.sleep(3600)
"""


def wheel(name: str, folder: Path) -> Path:
    """The wheel of an installed pure package, written again."""
    installed = importlib.metadata.distribution(name)
    path = folder / f"{name}-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in installed.files or ():
            if file.suffix != ".pyc" and ".." not in file.parts:
                archive.write(str(installed.locate_file(file)), file.as_posix())
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The host of the page, with an index of packages beside our files."""
    folder, index = tmp_path_factory.mktemp("packages"), tmp_path_factory.mktemp("urllib3")
    file = wheel("urllib3", folder)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (index / "index.html").write_text(
        f'<!doctype html><html><body><a href="../../{file.name}#sha256={digest}">{file.name}</a>'
    )
    ours = "/some/deep/path/spare/"
    mounts = {f"{ours}packages/simple/urllib3/": index, f"{ours}packages/": folder, ours: find_dist(), "/theirs/": HERE}
    with Site(mounts) as site:
        yield site


def agent(provider: ScriptedProvider, packages: str = "") -> str:
    source = json.dumps(SOURCE)
    return f"""
agents:
  root:
    model: m
    toolsets: [{{type: python, packages: [{packages}], source: {source}}}]
models:
  m: {{provider: openai, model: m, base_url: "{provider.url}/v1", token_key: TEST_KEY}}
"""


def asks(name: str, **arguments: str) -> Reply:
    return Reply(openai_chat(tool_calls=[ToolCall("c1", name, json.dumps(arguments))]))


async def test_a_package_is_installed_at_the_first_call_and_asks_the_network(
    theirs: Theirs, site: Site, provider: ScriptedProvider
) -> None:
    url = f"{site.origin}/theirs/index.html"
    provider.script("m", Reply(openai_chat(text="Hi.")), asks("get", url=url), Reply(openai_chat(text="Done.")))
    await theirs.open("s", agent(provider, "urllib3"), ENV, autoApprove=True, packageIndex="packages/simple")
    assert (await theirs.take_turn("s")).text == "Hi."
    assert not [asked for asked in theirs.watch.urls if "/packages/" in asked or "micropip" in asked]
    turn = await theirs.take_turn("s")
    assert [event["output"] for event in turn.of("tool_output")] == ["Installing urllib3 …"]
    assert [event["output"] for event in turn.of("tool_result")] == ['[200,"<!doctype"]']
    assert turn.text == "Done."


async def test_a_package_without_a_hash_needs_an_index_of_the_page(theirs: Theirs, provider: ScriptedProvider) -> None:
    options = {"yaml": agent(provider, "urllib3==2.0.0"), "env": ENV}
    error = await theirs.fails("open", "refused", options)
    assert error["kind"] == "config"
    assert "urllib3==2.0.0 has no hash" in error["message"]
    assert "#sha256=" in error["hint"]
    assert "packageIndex" in error["hint"]


async def test_a_function_that_sleeps_does_not_hold_up_stop(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("m", asks("wait"), Reply(openai_chat(text="Back.")))
    await theirs.open("sleeps", agent(provider), ENV, autoApprove=True)
    await theirs.begin("sleeps")
    await theirs.seen("sleeps", "tool_call")
    await theirs.call("abort", "sleeps")
    turn = await theirs.end("sleeps")
    assert turn.outcome == "aborted"
    assert (await theirs.take_turn("sleeps")).text == "Back."
