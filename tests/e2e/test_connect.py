"""`sparewheel batch --connect`: a browser behind Playwright's protocol or CDP, which stays when the batch ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from sparewheel.headless import find, find_dist
from sparewheel.headless.browser import sandboxed
from sparewheel.testing import Reply, Request, ScriptedProvider, openai_chat
from tests.support.door import KEY, agent_file

ROWS = [{"id": f"r{number}", "prompt": f"p{number}"} for number in range(4)]
LIMIT = 120  # seconds for one batch, the start of a runtime included


@contextmanager
def cdp(folder: Path) -> Iterator[str]:
    """A Chromium that was started by hand: its address over HTTP."""
    launch = find("chromium")
    flags = [*launch.flags, *([] if sandboxed() else ["--no-sandbox"]), f"--user-data-dir={folder / 'profile'}"]
    command = [str(launch.executable), "--headless", "--remote-debugging-port=0", *flags, "about:blank"]
    with _server(command, "DevTools listening on ") as url:
        yield f"http://{url.split('/')[2]}"


@contextmanager
def playwright_server(folder: Path) -> Iterator[str]:
    """A server of Playwright's protocol: its WebSocket."""
    launch = find("chromium")
    options = {"executablePath": str(launch.executable), "args": list(launch.flags), "chromiumSandbox": sandboxed()}
    (folder / "server.json").write_text(json.dumps(options | {"headless": True, "host": "127.0.0.1"}))
    config = ["--browser", "chromium", "--config", str(folder / "server.json")]
    with _server([sys.executable, "-m", "playwright", "launch-server", *config], "") as url:
        yield url


@contextmanager
def _server(command: list[str], before: str) -> Iterator[str]:
    """A process that prints the address of its WebSocket after `before`."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith(f"{before}ws://"):
                yield line.removeprefix(before).strip()
                break
        else:
            raise AssertionError(f"{command[0]} did not start: {said}")
        assert process.poll() is None, "the browser elsewhere ended with the batch"
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # Playwright's command has the server as its child
        process.communicate(timeout=60)


def echo(request: Request) -> Reply:
    return Reply(openai_chat(text=f"to {request.json['messages'][-1]['content']}"))


def batch(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    files = [str(folder / "agent.yaml"), str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl")]
    where = ["--connect", url, "--dist", str(find_dist()), "--env", f"TEST_KEY={KEY}"]
    command = [sys.executable, "-m", "sparewheel", "batch", *files, *where]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)


@pytest.mark.parametrize("elsewhere", [cdp, playwright_server])
async def test_a_batch_in_a_browser_that_is_elsewhere(
    tmp_path: Path, elsewhere: Callable[[Path], AbstractContextManager[str]]
) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    with ScriptedProvider(default=[echo]) as server, elsewhere(tmp_path) as url:
        (tmp_path / "agent.yaml").write_text(agent_file(server))
        done = await asyncio.to_thread(batch, tmp_path, url)
        assert done.returncode == 0, done.stdout + done.stderr
        agents = {request.headers.get("user-agent", "") for request in server.requests}
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    answers = {row["id"]: row["message"]["content"] for row in rows if row["status"] == "ok"}
    assert answers == {row["id"]: f"to {row['prompt']}" for row in ROWS}
    assert all("Chrome" in agent for agent in agents)
    assert KEY not in done.stdout + done.stderr
