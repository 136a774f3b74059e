"""Google Gemini `streamGenerateContent`.

Source: Gemini API reference, "generateContent" and "streamGenerateContent"; guides "Thinking", "Thought signatures",
"Function calling", "Structured outputs". Every chunk is a whole response that holds the next parts. The stream has no
end marker of its own: the chunk with `finishReason` is the last, and it carries the final usage.

A signature comes with the part it belongs to. One on a tool call or a thought is kept there; one on text is kept as a
thought without words, which goes back as the empty text part that the API itself sends signatures in.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote, unquote_to_bytes

from ..errors import ErrorInfo, ProviderError
from ..jsontext import read
from ..messages import Image, Reasoning, Text, ToolCall
from ..transports.base import HttpRequest
from ..usage import Usage
from .history import prepare
from .openai_common import failure, mapping, parse, sequence, string
from .schemas import output_schema, tool_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..config.resolved import ModelSpec
    from ..errors import Kind
    from ..jsonschema.dialects import Dialect
    from ..messages import Message, Part
    from ..sse import ServerSentEvent
    from .assembly import Assembly, StopReason
    from .base import ModelRequest, OutputSchema, ToolSpec

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
    "The model wrote a tool call that cannot be read.",
    "Trying again usually helps.",
)
_FAILURES: Final[dict[str, tuple[Kind, str, str]]] = {
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"), _BROKEN_CALL),
    "MISSING_THOUGHT_SIGNATURE": (
        "invalid_request",
        "A tool call of the history lacks its thought signature.",
        "Send the model's tool calls back as they came, or start the conversation anew.",
    ),
}

# The word that the guide offers for calls which the model did not write itself. Gemini 3 demands a signature on the
# first call of every step; older models take this one as well.
_NO_SIGNATURE: Final = "skip_thought_signature_validator"
_ASSEMBLY_ID: Final = re.compile(r"call_[0-9a-f]{16}")  # given by us where the API gave none

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_VERSION: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
# What efforts mean in tokens, as the guide "OpenAI compatibility" maps them.
_BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 24_576, "max": 32_768}

_IMAGES: Final = {
    **{"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"},
    **{"heic": "image/heic", "heif": "image/heif", "gif": "image/gif"},
}


class Google:
    """The wire format. Stateless."""

    dialect: ClassVar[Dialect] = "gemini"

    def request(self, request: ModelRequest) -> HttpRequest:
        """Raises `ProviderError` (kind `invalid_request`) for a JSON schema that cannot be written."""
        spec = request.spec
        messages = prepare(request.messages, spec.ref)
        body: Json = {"contents": _contents(messages, spec.ref)}
        instructions = [text for message in messages if message.role == "system" and (text := message.text.strip())]
        if instructions:
            body["systemInstruction"] = {"parts": [{"text": "\n\n".join(instructions)}]}
        if request.tools:
            body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in request.tools]}]
        if config := _generation_config(spec.parameters, spec.model, request.output):
            body["generationConfig"] = config
        _merge(body, spec.options)
        headers = {"content-type": "application/json"}
        if spec.key:
            headers["x-goog-api-key"] = spec.key  # never in the URL, which ends up in logs
        headers |= {name.lower(): value for name, value in spec.headers.items()}
        path = spec.model if spec.model.startswith(("models/", "tunedModels/")) else f"models/{spec.model}"
        url = f"{spec.base_url}/{quote(path, safe='/@:')}:streamGenerateContent?alt=sse"
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return HttpRequest("POST", url, headers, payload)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> GoogleDecoder:
        return GoogleDecoder(assembly)


class GoogleDecoder:
    """Reads one stream of responses. What is missing, null or of another type is skipped, not guessed."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._calls = 0
        self._counts: dict[str, int] = {}
        self.ended = False

    def feed(self, event: ServerSentEvent) -> None:
        chunk = parse(event.data)
        if isinstance(chunk, list) and chunk:  # how errors come where a stream of events was not understood
            chunk = chunk[0]
        if not isinstance(chunk, dict):
            return
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
            return  # a second answer, which only `options` can have asked for
        for part in sequence(mapping(candidate.get("content")).get("parts")):
            if isinstance(part, dict):
                self._part(part)
        reason = string(candidate.get("finishReason"))
        if not reason or reason == "FINISH_REASON_UNSPECIFIED":
            return
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
        if signature:
            self._assembly.sign(signature)
            self._assembly.close_prose()  # signed parts are not to be joined with others

    def _call(self, call: Json, signature: str) -> None:
        """Calls come whole, unless `options` ask for their arguments piece by piece."""
        if call.get("partialArgs") or call.get("willContinue"):
            raise ProviderError(
                ErrorInfo(
                    "unsupported",
                    "The model streams the arguments of its tool calls, which cannot be put together here.",
                    "Remove streamFunctionCallArguments from the options of the model.",
                )
            )
        self._calls += 1
        arguments = call.get("args")
        if not isinstance(arguments, str):
            arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
        self._assembly.tool(
            self._calls,
            call_id=string(call.get("id")),
            name=string(call.get("name")),
            arguments=arguments,
            signature=signature,
        )
        self._assembly.close_tool(self._calls)

    def _count(self, usage: Json) -> None:
        """Early chunks count less than the last one, which leaves out what is zero."""
        for name, value in usage.items():
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                self._counts[name] = value
        count = self._counts.get
        written, thought = count("candidatesTokenCount"), count("thoughtsTokenCount")
        self._assembly.usage = Usage(
            input_tokens=count("promptTokenCount"),
            output_tokens=None if written is None and thought is None else (written or 0) + (thought or 0),
            cached_tokens=count("cachedContentTokenCount"),
            reasoning_tokens=thought,
        )


