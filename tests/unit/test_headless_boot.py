"""How the start of a headless runtime ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from sparewheel.errors import SparewheelError
from sparewheel.headless.link import MAX_MESSAGE
from tests.support.fakelink import (
    FakeLink,
    is_mute,
)
from tests.support.fakeloop import run


def test_boot_is_over_when_the_runtime_says_so() -> None:
    async def boots(link: FakeLink, command: dict[str, Any]) -> None:
        link.hear({"type": "progress", "stage": "pyodide", "message": "Starting Python"})
        link.hear({"type": "ready"})

    async def main() -> None:
        link = FakeLink(boots)
        seen: list[Any] = []
        link.on_progress = seen.append
        async with AsyncExitStack() as stack:
            await link.start(stack, 5)
        assert [progress["stage"] for progress in seen] == ["pyodide"]

    run(main())


def test_a_boot_that_fails_says_where_and_why() -> None:
    async def fails_to_boot(link: FakeLink, command: dict[str, Any]) -> None:
        message = {"type": "boot_failed", "stage": "packages", "reason": "a wheel is missing", "hint": "build again"}
        link.hear(message)

    async def main() -> None:
        async with AsyncExitStack() as stack:
            with pytest.raises(SparewheelError) as caught:
                await FakeLink(fails_to_boot).start(stack, 5)
        assert (str(caught.value), caught.value.info.hint) == ("a wheel is missing (stage: packages)", "build again")

    run(main())


def test_a_long_reason_keeps_its_beginning_and_its_end() -> None:
    async def main() -> None:
        error = FakeLink(is_mute).failure(f"Traceback{' in a file' * 500}\nImportError: no module")
        assert str(error).startswith("Traceback in a file")
        assert str(error).endswith("in a file ImportError: no module")
        assert len(str(error)) <= MAX_MESSAGE + len(" ... ")

    run(main())


def test_a_boot_that_hangs_is_over_at_its_limit() -> None:
    async def hangs(link: FakeLink, command: dict[str, Any]) -> None:
        link.hear({"type": "progress", "stage": "pyodide", "message": "Starting Python"})
        link.say("[error] wasm sk-CANARY failed")

    async def main() -> None:
        async with AsyncExitStack() as stack:
            with pytest.raises(SparewheelError) as caught:
                await FakeLink(hangs).start(stack, 30)
        assert str(caught.value) == "the runtime did not start within 30 s (last stage: pyodide: Starting Python)"
        assert caught.value.info.hint == "Last lines of the console: [error] wasm [redacted] failed"
        assert asyncio.get_running_loop().time() == 30

    run(main())
