"""A model server in a process of its own, for batches: it answers each prompt with an echo."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sparewheel.testing import Reply, Request, ScriptedProvider, Usage, openai_chat

ROOT: Final = Path(__file__).resolve().parents[2]
ENV: Final = {"TEST_KEY": "sk-CANARY-0123456789abcdef"}
_AGENT: Final = """
agents:
  root:
    model: mine/a
    fallback: {{models: [], retries: 2, backoff: {{initial: 50ms}}}}
providers:
  mine: {{provider: openai, base_url: "{url}/v1", token_key: TEST_KEY}}
"""


def prompt(number: int) -> str:
    return f"prompt {number}"


def answer(text: str) -> str:
    return f"answer to {text}"


def agent_file(url: str) -> str:
    return _AGENT.format(url=url)


@asynccontextmanager
async def provider(latency: float = 0.0) -> AsyncIterator[str]:
    """The address of a server that answers after `latency` seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.batch_provider", str(latency)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


def _serve(latency: float) -> None:
    def echo(request: Request) -> Reply:
        text = request.json["messages"][-1]["content"]
        return Reply(openai_chat(text=answer(text), usage=Usage(12, 5)), delay=latency)

    with ScriptedProvider(default=[echo], keep_alive=True) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(float(sys.argv[1]))
