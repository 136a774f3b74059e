"""What the tests of requests to Anthropic have in common."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import Message, Reasoning, Text, ToolCall
from sparewheel.providers.anthropic import Anthropic
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.testing import Request
from sparewheel.testing.strict import violation

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

BASE = "https://api.example.test/v1"
SPEC = ModelSpec("anthropic", "claude-sonnet-4-5", "anthropic", BASE, "sk-1")
REF = SPEC.ref


def ask(
    *messages: Message,
    model: str = SPEC.model,
    tools: Sequence[ToolSpec] = (),
    output: OutputSchema | None = None,
    **p: Any,
) -> Json:
    """The body of a request with the parameters `p`; what is sent must be what a strict server takes."""
    options = p.pop("options", {})
    spec = replace(SPEC, model=model, parameters=p, options=options)
    sent = Anthropic().request(ModelRequest(spec, messages, tools, output))
    arrived = Request("POST", "/v1/messages", "", {**sent.headers, "origin": "https://page.test"}, sent.body)
    assert violation(arrived) is None, violation(arrived)
    body: Json = json.loads(sent.body)
    assert sent.body.count(b'"cache_control":{') <= 4
    return body


def call(call_id: str = "c1", arguments: str = "{}") -> ToolCall:
    return ToolCall(call_id, "look", arguments)


def result(call_id: str = "c1", value: str = "seen") -> Message:
    return Message("tool", (Text(value),), tool_call_id=call_id)


words = st.text(alphabet="ab \n", max_size=3)
parts = st.one_of(
    words.map(Text),
    st.builds(Reasoning, words, st.sampled_from(["", "sig"]), st.sampled_from([REF, "x/y"]), st.booleans()),
    st.builds(
        ToolCall, st.sampled_from(["c1", "c2", "ü"]), st.just("look"), st.sampled_from(["", "{}", "[", '{"a":1}'])
    ),
)
messages = st.builds(
    lambda role, own: Message(role, tuple(own), tool_call_id="c1" if role == "tool" else None),
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.lists(parts, max_size=3),
)
