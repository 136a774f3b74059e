"""The words with which servers end an answer, in one table for all wire formats.

A word of another vendor often reaches a format through a gateway, so the table is not split by format; no word has two
meanings. Case, hyphens and underscores do not matter: `STOP`, `Stop`, `tool-calls` and `toolUse` are found. A word that
is not in the table is a failure: only a known-good end may free tool calls.

Sources: API references of OpenAI, Azure, Anthropic, Google (Gemini, Vertex AI), Amazon (Bedrock Converse, Titan),
Cohere, Mistral, DeepSeek, Alibaba (DashScope), Moonshot, MiniMax, Zhipu, Baidu, Tencent, Yandex, Sber, IBM (watsonx),
Reka, AI21, xAI, Groq, Together, Fireworks, OpenRouter, Hugging Face (TGI), Cloudflare; sources of vLLM, SGLang,
LMDeploy, llama.cpp, Ollama, LM Studio and LiteLLM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ..errors import ErrorInfo
from ..errors.body import normalise
from ..errors.classify import classify
from ..errors.hints import hint_for

if TYPE_CHECKING:
    from ..errors import Kind

StopReason: TypeAlias = Literal["stop", "length", "tool_calls", "refusal", "content_filter", "other"]

GOOD_ENDS: Final = frozenset({"stop", "tool_calls"})
"""The ends of a complete answer, whose tool calls may be executed."""

SEVERITY: Final[dict[StopReason, int]] = {
    "stop": 0, "tool_calls": 0, "other": 1, "length": 1, "content_filter": 2, "refusal": 3,
}  # fmt: skip
"""Of two ends in one answer the more severe one counts: a gateway may add its own `stop` to `length`."""


def _words(table: dict[StopReason, str]) -> dict[str, StopReason]:
    return {normalise(word): meaning for meaning, words in table.items() for word in words.split()}


_ENDS: Final = _words(
    {
        "stop": "stop stop_sequence stop_criteria_met stop_string_found end_turn end_of_text endoftext eos eos_token "
        "eos_found eog_token eot_token complete completed finish finished normal FINISH_REASON_STOP "
        "ALTERNATIVE_STATUS_FINAL",
        # The limit of the request or of the context window. `pause_turn`, `compaction`: the server stops in between and
        # goes on in another request, which is made for `pause_turn`.
        "length": "length max_tokens max_output_tokens max_output max_length max_new_tokens maximum_tokens limit "
        "token_limit time_limit model_length context context_length context_length_exceeded context_length_reached "
        "context_window context_window_exceeded model_context_window_exceeded max_predicted_tokens_reached ERROR_LIMIT "
        "truncated FINISH_REASON_MAX_TOKENS ALTERNATIVE_STATUS_TRUNCATED_FINAL pause_turn compaction",
        "tool_calls": "tool_calls tool_call tool_use function_call function_calls ALTERNATIVE_STATUS_TOOL_CALLS",
        "refusal": "refusal refused",
        "content_filter": "content_filter content_filtered sensitive blacklist blocklist SAFETY RECITATION "
        "PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION guardrail_intervened "
        "ERROR_TOXIC MODEL_ARMOR JAILBREAK ALTERNATIVE_STATUS_CONTENT_FILTER",
    }
)  # fmt: skip

# The answer goes on: words for a field that should be null.
_NO_END: Final = frozenset(
    normalise(word)
    for word in "null none undefined unspecified FINISH_REASON_UNSPECIFIED not_finished in_progress queued pending "
    "ALTERNATIVE_STATUS_PARTIAL ALTERNATIVE_STATUS_UNSPECIFIED".split()
)

# Failures that `classify` does not know by their word. Any other word becomes a `server_error`.
_FAILURES: Final[dict[str, tuple[Kind, str]]] = {
    **dict.fromkeys(
        [
            *("malformedfunctioncall", "malformedtooluse", "malformedtoolcall", "malformedmodeloutput"),
            *("malformedresponse", "unexpectedtoolcall"),
        ],
        ("server_error", "The model wrote a tool call that cannot be parsed"),
    ),
    "missingthoughtsignature": ("invalid_request", "A tool call of the history has no thought signature"),
    "language": ("unsupported", "The model does not support the language of this conversation"),
}
_VAGUE: Final = frozenset({"unknown", "empty_output", "aborted"})


def ending(word: object, detail: str = "") -> StopReason | ErrorInfo | None:
    """The meaning of a finish reason: the end of an answer, a failure, or None if the answer goes on.

    Args:
        word: the value of the field; also an object with a `type` (SGLang).
        detail: the sentence that the server adds to it.
    """
    if isinstance(word, dict):
        message = word.get("message")
        word, detail = word.get("type"), detail or (message if isinstance(message, str) else "")
    if not word:
        return None
    name = normalise(word) if isinstance(word, str) else ""
    if name in _NO_END:
        return None
    return _ENDS.get(name) or _failure(str(word)[:100], name, detail)


def _failure(word: str, name: str, detail: str) -> ErrorInfo:
    kind, text = _FAILURES.get(name, (None, "The provider ended its answer early"))
    sentence = f"{text} ({word})" + (f": {detail[:300]}" if detail else ".")
    found = classify(body={"code": word, "message": sentence})
    kind = kind or ("server_error" if found.kind in _VAGUE else found.kind)
    return ErrorInfo(kind, found.message, hint_for(kind), found.retry_after)
