"""Google Gemini `streamGenerateContent`: the response.

Source: Gemini API reference, "streamGenerateContent"; guides "Thinking", "Thought signatures", "Function calling". Each
chunk is a complete response with the next parts. The stream has no end marker: the end of the body is the end, and the
answer is complete if there was a `finishReason`, in whichever chunk. Some servers send it in each of them.

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
from .notes import Notes
from .reading import arguments_text, count, mapping, sequence, string
from .reasoning_tags import text_writer
from .writing import json_post

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from ..transports.base import HttpRequest
    from .assembly import Assembly
    from .base import ModelRequest

Json = dict[str, Any]

_ABOUT: Final = ("groundingMetadata", "citationMetadata", "urlContextMetadata")


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
        return GoogleDecoder(assembly, text_writer(assembly, spec))


class GoogleDecoder:
    """Reads one stream of responses. Fields that are missing, null or of another type are skipped."""

    ended = False
    ends_with_body = True

    def __init__(self, assembly: Assembly, text: Callable[[str], None]) -> None:
        self._assembly = assembly
        self._text = text
        self._media = MediaParts(assembly)
        self._notes = Notes(assembly)
        self._about: dict[str, Json] = {}  # what the last chunk says of the whole answer
        self._calls = 0
        self._counts: dict[str, int] = {}

    def feed(self, data: Json, name: str) -> None:
        if usage := data.get("usageMetadata"):
            self._count(mapping(usage))
        candidates = sequence(data.get("candidates"))
        if candidates:
            self._candidate(mapping(candidates[0]))
        elif blocked := string(mapping(data.get("promptFeedback")).get("blockReason")):
            self._assembly.finish("content_filter", blocked)

    def finish(self, *, done: bool) -> None:
        self._media.flush()
        if self._about:
            text = self._assembly.message().text
            self._notes.grounding(mapping(self._about.get("groundingMetadata")), text)
            self._notes.recited(mapping(self._about.get("citationMetadata")), text)
            for page in sequence(mapping(self._about.get("urlContextMetadata")).get("urlMetadata")):
                self._notes.add("source", url=mapping(page).get("retrievedUrl"))

    def _candidate(self, candidate: Json) -> None:
        if candidate.get("index"):
            return  # a second answer, requested by `options`
        for part in sequence(mapping(candidate.get("content")).get("parts")):
            if isinstance(part, dict):
                self._part(part)
        self._about |= {name: about for name in _ABOUT if (about := candidate.get(name))}
        self._assembly.finish(candidate.get("finishReason"), string(candidate.get("finishMessage")))

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
                self._text(text)
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
        prompt, results = known("promptTokenCount"), known("toolUsePromptTokenCount")
        self._assembly.usage = Usage(
            input_tokens=None if prompt is None and results is None else (prompt or 0) + (results or 0),
            output_tokens=None if written is None and thought is None else (written or 0) + (thought or 0),
            cached_tokens=known("cachedContentTokenCount"),
            reasoning_tokens=thought,
        )
