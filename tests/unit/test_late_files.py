"""Sessions that need files which are still on their way wait for them, and only they."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from sparewheel import late_files, setup, worker
from tests.fakeloop import run
from tests.unit.test_worker import KEY, YAML, Page

ENV = {"OPENAI_API_KEY": KEY}


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Opening a session fails to import something until the files are there."""
    tries: list[str] = []
    real = setup.make_session

    def make(*args: Any) -> Any:
        tries.append("try")
        if late_files._awaited is not None:
            raise ModuleNotFoundError("No module named 'sparewheel.tools.python_tools'")
        return real(*args)

    monkeypatch.setattr(worker, "make_session", make)
    yield tries
    late_files.arrived()


def test_a_session_waits_for_what_it_has_to_import(missing: list[str]) -> None:
    async def main() -> None:
        late_files.expect()
        page = Page({})
        number = page.post("create_session", session="s", yaml=YAML, env=ENV)
        await asyncio.sleep(5)
        assert page.said == []
        late_files.arrived()
        await page.settle()
        assert page.reply(number)["result"]["agent"] == "root"
        assert missing == ["try", "try"]

    run(main())


def test_files_that_never_come_are_one_clear_error(missing: list[str]) -> None:
    async def main() -> None:
        late_files.expect()
        page = Page({})
        error = (await page.call("create_session", session="s", yaml=YAML, env=ENV))["error"]
        assert (error["kind"], error["message"]) == ("config", "The rest of the runtime's files did not come.")
        assert asyncio.get_running_loop().time() == late_files.LIMIT

    run(main())


def test_a_module_that_is_missing_for_good_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*args: Any) -> Any:
        raise ModuleNotFoundError("No module named 'x'")

    async def main() -> None:
        monkeypatch.setattr(worker, "make_session", make)
        error = (await Page({}).call("create_session", session="s", yaml=YAML, env=ENV))["error"]
        assert (error["kind"], error["message"]) == ("internal", "ModuleNotFoundError: No module named 'x'")

    run(main())
