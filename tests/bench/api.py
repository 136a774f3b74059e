"""The model API that the benchmarks ask: Chat Completions streams, made beforehand and sent as fast as they are read.

It runs in a process of its own (`Api`), so that it takes no time from whoever is measured. The model's name says what
it answers: `flood-N`, N deltas at once; `paced-MS-N`, N deltas, one every MS milliseconds, each holding the time of its
sending; `rate-PER_SECOND-SECONDS`, words at that rate; `text-NAME-CHARS-SIZE-PER_SECOND`, the beginning of one of
`texts.py`, SIZE characters a delta, at that rate, or at once for 0; `status-CODE-ANYTHING`, an error at once;
`changing-VENDOR-N`, N deltas at once in frames of which more than the text changes. What follows in a name keeps the
models of two runs apart. `GET` tells when the last request for each model was read.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final

from sparewheel.bounded import BoundedDict
from sparewheel.testing import Usage, openai_chat
from sparewheel.testing.streams import sse

from .texts import pieces

ROOT: Final = Path(__file__).resolve().parents[2]
WRITE_SIZE: Final = 256 * 1024
TICK: Final = 0.004  # seconds between two writes of a `rate-` stream
_WORDS: Final = ("The ", "spare ", "wheel ", "turns ", "on, ", "and ", "nobody ", "on ", "the ", "road ", "notices.\n")
_CORS: Final = (
    "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization, content-type\r\n"
    "Access-Control-Allow-Methods: POST\r\nAccess-Control-Max-Age: 600\r\n"
)
_STREAM_HEAD: Final = (
    f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n{_CORS}\r\n".encode()
)
_LAST: Final = b"0\r\n\r\n"


class Api:
    """The server, from `with` to its end. `url` has no trailing slash."""

    def __enter__(self) -> Api:
        argv = [sys.executable, "-m", "tests.bench.api"]
        self._process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()


def words(count: int) -> list[str]:
    return [_WORDS[number % len(_WORDS)] for number in range(count)]


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@lru_cache(maxsize=8)
def _flood(count: int) -> tuple[bytes, ...]:
    """The whole answer as writes, each one chunk of HTTP. Events are cut wherever a write is full, as networks do."""
    body = b"".join(openai_chat(text=words(count), usage=Usage(10, count)))
    pieces = (body[start : start + WRITE_SIZE] for start in range(0, len(body), WRITE_SIZE))
    return (*map(_frame, pieces), _LAST)


def _chunk(vendor: str, number: int, word: str) -> dict[str, object]:
    """A chunk as it is sent by OpenAI with `logprobs`, by a gateway that numbers chunks, or with usage in each."""
    choice: dict[str, object] = {"index": 0, "delta": {"content": word}, "finish_reason": None}
    chunk: dict[str, object] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
    if vendor == "openai":
        token = {"token": word, "logprob": -number / 7919, "bytes": list(word.encode())}
        choice["logprobs"] = {"content": [{**token, "top_logprobs": [token]}], "refusal": None}
        chunk["obfuscation"] = f"{number * 2_654_435_761:x}"[: number % 9 + 1]
    elif vendor == "gateway":
        chunk |= {"id": f"gen-{number * 2_654_435_761:x}", "created": 1_700_000_000 + number}
    else:
        chunk["usage"] = {"prompt_tokens": 10, "completion_tokens": number, "total_tokens": 10 + number}
    return {**chunk, "model": "bench", "choices": [choice]}


@lru_cache(maxsize=8)
def _changing(vendor: str, count: int) -> tuple[bytes, ...]:
    chunks = (sse(_chunk(vendor, number, word)) for number, word in enumerate(words(count)))
    body = b"".join([*chunks, openai_chat()[-2], openai_chat()[-1]])
    return (*(_frame(body[at : at + WRITE_SIZE]) for at in range(0, len(body), WRITE_SIZE)), _LAST)


async def _paced(interval: float, count: int) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(count):
        await asyncio.sleep(max(start + number * interval - loop.time(), 0))
        yield _frame(openai_chat(text=[f"{time.time() * 1000:.2f} "], finish=None)[-1])
    yield _frame(b"".join(openai_chat(text=[])))


async def _rate(text: list[str], per_second: int) -> AsyncIterator[bytes]:
    events = openai_chat(text=text)
    if per_second == 0:
        yield _frame(b"".join(events))
        return
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    while sent < len(events):
        await asyncio.sleep(TICK)
        due = min(round((loop.time() - start) * per_second), len(events))
        if due > sent:
            yield _frame(b"".join(events[sent:due]))
            sent = due


def _error(status: int) -> bytes:
    error = {"message": "Rate limit reached." if status == 429 else "The server had an error.", "type": "error"}
    body = json.dumps({"error": error}).encode()
    head = f"HTTP/1.1 {status} Error\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{_CORS}\r\n"
    return head.encode() + body


async def _answer(model: str, writer: asyncio.StreamWriter) -> None:
    kind, *numbers = model.split("-")
    if kind == "status":
        writer.write(_error(int(numbers[0])))
        return
    writer.write(_STREAM_HEAD)
    if kind in ("flood", "changing"):
        whole = _flood(int(numbers[0])) if kind == "flood" else _changing(numbers[0], int(numbers[1]))
        for piece in whole:
            writer.write(piece)
            await writer.drain()
        return
    if kind == "paced":
        stream = _paced(int(numbers[0]) / 1000, int(numbers[1]))
    elif kind == "text":
        name, chars, size, per_second = numbers
        stream = _rate(pieces(name, int(chars), int(size)), int(per_second))
    else:
        per_second, seconds = numbers
        stream = _rate(words(round(int(per_second) * float(seconds))), int(per_second))
    async for piece in stream:
        writer.write(piece)
    writer.write(_LAST)


# By model, when the last request for it was read and its answer began, in milliseconds of the wall clock.
_times: BoundedDict[str, float] = BoundedDict(100)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, kept alive: a request, its answer, and so on."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if head.startswith("GET"):
                times = json.dumps(_times).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(times), _CORS.encode(), times))
                continue
            if head.startswith("OPTIONS"):
                writer.write(f"HTTP/1.1 204 No Content\r\n{_CORS}\r\n".encode())
                continue
            length = next(int(line.partition(":")[2]) for line in head.split("\r\n") if _is_length(line))
            body = json.loads(await reader.readexactly(length))
            _times[body["model"]] = time.time() * 1000
            await _answer(body["model"], writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _is_length(line: str) -> bool:
    return line.lower().startswith("content-length:")


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=WRITE_SIZE)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
