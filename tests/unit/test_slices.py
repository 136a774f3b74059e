"""Long computations in slices: what they give, and that other tasks run in between."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest

from sparewheel.redaction.redact import redact, redact_in_slices
from sparewheel.slices import run_at_once, run_in_slices
from tests.support.fakeloop import run

KEY = "sk-proj-CANARYCANARYCANARY0123456789"


def test_other_tasks_run_between_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparewheel.slices.PAUSE", 0)

    def work() -> Generator[None, None, str]:
        for _ in range(3):
            yield
        return "done"

    async def main() -> None:
        task = asyncio.create_task(run_in_slices(work()))
        turns = 0
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 3
        assert task.result() == "done"

    run(main())


def test_keys_are_found_wherever_slices_meet() -> None:
    for offset in (0, 1, 17, 40_000, 65_500):
        rows = "x" * offset + f'\n{{"id": 1, "key": "{KEY}", "Authorization": "Bearer {KEY}"}},' * 3_000
        assert len(list(redact_in_slices(rows))) > 3
        assert "CANARY" not in redact(rows)
        secret = "a secret\nof two lines"
        assert "two lines" not in run_at_once(redact_in_slices(f"{rows}{secret}{rows}", [secret]))


def test_a_text_without_a_border_is_read_to_its_end() -> None:
    text = "x" * 300_000
    assert redact(text) == text
