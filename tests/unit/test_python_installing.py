"""Python tools: how the packages that they need are installed, and which are refused."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import Tool, ToolError
from sparewheel.transports.packages import package_loader
from sparewheel.transports.wheels import distribution_of
from tests.support.pythontools import Context, Loader, Open, answer, one, problem


async def test_packages_are_installed_when_the_first_tool_is_used(opened: Open) -> None:
    load = Loader()
    toolset = opened("def f():\n    return 1\n", load=load, packages=["nice>=1"], index="https://index.test/simple")
    tool = await one(toolset)
    assert load.asked == []
    first, later = Context(), Context()
    assert list(await asyncio.gather(tool.call({}, first), tool.call({}, Context()))) == ["1", "1"]
    assert await tool.call({}, later) == "1"
    assert load.asked == [(["nice>=1"], "https://index.test/simple")]
    assert (first.said, later.said) == (["Installing nice>=1 …"], [])


async def test_arguments_that_do_not_fit_install_nothing(opened: Open) -> None:
    load = Loader()
    await problem(opened("def f(x: int): ...\n", load=load, packages=["nice"]), x="?")
    assert load.asked == []


async def test_what_the_source_imports_as_it_starts_is_installed_first(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Loader(found=lambda: monkeypatch.setitem(sys.modules, "nice_package", asyncio))
    source = "import json, nice_package\ndef f() -> str:\n    return nice_package.__name__\n"
    assert await answer(opened(source, load=load, packages=["nice-package"])) == "asyncio"
    assert load.asked == [(["nice-package"], None)]


async def test_a_failed_installation_is_an_error_of_the_call_and_tried_again(opened: Open) -> None:
    load = Loader(error=ConfigError("The index has no nice.", "Put it there."))
    toolset = opened("def f():\n    return 1\n", load=load, packages=["nice"])
    assert await problem(toolset) == "The index has no nice. Put it there."
    assert await answer(toolset) == "1"


async def test_an_installation_that_fails_when_nobody_waits_is_tried_again(opened: Open) -> None:
    load = Loader(error=ConfigError("no"))
    load.gate.clear()
    tool = await one(opened("def f():\n    return 1\n", load=load, packages=["nice"]))
    first = asyncio.ensure_future(_call(tool))
    await load.begun.wait()
    first.cancel()
    await asyncio.wait({first})
    load.gate.set()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
    assert await _call(tool) == "1"


async def test_a_call_that_is_stopped_does_not_stop_the_installation(opened: Open) -> None:
    load = Loader()
    load.gate.clear()
    tool = await one(opened("def f():\n    return 1\n", load=load, packages=["nice"]))
    first = asyncio.ensure_future(_call(tool))
    await load.begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    load.gate.set()
    assert await _call(tool) == "1"
    assert len(load.asked) == 1


async def _call(tool: Tool) -> Any:
    return await tool.call({}, Context())


async def test_closing_stops_an_installation(opened: Open) -> None:
    load = Loader()
    load.gate.clear()
    toolset = opened("def f(): ...\n", load=load, packages=["nice"])
    task: asyncio.Task[Any] = asyncio.ensure_future(_call(await one(toolset)))
    await load.begun.wait()
    await toolset.close()
    with pytest.raises(ToolError, match="session is closed"):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("pydantic", "pydantic"),
        ("Pydantic_Core>=2", "pydantic-core"),
        ("requests[socks]; python_version > '3'", "requests"),
        ("https://x.test/whl/typing_extensions-4.16.0-py3-none-any.whl", "typing-extensions"),
    ],
)
def test_the_distribution_of_a_requirement(requirement: str, name: str) -> None:
    assert distribution_of(requirement) == name


HASH = "0123456789abcdef" * 4
INDEX = "https://index.test/simple"
VERIFIABLE = [
    f"https://h.test/a_b-1.0-py3-none-any.whl#sha256={HASH}",
    f"a.b @ https://h.test/@x/a_b-1.0-py3-none-any.whl#sha256={HASH.upper()}",
    f"a-b@wheels/a_b-1.0-py3-none-any.whl#sha256={HASH}",
    "Pydantic>=2",
    "pydantic[email] >= 2, <3",
]
NO_HASH = [
    "nice",
    "nice==1.0",
    "nice[extra]>=1",
    "https://h.test/nice-1.0-py3-none-any.whl",
    "pydantic @ https://h.test/pydantic-9-py3-none-any.whl",
    "nice-1.0-py3-none-any.whl",
    "file:///nice-1.0-py3-none-any.whl",
    f"https://h.test/nice-1.0-py3-none-any.whl#sha256={HASH[1:]}",
    f"https://h.test/nice-1.0-py3-none-any.whl#sha256={HASH}0",
    f"https://h.test/nice-1.0-py3-none-any.whl#md5={HASH}",
    f"https://h.test/nice-1.0.tar.gz#sha256={HASH}",
    f"pydantic @ https://h.test/nice-1.0-py3-none-any.whl#sha256={HASH}",
    f"nice==1.0 --hash=sha256:{HASH}",
    "",
]


@pytest.mark.parametrize("package", VERIFIABLE)
def test_a_package_that_can_be_verified_is_accepted_when_the_session_is_created(package: str, opened: Open) -> None:
    opened("def f(): ...\n", packages=[package], bundled={"pydantic"})


@pytest.mark.parametrize("package", NO_HASH)
def test_a_package_that_cannot_be_verified_is_refused_when_the_session_is_created(package: str, opened: Open) -> None:
    with pytest.raises(ConfigError) as caught:
        opened("def f(): ...\n", packages=[VERIFIABLE[0], package, "other"], bundled={"pydantic"})
    message = str(caught.value)
    assert message.startswith("The Python toolset's packages cannot be verified:")
    assert package in message
    assert "other has no hash, and there is no index" in message  # all of them are named
    assert VERIFIABLE[0] not in message
    assert "#sha256=" in caught.value.info.hint
    assert "packageIndex" in caught.value.info.hint


@pytest.mark.parametrize("package", ["nice", "nice==1.0", "nice[extra]>=1", *VERIFIABLE])
async def test_an_index_that_the_page_has_named_is_trusted(package: str, opened: Open) -> None:
    load = Loader()
    await problem(opened("def f(x: int): ...\n", load=load, packages=[package], page_index=INDEX, bundled=()), x="?")
    assert load.asked == []  # an error of the arguments comes first
    toolset = opened("def f(): return 1\n", load=load, packages=[package], page_index=INDEX, index=INDEX, bundled=())
    await answer(toolset)
    assert load.asked == [([package], INDEX)]


@pytest.mark.parametrize("package", NO_HASH[3:])
def test_even_with_an_index_an_address_needs_a_hash(package: str, opened: Open) -> None:
    with pytest.raises(ConfigError, match="cannot be verified"):
        opened("def f(): ...\n", packages=[package], page_index=INDEX, bundled={"pydantic"})


def test_an_index_of_the_file_alone_is_refused(opened: Open) -> None:
    for page_index in (None, "https://other.test/simple"):
        with pytest.raises(
            ConfigError, match=r"index https://index\.test/simple is not the one that the page has named"
        ):
            opened("def f(): ...\n", packages=["pydantic"], index=INDEX, page_index=page_index, bundled={"pydantic"})


async def test_outside_of_the_browser_it_says_what_is_missing() -> None:
    load: Callable[..., Awaitable[None]] = package_loader()
    await load(["pydantic>=2", "typing_extensions"])
    with pytest.raises(ConfigError) as caught:
        await load(["pydantic", "no-such-package", "other_one>=1"])
    assert str(caught.value) == "These Python packages are not installed: no-such-package other_one>=1."
    assert caught.value.info.hint == "pip install no-such-package other_one>=1"
