"""OpenAI Responses.

Source: OpenAI API reference, "Create a model response". The server stores nothing (`store: false`), so the reasoning
arrives encrypted and is sent back to the same model in that form. Only a model with `resume: background` has its
responses stored, for some minutes: `responses_background` has the requests for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from .history import prepare
from .openai_common import function, post, response_format
from .reasoning_tags import text_writer
from .responses_decoder import OpenAIResponsesDecoder
from .responses_input import items, reasoning
from .writing import JsonArray, json_text, once

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..transports.base import HttpRequest
    from .assembly import Assembly
    from .base import ModelRequest, ToolSpec

_PARAMETERS: Final = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_output_tokens"}


class OpenAIResponses:
    """The wire format. Stateless."""

    dialect: ClassVar[Dialect] = "openai"

    def request(self, request: ModelRequest) -> HttpRequest:
        spec = request.spec
        messages = prepare(request.messages, spec.ref)
        leading = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
        body: dict[str, Any] = {
            "model": spec.model,
            "input": once(messages[leading:], items),
            "stream": True,
            "store": spec.resume,
            **({"background": True} if spec.resume else {}),
            **{theirs: spec.parameters[ours] for ours, theirs in _PARAMETERS.items() if ours in spec.parameters},
            **reasoning(spec),
        }
        if leading:
            body["instructions"] = "\n\n".join(message.text for message in messages[:leading])
        if request.tools:
            # `strict` is true by default in this API, and makes the model fill in every optional property.
            body["tools"] = once(request.tools, _tool)
            if "parallel_tool_calls" in spec.parameters:
                body["parallel_tool_calls"] = spec.parameters["parallel_tool_calls"]
        if "image" in spec.outputs:
            body["tools"] = JsonArray([*body.get("tools", []), json_text({"type": "image_generation"})])
        if request.output:
            body["text"] = {"format": {"type": "json_schema", **response_format(request.output)}}
        return post(spec, "/responses", body)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> OpenAIResponsesDecoder:
        return OpenAIResponsesDecoder(assembly, text_writer(assembly, spec))


def _tool(tool: ToolSpec) -> list[dict[str, Any]]:
    return [{"type": "function", **function(tool), "strict": False}]