# The conversation


def _contents(messages: Iterable[Message], ref: str) -> list[Json]:
    """Turns of `user` and `model`, the user first. All results of a step stand in one turn, right after its calls."""
    turns: list[tuple[str, list[Json]]] = []
    calls: dict[str, ToolCall] = {}
    shown: list[Json] = []  # images that tools returned, held back until all results of the step are there

    def add(kind: str, parts: list[Json]) -> None:
        if parts and turns and turns[-1][0] == kind:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((kind, parts))

    for message in messages:
        if message.role == "tool":
            add("results", [_function_response(message, calls[message.tool_call_id or ""], ref)])
            shown += [_image(part.url) for part in message.parts if isinstance(part, Image)]
            continue
        add("user", shown)
        shown = []
        if message.role == "assistant":
            calls |= {call.id: call for call in message.tool_calls}
            add("model", _model_parts(message.parts, ref))
        elif message.role == "user":
            add("user", [part for each in message.parts if (part := _user_part(each))])
    add("user", shown)
    if turns and turns[0][0] == "model":
        turns.insert(0, ("user", [{"text": "Go on."}]))
    return [{"role": "model" if kind == "model" else "user", "parts": parts} for kind, parts in turns]


def _user_part(part: Part) -> Json | None:
    if isinstance(part, Image):
        return _image(part.url)
    return {"text": part.text} if isinstance(part, Text) and part.text else None


def _model_parts(parts: Sequence[Part], ref: str) -> list[Json]:
    written: list[Json] = []
    unsigned = True  # until the first call of the step
    for part in parts:
        if isinstance(part, ToolCall):
            shape: Json = {"functionCall": {**_named(part, ref), "args": _arguments(part.arguments)}}
            signature = part.signature or (_NO_SIGNATURE if unsigned else "")
            unsigned = False
        elif isinstance(part, Reasoning) and part.signature:  # without it, thoughts mean nothing to the model
            shape = {"text": part.text, "thought": True} if part.text else {"text": ""}
            signature = part.signature
        elif isinstance(part, Text) and part.text:
            shape, signature = {"text": part.text}, ""
        else:
            continue
        written.append({**shape, "thoughtSignature": signature} if signature else shape)
    return written


