"""The fixture `sparewheel.testing.cassette`: records when it is asked to, else replays; a missing recording fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.door import agent_file

ROOT = Path(__file__).parents[2]
TEST = """
import asyncio
from sparewheel import open_agent
from sparewheel.testing import cassette

def test_it(cassette):
    async def main():
        async with open_agent("agent.yaml", **KEYS, **cassette.options) as session:
            return await session.send("hi")

    assert asyncio.run(main())["message"]["content"] == "Recorded."
"""


def pytest_in(folder: Path, **env: str) -> str:
    """The output of pytest in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime"), **env}
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return found.stdout + found.stderr


def test_a_test_records_once_and_is_then_replayed(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(TEST.replace("KEYS", "{'env': {'TEST_KEY': 'sk-0123456789abcdef'}}"))
    (tmp_path / "pytest.ini").write_text("[pytest]")
    with ScriptedProvider() as server:
        server.script("a", Reply(openai_chat(text="Recorded.")))
        (tmp_path / "agent.yaml").write_text(agent_file(server))
        output = pytest_in(tmp_path)
        assert "There is no recording" in output
        assert "SPAREWHEEL_RECORD=1" in output
        assert server.requests == []
        assert "1 passed" in pytest_in(tmp_path, SPAREWHEEL_RECORD="1")
        assert len(server.requests) == 1
    assert "0123456789" not in (tmp_path / "cassettes" / "test_it" / "test_it.jsonl").read_text()
    file.write_text(TEST.replace("**KEYS, ", ""))
    assert "1 passed" in pytest_in(tmp_path, SPAREWHEEL_RECORD="1")
    file.write_text(TEST.replace("**KEYS, ", "").replace('"hi"', '"hello"'))
    assert "The recording has no answer to POST" in pytest_in(tmp_path)
