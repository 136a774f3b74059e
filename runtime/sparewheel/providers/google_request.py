"""Google Gemini: the body of a request.

Source: Gemini API reference, "generateContent"; guides "Thinking", "Thought signatures", "Function calling",
"Structured outputs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ..errors import ErrorInfo, ProviderError
from ..files import File
from ..media import Media
from ..messages import Image, Reasoning, Text, ToolCall
from .history import prepare
from .reading import mapping
from .schemas import output_schema, tool_schema
from .writing import arguments_object, inline_data, json_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..messages import Message, Part
    from .base import ModelRequest, OutputSchema, ToolSpec

Json = dict[str, Any]

# The documented value for calls of other models. Gemini 3 demands a signature on the first call of every step; older
# models accept this one.
_NO_SIGNATURE: Final = "skip_thought_signature_validator"
_ASSEMBLY_ID: Final = re.compile(r"call_[0-9a-f]{16}")  # generated here for a call without an id

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_VERSION: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
# Efforts in tokens, from the guide "OpenAI compatibility".
_BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 24_576, "max": 32_768}

_IMAGES: Final = {
    **{"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"},
    **{"heic": "image/heic", "heif": "image/heif", "gif": "image/gif"},
}


def body_of(request: ModelRequest) -> Json:
    """The body of a request. Raises `ProviderError` for a combination or a schema that the API refuses."""
    spec = request.spec
    messages = prepare(request.messages, spec.ref, own_media=True)
    body: Json = {"contents": _contents(messages, spec.ref)}
    instructions = [text for message in messages if message.role == "system" and (text := message.text.strip())]
    if instructions:
        body["systemInstruction"] = {"parts": [{"text": "\n\n".join(instructions)}]}
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in request.tools]}]
    config = _generation_config(spec.parameters, spec.model, request.output)
    if spec.outputs and "responseModalities" not in mapping(spec.options.get("generationConfig")):
        _check_outputs(request)
        config["responseModalities"] = [*_modalities(spec.outputs)]
    if config:
        body["generationConfig"] = config
    _merge(body, spec.options)
    return body


# The conversation


def _contents(messages: Iterable[Message], ref: str) -> list[Json]:
    """Turns of `user` and `model`, the user first. All results of a step are in one turn, directly after its calls."""
    turns: list[tuple[str, list[Json]]] = []
    calls: dict[str, ToolCall] = {}
    shown: list[Json] = []  # images of tool results, sent after all results of the step

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
    if isinstance(part, Image | File):
        return _image(part.url)
    return {"text": part.text} if isinstance(part, Text) and part.text else None


def _model_parts(parts: Sequence[Part], ref: str) -> list[Json]:
    written: list[Json] = []
    unsigned = True  # no call of the step yet
    for part in parts:
        if isinstance(part, ToolCall):
            shape: Json = {"functionCall": {**_named(part, ref), "args": arguments_object(part.arguments)}}
            signature = part.signature or (_NO_SIGNATURE if unsigned else "")
            unsigned = False
        elif isinstance(part, Reasoning) and part.signature:  # without a signature the model ignores it
            shape = {"text": part.text, "thought": True} if part.text else {"text": ""}
            signature = part.signature
        elif isinstance(part, Media):
            shape, signature = _image(part.address), part.signature
        elif isinstance(part, Text) and part.text:
            shape, signature = {"text": part.text}, ""
        else:
            continue
        written.append({**shape, "thoughtSignature": signature} if signature else shape)
    return written


def _named(call: ToolCall, ref: str) -> Json:
    """The identification of a call in it and in its result: the id if this API gave it one, else only the name."""
    if call.origin == ref and not _ASSEMBLY_ID.fullmatch(call.id):
        return {"id": call.id, "name": call.name}
    return {"name": call.name}


def _function_response(message: Message, call: ToolCall, ref: str) -> Json:
    result = json_object(message.text)
    return {
        "functionResponse": {**_named(call, ref), "response": {"result": message.text} if result is None else result}
    }


def _image(url: str) -> Json:
    if inline := inline_data(url):
        return {"inlineData": {"mimeType": inline[0] or "image/png", "data": inline[1]}}
    kind = _IMAGES.get(url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower())
    return {"fileData": {"mimeType": kind, "fileUri": url} if kind else {"fileUri": url}}


# Tools and parameters


def _declaration(tool: ToolSpec) -> Json:
    declaration: Json = {"name": tool.name}
    if tool.description:
        declaration["description"] = tool.description
    parameters = tool_schema(tool, "gemini")
    if parameters["properties"]:  # an object without properties is refused
        declaration["parameters"] = parameters
    return declaration


def _generation_config(parameters: Mapping[str, Any], model: str, output: OutputSchema | None) -> Json:
    config: Json = {name: parameters[ours] for ours, name in _PARAMETERS.items() if parameters.get(ours) is not None}
    if thinking := _thinking(parameters.get("thinking_budget"), model):
        config["thinkingConfig"] = thinking
    if output:
        config["responseMimeType"] = "application/json"
        # This field takes JSON Schema without references and ignores unknown keywords.
        config["responseJsonSchema"] = output_schema(output, "openai")
    return config


def _modalities(outputs: frozenset[str]) -> Iterator[str]:
    """`responseModalities`. Models that speak refuse text beside it."""
    if outputs != {"audio"}:
        yield "TEXT"
    yield from (name.upper() for name in sorted(outputs, reverse=True))


def _check_outputs(request: ModelRequest) -> None:
    """Raises `ProviderError`: models that draw or speak refuse requests with tools or an output schema."""
    refused = [name for name, has in (("tools", request.tools), ("structured_output", request.output)) if has]
    if refused:
        raise ProviderError(
            ErrorInfo(
                "unsupported",
                f"{request.spec.ref} is asked for {' and '.join(sorted(request.spec.outputs))}, which Gemini does not "
                f"combine with {' and '.join(refused)}.",
                "Give the agent another model, or remove output_capabilities.",
            )
        )


def _thinking(setting: object, model: str) -> Json | None:
    """`thinkingConfig`: Gemini 2.5 takes tokens, later models levels, earlier ones refuse the field.

    A model that always thinks gets its smallest budget instead of none.
    """
    found = _VERSION.search(model)
    version = (int(found[1]), int(found[2] or 0)) if found else (3, 0)  # gemini-flash-latest
    if version < (2, 5) or not isinstance(setting, (int, str)):
        return None
    if setting == "adaptive":
        setting = -1
    elif setting in ("none", "off"):
        setting = 0
    if version >= (3, 0):
        level = _level(setting, model)
        return {"thinkingLevel": level, "includeThoughts": True} if level else {"includeThoughts": True}
    budget = setting if isinstance(setting, int) else _BUDGETS.get(setting, _BUDGETS["high"])
    if budget < 0:
        return {"thinkingBudget": -1, "includeThoughts": True}
    low, high = (128, 32_768) if "pro" in model else (512 if budget and "lite" in model else 0, 24_576)
    budget = min(max(budget, low), high)
    return {"thinkingBudget": budget, "includeThoughts": True} if budget else {"thinkingBudget": 0}


def _level(setting: int | str, model: str) -> str | None:
    if isinstance(setting, int):
        if setting < 0:
            return None  # the default
        setting = next((word for word in ("minimal", "medium") if setting <= _BUDGETS[word]), "high")
    if setting == "minimal":  # available in the Flash models up to 3.6
        return "minimal" if re.search(r"gemini-3(\.[0-6])?-flash", model) else "low"
    return setting if setting in ("low", "medium") else "high"


def _merge(body: Json, options: Mapping[str, Any]) -> None:
    """Merge options into the body: objects are merged, lists are joined, None removes a name."""
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
