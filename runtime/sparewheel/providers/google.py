"""Google Gemini `streamGenerateContent`: the response.

Source: Gemini API reference, "streamGenerateContent"; guides "Thinking", "Thought signatures", "Function calling". Each
chunk is a complete response with the next parts. The stream has no separate end marker: the chunk with `finishReason`
is the last one and has the final usage.

A signature arrives with its part. On a tool call or a thought it is stored there. On text it is stored as a thought
without text, which is sent back as an empty text part with that signature, the form the API itself uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote

from ..errors import ErrorInfo, ProviderError
from ..usage import Usage
from .google_request import body_of
from .media_parts import MediaParts, is_media
from .reading import arguments_text, count, failure, mapping, parse, sequence, string
from .writing import json_post

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..errors import Kind
    from ..jsonschema.dialects import Dialect
    from ..sse import ServerSentEvent
    from ..transports.base import HttpRequest
    from .assembly import Assembly, StopReason
    from .base import ModelRequest

Json = dict[str, Any]

_REASONS: Final[dict[str, StopReason]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        ),
        "content_filter",
    ),
}
_BROKEN_CALL: Final = (
    "server_error",
    "The model wrote a tool call that cannot be parsed.",
    "Trying again usually helps.",
)
_FAILURES: Final[dict[str, tuple[Kind, str, str]]] = {
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"), _BROKEN_CALL),
    "MISSING_THOUGHT_SIGNATURE": (
        "invalid_request",
        "A tool call of the history has no thought signature.",
        "Send the model's tool calls back unchanged, or start a new conversation.",
    ),
}


class Google:
    """The wire format. Stateless."""

    dialect: ClassVar[Dialect] = "gemini"

    def request(self, request: ModelRequest) -> HttpRequest:
        """Raises like `schemas.tool_schema`."""
        spec = request.spec
        path = spec.model if spec.model.startswith(("models/", "tunedModels/")) else f"models/{spec.model}"
        # The key is never in the URL, because URLs end up in logs.
        headers = {"x-goog-api-key": spec.key} if spec.key else {}
        return json_post(spec, f"/{quote(path, safe='/@:')}:streamGenerateContent?alt=sse", headers, body_of(request))

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> GoogleDecoder:
        return GoogleDecoder(assembly)


class GoogleDecoder:
    """Reads one stream of responses. Fields that are missing, null or of another type are skipped."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._media = MediaParts(assembly)
        self._calls = 0
        self._counts: dict[str, int] = {}
        self.ended = False

    def feed(self, event: ServerSentEvent) -> None:
        value = parse(event.data)
        for chunk in value if isinstance(value, list) else (value,):  # a list is the form outside an event stream
            if isinstance(chunk, dict):
                self._chunk(chunk)

    def _chunk(self, chunk: Json) -> None:
        if chunk.get("error"):
            raise failure(chunk, self._assembly)
        if usage := chunk.get("usageMetadata"):
            self._count(mapping(usage))
        candidates = sequence(chunk.get("candidates"))
        if candidates:
            self._candidate(mapping(candidates[0]))
        elif string(mapping(chunk.get("promptFeedback")).get("blockReason")):
            self._assembly.reason = "content_filter"
            self.ended = True

    def _candidate(self, candidate: Json) -> None:
        if candidate.get("index"):
            return  # a second answer, requested by `options`
        for part in sequence(mapping(candidate.get("content")).get("parts")):
            if isinstance(part, dict):
                self._part(part)
        reason = string(candidate.get("finishReason"))
        if not reason or reason == "FINISH_REASON_UNSPECIFIED":
            return
        self._media.flush()
        if reason in _FAILURES:
            raise ProviderError(ErrorInfo(*_FAILURES[reason]))
        stop = _REASONS.get(reason, "other")
        self._assembly.reason = "tool_calls" if stop == "stop" and self._calls else stop
        self.ended = True

    def _part(self, part: Json) -> None:
        text, signature = part.get("text"), string(part.get("thoughtSignature"))
        call = part.get("functionCall")
        if isinstance(call, dict):
            self._call(call, signature)
            return
        if text and isinstance(text, str):
            if part.get("thought") is True:
                self._assembly.reasoning(text)
            else:
                self._assembly.text(text)
        if is_media(part):
            if part.get("thought") is not True:  # else a draft of the picture
                self._media.add(part, signature=signature)
            return
        if signature:
            self._assembly.sign(signature)
            self._assembly.close_prose()  # signed parts must not be joined with others

    def _call(self, call: Json, signature: str) -> None:
        """Add a complete call. Calls come in pieces only if `options` request that."""
        if call.get("partialArgs") or call.get("willContinue"):
            raise ProviderError(
                ErrorInfo(
                    "unsupported",
                    "The model streams the arguments of its tool calls, which is not supported.",
                    "Remove streamFunctionCallArguments from the options of the model.",
                )
            )
        self._calls += 1
        self._assembly.tool(
            self._calls,
            call_id=string(call.get("id")),
            name=string(call.get("name")),
            arguments=arguments_text(call.get("args")),
            signature=signature,
        )
        self._assembly.close_tool(self._calls)

    def _count(self, usage: Json) -> None:
        """Merge token counts: early chunks have partial counts, and the last one omits zeros."""
        for name, value in usage.items():
            if count(value) is not None:
                self._counts[name] = value
        known = self._counts.get
        written, thought = known("candidatesTokenCount"), known("thoughtsTokenCount")
        self._assembly.usage = Usage(
            input_tokens=known("promptTokenCount"),
            output_tokens=None if written is None and thought is None else (written or 0) + (thought or 0),
            cached_tokens=known("cachedContentTokenCount"),
            reasoning_tokens=thought,
        )
