"""Classifies failures: HTTP status, errors inside a stream, and messages of exceptions alike.

Kept by hand: no library knows the errors of many providers, and those that map the errors of one (the SDKs, litellm) do
so inside HTTP clients of their own, which do not use the browser's `fetch`.

The evidence is examined in one order, the same for every provider; the first step with a result decides:

    1. an exact machine code       insufficient_quota, context_length_exceeded, overloaded_error, ...
    2. the window of a quota       Google writes "quota" both for a minute (wait) and for a day (spent)
    3. a machine code in a text    "Error: insufficient_quota"
    4. an exact sentence           "Your credit balance is too low", "prompt is too long", ...
    5. the HTTP status             explicit, else the one in the body, else one that the message names as status
    6. a vague machine code        invalid_request_error, RESOURCE_EXHAUSTED; only without a status
    7. the words of an exception   "Failed to fetch", "ECONNREFUSED", "The user aborted a request."
    8. the name of an exception    AbortError, ReadTimeout

Codes are in `rules`, sentences in `phrases`, the parsing of bodies in `body`, the advice in `kinds` and `hints`. The
fixtures of the tests are answers that vendors really sent.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ..redaction.redact import redact
from ..redaction.sought import Sought
from . import phrases, rules
from .body import ErrorBody, http_status, normalise, read_body, read_message
from .hints import Vendor, hint_for, vendor_of
from .kinds import RETRYABLE
from .retry_after import number, retry_after
from .types import ErrorInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kinds import Kind

_MAX_MESSAGE: Final = 500
_MAX_TEXT: Final = 8 * 1024
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")

# A number in a text is a status only after such words: otherwise it is a port, an address, an id or a count.
_CODE_IN_TEXT: Final = re.compile(r"\b(?:[A-Za-z]+(?:_[A-Za-z]+)+|[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]*|[A-Z]{6,})\b")
_STATED: Final = re.compile(
    r"(?:\b(?:status(?:[ _-]?code)?|http(?:/\d(?:\.\d)?)?|error code)[\"']?[\s:=(\[]{0,4}"
    r"|^|\berror:? |[(\[]|\| )"
    r"([45]\d\d)\b(?![.:]\d)(?=$|[\s)\]\"',;:.-])",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Evidence:
    body: ErrorBody
    status: int | None
    sentence: str  # for a person, unchanged
    text: str  # all messages in lower case, one a line
    name: str  # of the exception
    is_answer: bool  # there is a body: the server answered, so the request was not aborted here


def classify(
    status: object = None,
    headers: object = None,
    body: object = None,
    message: object = None,
    provider: object = None,
    *,
    url: str | None = None,
    now: float | None = None,
    exception_name: str | None = None,
    key_name: str | None = None,
    secrets: Iterable[str] = (),
) -> ErrorInfo:
    """Classify an error. Accepts any input and never raises; parts that cannot be read are ignored.

    Args:
        status: the HTTP status.
        headers: the response headers, a mapping; case does not matter.
        body: the body of an HTTP error, or the error event of a stream: bytes, text or parsed JSON.
        message: the message of an exception.
        provider: the name of the provider ("openai", ...), for the hint.
        url: the address of the request, for the hint.
        now: the time in seconds since the epoch, for a Retry-After date; None: the system's clock.
        exception_name: the name of the exception's class.
        key_name: the name of the setting that has the key, for the hint.
        secrets: strings that must not be in the result. Text that looks like a key is removed in any case.
    """
    evidence = _gather(status, body, message, exception_name)
    kind = _decide(evidence)

    known = Sought(s for s in secrets if isinstance(s, str))
    where = url if isinstance(url, str) else None
    vendor = vendor_of(redact(_clean(provider), known) if isinstance(provider, str) else "", where)
    hint = hint_for(
        kind,
        vendor,
        message=evidence.text,
        url=where,
        key_name=key_name if isinstance(key_name, str) else None,
        wrong_path=kind == "invalid_request" and (evidence.status == 404 or evidence.body.is_html),
    )
    return ErrorInfo(
        kind=kind,
        message=_sentence(evidence, vendor, known),
        hint=redact(hint, known),
        retry_after=_wait(kind, evidence, headers, now) if kind in RETRYABLE else None,
        status=evidence.status,
    )


def _gather(status: object, body: object, message: object, exception_name: object) -> _Evidence:
    found = read_body(body)
    is_answer = not found.is_empty
    if isinstance(message, str) and message.strip():
        found.add(read_message(message))
    sentence = found.message or (message if isinstance(message, str) else "")
    told = [*found.messages[:20], *found.wrappers[:20], sentence, found.broken]
    lines = dict.fromkeys(_clean(line[:_MAX_TEXT]) for line in told)
    text = "\n".join(line for line in lines if line).lower()[:_MAX_TEXT]
    return _Evidence(found, _status(status, found, text), sentence, text, _name(exception_name, text), is_answer)


def _status(status: object, found: ErrorBody, text: str) -> int | None:
    explicit = http_status(status)
    if explicit is not None and not 200 <= explicit < 300:
        # A gateway that answers 500 for an upstream error has the upstream's status in the body.
        wrapped = explicit in (500, 502) and found.status is not None and found.status < 500
        return found.status if wrapped else explicit
    if found.status is not None:
        return found.status
    stated = _STATED.search(text)
    return int(stated.group(1)) if stated and _is_assigned(int(stated.group(1))) else None


def _is_assigned(status: int) -> bool:
    if status in rules.STATUSES or 520 <= status <= 530:  # Cloudflare's own
        return True
    return any(status == known for known in HTTPStatus)


def _decide(evidence: _Evidence) -> Kind:
    for step in _STEPS:
        kind = step(evidence)
        if kind is not None:
            return kind
    return "empty_output" if evidence.body.is_empty and not evidence.name else "unknown"


def _by_exact_code(e: _Evidence) -> Kind | None:
    return next((rules.EXACT_CODES[c] for c in e.body.codes if c in rules.EXACT_CODES), None)


def _by_code_in_text(e: _Evidence) -> Kind | None:
    """A machine code in a sentence, or in the place of one."""
    for line in e.body.messages or [e.sentence]:
        for word in _CODE_IN_TEXT.findall(line[:_MAX_TEXT]):
            if kind := rules.EXACT_CODES.get(normalise(word)):
                return kind
        if _CODE_IN_TEXT.fullmatch(line.strip()) and (kind := rules.VAGUE_CODES.get(normalise(line))):
            return kind
    return None


def _by_quota_window(e: _Evidence) -> Kind | None:
    if "exceeded your current quota" not in e.text and not e.body.quotas:
        return None
    if e.body.is_zero_quota or "perday" in e.body.quotas or re.search(r"\blimit: 0\b", e.text):
        return "quota"
    waits = e.body.delay is not None or "please retry in" in e.text
    return "rate_limit" if waits or "perminute" in e.body.quotas else None


def _by_phrase(e: _Evidence) -> Kind | None:
    by_status = None if e.status is None else rules.kind_of_status(e.status)
    for kind, pattern, over in phrases.PHRASES if by_status is None else (*phrases.PHRASES, *phrases.GATEWAYS):
        if (by_status is None or over is None or by_status in over) and pattern.search(e.text):
            return kind
    return None


def _by_status(e: _Evidence) -> Kind | None:
    if e.body.is_html and e.status in (None, 404):
        return "invalid_request"  # a web page instead of an API
    return None if e.status is None else rules.kind_of_status(e.status)


def _by_vague_code(e: _Evidence) -> Kind | None:
    return next((rules.VAGUE_CODES[c] for c in e.body.codes if c in rules.VAGUE_CODES), None)


def _by_words(e: _Evidence) -> Kind | None:
    found = (kind for kind, pattern, _ in phrases.PHRASES_WITHOUT_STATUS if pattern.search(e.text))
    return next((kind for kind in found if kind != "aborted" or not e.is_answer), None)


def _by_name(e: _Evidence) -> Kind | None:
    return rules.NAMES.get(e.name)


_STEPS: Final[tuple[Callable[[_Evidence], Kind | None], ...]] = (
    _by_exact_code,
    _by_quota_window,
    _by_code_in_text,
    _by_phrase,
    _by_status,
    _by_vague_code,
    _by_words,
    _by_name,
)


def _name(exception_name: object, text: str) -> str:
    if isinstance(exception_name, str) and exception_name:
        return normalise(exception_name.rpartition(".")[2])
    head = text.partition(":")[0]
    return normalise(head.rpartition(".")[2]) if len(head) < 80 else ""


def _headers(headers: object) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        return {}
    return {
        str(k).lower(): str(v) for k, v in headers.items() if isinstance(k, str) and isinstance(v, (str, int, float))
    }


def _clean(text: str) -> str:
    return _SPACE.sub(" ", _SURROGATE.sub("\ufffd", text)).strip()


def _wait(kind: Kind, evidence: _Evidence, headers: object, now: object) -> float | None:
    clock = number(now)
    return retry_after(
        evidence.body.headers | _headers(headers),
        body_delay=evidence.body.delay,
        text=evidence.text,
        now=time.time() if clock is None else clock,
        limited=kind == "rate_limit",
    )


def _sentence(evidence: _Evidence, vendor: Vendor, secrets: Sought) -> str:
    text = _clean(evidence.sentence[:_MAX_TEXT])
    if text.startswith(("{", "[{", '["', "<")):
        text = ""  # JSON that could not be parsed is not a sentence, nor is markup
    text = redact(text.partition(' {"')[0] or text, secrets).rstrip(" :")
    if not text:
        text = _default_message(evidence, vendor)
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 1].rstrip() + "…"


def _default_message(evidence: _Evidence, vendor: Vendor) -> str:
    if evidence.status is None:
        return f"{vendor.name} sent an error without a message."
    try:
        phrase = f" ({HTTPStatus(evidence.status).phrase})"
    except ValueError:
        phrase = ""
    return f"HTTP {evidence.status}{phrase} from {vendor.name}."