def _named(call: ToolCall, ref: str) -> Json:
    """How a call and its result name it: by its id where this API gave it one, else by name and order."""
    if call.origin == ref and not _ASSEMBLY_ID.fullmatch(call.id):
        return {"id": call.id, "name": call.name}
    return {"name": call.name}


def _arguments(text: str) -> Json:
    arguments = _object(text or "{}")
    return {"arguments": text} if arguments is None else arguments


def _function_response(message: Message, call: ToolCall, ref: str) -> Json:
    result = _object(message.text)
    return {
        "functionResponse": {**_named(call, ref), "response": {"result": message.text} if result is None else result}
    }


def _object(text: str) -> Json | None:
    try:
        value = read(text, strict=True)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _image(url: str) -> Json:
    if not url.startswith("data:"):
        kind = _IMAGES.get(url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower())
        return {"fileData": {"mimeType": kind, "fileUri": url} if kind else {"fileUri": url}}
    head, _, data = url[5:].partition(",")
    if not head.endswith(";base64"):
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return {"inlineData": {"mimeType": head.partition(";")[0] or "image/png", "data": data}}


# What else is asked


def _declaration(tool: ToolSpec) -> Json:
    declaration: Json = {"name": tool.name}
    if tool.description:
        declaration["description"] = tool.description
    parameters = tool_schema(tool, "gemini")
    if parameters["properties"]:  # an object without any is refused
        declaration["parameters"] = parameters
    return declaration


def _generation_config(parameters: Mapping[str, Any], model: str, output: OutputSchema | None) -> Json:
    config: Json = {name: parameters[ours] for ours, name in _PARAMETERS.items() if parameters.get(ours) is not None}
    if thinking := _thinking(parameters.get("thinking_budget"), model):
        config["thinkingConfig"] = thinking
    if output:
        config["responseMimeType"] = "application/json"
        # JSON Schema itself, of which this field skips what it does not know: plain, without references.
        config["responseJsonSchema"] = output_schema(output, "openai")
    return config


def _thinking(wish: object, model: str) -> Json | None:
    """`thinkingConfig`: 2.5 counts tokens, later models know levels, earlier ones do not think and refuse to be asked.

    A model that cannot do without thinking is asked for its least.
    """
    found = _VERSION.search(model)
    version = (int(found[1]), int(found[2] or 0)) if found else (3, 0)  # gemini-flash-latest
    if version < (2, 5) or not isinstance(wish, (int, str)):
        return None
    if wish == "adaptive":
        wish = -1
    elif wish in ("none", "off"):
        wish = 0
    if version >= (3, 0):
        level = _level(wish, model)
        return {"thinkingLevel": level, "includeThoughts": True} if level else {"includeThoughts": True}
    budget = wish if isinstance(wish, int) else _BUDGETS.get(wish, _BUDGETS["high"])
    if budget < 0:
        return {"thinkingBudget": -1, "includeThoughts": True}
    least, most = (128, 32_768) if "pro" in model else (512 if budget and "lite" in model else 0, 24_576)
    budget = min(max(budget, least), most)
    return {"thinkingBudget": budget, "includeThoughts": True} if budget else {"thinkingBudget": 0}


def _level(wish: int | str, model: str) -> str | None:
    if isinstance(wish, int):
        if wish < 0:
            return None  # as much as the model likes is what these do unasked
        wish = next((word for word in ("minimal", "medium") if wish <= _BUDGETS[word]), "high")
    if wish == "minimal":  # only the Flash models up to 3.6 have it
        return "minimal" if re.search(r"gemini-3(\.[0-6])?-flash", model) else "low"
    return wish if wish in ("low", "medium") else "high"


def _merge(body: Json, options: Mapping[str, Any]) -> None:
    """Options go into the objects of the body; tools of the API's own stand beside ours; None takes a name out."""
    for name, value in options.items():
        mine = body.get(name)
        if value is None:
            body.pop(name, None)
        elif isinstance(mine, dict) and isinstance(value, dict):
            _merge(mine, value)
        elif isinstance(mine, list) and isinstance(value, list):
            body[name] = [*mine, *value]
        else:
            body[name] = value
