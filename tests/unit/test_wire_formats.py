"""What holds for every wire format: any chunking, any cut, events that are not JSON, schemas that cannot be sent."""

from __future__ import annotations

from types import ModuleType

import pytest

from sparewheel.errors import ProviderError
from sparewheel.messages import user
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.registry import wire_format
from tests.support.wire import assemble_body, attempt_body
from tests.unit import test_anthropic, test_google, test_openai_chat, test_openai_responses

# Each module has a SPEC, the RECORDED body of one answer, and the parts that are ASSEMBLED from it.
pytestmark = pytest.mark.parametrize(
    "module", [test_anthropic, test_google, test_openai_chat, test_openai_responses], ids=lambda module: module.SPEC.api
)


def test_any_chunking_gives_the_same_message(module: ModuleType) -> None:
    for size in (1, 2, 3, 7, 64, 1000, None):
        assembly = assemble_body(wire_format(module.SPEC.api), module.SPEC.ref, module.RECORDED, size)
        assert assembly.message().parts == module.ASSEMBLED, size
        assert assembly.reason == "tool_calls"
        usage = assembly.usage
        assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (9, 8, 7)
        assert usage.reasoning_tokens == (None if module is test_anthropic else 6)


def test_cut_at_every_offset_it_never_ends_well(module: ModuleType) -> None:
    request, recorded = ModelRequest(module.SPEC, [user("hi")]), module.RECORDED
    last = len(recorded) - recorded.endswith(b"\r\n")  # the CR ends the last event, the LF after it adds nothing
    for cut in range(last):
        assert attempt_body(request, recorded[:cut]).kind == "stream_truncated", cut
    assert attempt_body(request, recorded).error is None


def test_an_event_that_is_not_json_is_an_error(module: ModuleType) -> None:
    error = attempt_body(ModelRequest(module.SPEC, [user("hi")]), b"data: {oops\n\n").error
    assert error is not None
    assert (error.info.kind, error.info.message) == ("server_error", "The stream has an event that is not JSON.")


def test_a_schema_that_cannot_be_sent_is_an_error_before_the_request(module: ModuleType) -> None:
    wire = wire_format(module.SPEC.api)
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}
    for what, request in (
        ('The parameters of the tool "look"', ModelRequest(module.SPEC, [user("hi")], [ToolSpec("look", "", schema)])),
        ('The structured output "shape"', ModelRequest(module.SPEC, [user("hi")], [], OutputSchema("shape", schema))),
    ):
        with pytest.raises(ProviderError) as caught:
            wire.request(request)
        assert caught.value.info.kind == "invalid_request"
        assert caught.value.info.message.startswith(f"{what} cannot be sent: ")
