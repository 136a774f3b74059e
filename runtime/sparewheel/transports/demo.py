"""Models that need no key and no network: `demo/NAME` answers with real wire bytes (OpenAI Chat Completions).

Each name simulates one behaviour or failure of real models, to show how a chain handles it. The bytes go through the
same decoder as those of real providers; only the connection is simulated.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from ..jsontext import read
from ..titles import INSTRUCTION, first_words, quoted_prompt
from .base import broken_off
from .local import LocalResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

    from .base import HttpRequest

ANSWER: Final = (
    "Hello! I am the spare. The model before me stopped in the middle, the next one had no room, "
    "so this answer comes from a third one, and you did not have to do anything."
)
HALF: Final = "Hello! I am the first model of this chain, and I was about to tell you everything about"
PACE: Final = 0.03  # seconds between two deltas

_USAGE: Final = {"prompt_tokens": 24, "completion_tokens": 40, "total_tokens": 64}


def _chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({"id": "demo", "object": "chat.completion.chunk", "model": "demo", "choices": [choice], **more})


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _words(text: str) -> list[bytes]:
    return [_chunk({"content": word if not number else f" {word}"}) for number, word in enumerate(text.split(" "))]


def _end(finish: str) -> list[bytes]:
    usage = _data({"id": "demo", "object": "chat.completion.chunk", "model": "demo", "choices": [], "usage": _USAGE})
    return [_chunk({}, finish), usage, b"data: [DONE]\n\n"]


async def _paced(pieces: list[bytes], pace: float = PACE) -> AsyncGenerator[bytes, None]:
    yield _chunk({"role": "assistant", "content": ""})
    for piece in pieces:
        await asyncio.sleep(pace)
        yield piece


async def _drops() -> AsyncGenerator[bytes, None]:
    async with aclosing(_paced(_words(HALF))) as pieces:
        async for piece in pieces:
            yield piece
    raise broken_off("TypeError: network error", "demo://models")


async def _stalls() -> AsyncGenerator[bytes, None]:
    async with aclosing(_paced(_words(HALF))) as pieces:
        async for piece in pieces:
            yield piece
    await asyncio.Event().wait()


def _failure(status: int, kind: str, message: str, **headers: str) -> LocalResponse:
    body = json.dumps({"error": {"message": message, "type": kind, "code": kind}}).encode()
    return LocalResponse(status, {"content-type": "application/json", **headers}, body)


def _calls(tool: str, *arguments: str, call_id: str = "call_demo") -> AsyncGenerator[bytes, None]:
    """A call of a tool; `arguments` are the parts of a JSON text."""
    call = {"index": 0, "id": call_id, "type": "function", "function": {"name": tool, "arguments": ""}}
    pieces = [_chunk({"tool_calls": [call]})]
    pieces += [_chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in arguments]
    return _paced(pieces + _end("tool_calls"))


def _searches(request: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    from .demo_search import next_step

    tool, text = next_step(request)
    if not tool:
        return _paced(_words(text) + _end("stop"))
    return _calls(tool, json.dumps({"query": text}), call_id=f"call_demo_{len(request['messages'])}")


def _computes(request: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    from .demo_compute import TOOL, next_step

    code, text = next_step(request)
    if not code:
        return _paced(_words(text) + _end("stop"))
    arguments = json.dumps({"code": code})
    parts = [arguments[at : at + 40] for at in range(0, len(arguments), 40)]
    return _calls(TOOL, *parts, call_id=f"call_demo_{len(request['messages'])}")


_MODELS: Final[dict[str, Callable[[], LocalResponse]]] = {
    "hello": lambda: LocalResponse(body=_paced(_words(ANSWER) + _end("stop"))),
    "slow": lambda: LocalResponse(body=_paced(_words(ANSWER) + _end("stop"), pace=0.5)),
    "drops-midway": lambda: LocalResponse(body=_drops()),
    "stalls": lambda: LocalResponse(body=_stalls()),
    "empty": lambda: LocalResponse(body=_paced(_end("stop"))),
    "refuses": lambda: LocalResponse(body=_paced(_words("I cannot help with that.") + _end("content_filter"))),
    "tools": lambda: LocalResponse(body=_calls("lookup", '{"word":', ' "spare"}')),
    "overloaded": lambda: _failure(529, "overloaded_error", "Overloaded"),
    "rate-limited": lambda: _failure(429, "rate_limit_exceeded", "Rate limit reached", **{"retry-after": "2"}),
    "server-error": lambda: _failure(500, "server_error", "The server had an error while processing your request"),
    "bad-key": lambda: _failure(401, "invalid_api_key", "Incorrect API key provided"),
}

_AGENTIC: Final = {"searches": _searches, "computes": _computes}
_TITLED: Final = ("hello", "slow", "tools", *_AGENTIC)  # models that answer, and give titles to conversations


class DemoTransport:
    """Answers requests to `demo:` URLs, depending on the model that the request names."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        body = read(request.body)
        name = body["model"]
        make = _MODELS.get(name)
        if name in _TITLED and body["messages"][0]["content"] == INSTRUCTION:
            title = f"Demo: {first_words(quoted_prompt(body['messages'][-1]['content']))}"
            yield LocalResponse(body=_paced(_words(title) + _end("stop")))
            return
        if name in _AGENTIC:
            yield LocalResponse(body=_AGENTIC[name](body))
            return
        yield make() if make else _failure(404, "model_not_found", f"There is no demo model '{name}'.")
