"""Events of Anthropic Messages, for tests."""

from __future__ import annotations

from typing import Any

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import user
from sparewheel.providers.anthropic import Anthropic
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest
from sparewheel.testing import sse
from tests.support.wire import Attempted, assemble_body, attempt_body

SPEC = ModelSpec("anthropic", "claude-sonnet-4-5", "anthropic", "https://api.example.test/v1", "sk-1")
REF = SPEC.ref


def assemble(body: bytes, size: int | None = None) -> Assembly:
    return assemble_body(Anthropic(), REF, body, size)


def attempt(body: bytes) -> Attempted:
    return attempt_body(ModelRequest(SPEC, [user("hi")]), body)


def event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)


def start(index: object, block: object) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def delta(index: object, kind: object, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def piece(value: str, index: object = 0) -> bytes:
    return delta(index, "text_delta", text=value)


def stop(index: object = 0) -> bytes:
    return event("content_block_stop", index=index)


def end(reason: object = "end_turn", **fields: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason}, **fields) + event("message_stop")
