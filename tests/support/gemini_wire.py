"""What the tests of Gemini have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import Message, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.google import Google
from sparewheel.testing import Request
from sparewheel.testing.strict import violation
from tests.support.wire import assemble_body

Json = dict[str, Any]

BASE = "https://generativelanguage.googleapis.com/v1beta"
SPEC = ModelSpec("google", "gemini-3-flash", "google", BASE, "AIza-1")
REF = SPEC.ref


def asked(
    messages: Sequence[Message] = (user("hi"),),
    *,
    spec: ModelSpec = SPEC,
    tools: Sequence[ToolSpec] = (),
    output: OutputSchema | None = None,
) -> Json:
    """The body of a request, after the API's own checks."""
    request = Google().request(ModelRequest(spec, messages, tools, output))
    url = urlsplit(request.url)
    found = violation(Request("POST", url.path, url.query, request.headers, request.body))
    assert found is None, found
    body: Json = json.loads(request.body)
    return body


def contents(*messages: Message) -> list[Json]:
    found: list[Json] = asked(messages)["contents"]
    return found


def said(role: str, *parts: Json) -> Json:
    return {"role": role, "parts": list(parts)}


def assemble(body: bytes, size: int | None = None) -> Assembly:
    return assemble_body(Google(), REF, body, size)


def text(piece: str) -> Json:
    return {"text": piece}
