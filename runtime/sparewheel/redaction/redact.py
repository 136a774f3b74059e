"""Removes secrets from texts that are shown: error messages, log lines, events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..slices import run_at_once
from .sought import MASK, Sought

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..slices import Slices

# A key that the provider has masked ("sk-proj-****MxYA", "sk-abcd...") stays readable, because it shows which key was
# refused. Hence the lookahead after every prefix.
_NOTMASKED: Final = r"(?![A-Za-z0-9_\-]|\*|\.\.|…|•)"

_PREFIXED: Final = re.compile(
    r"\b(?:"
    r"sk-[A-Za-z0-9_\-]{4,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek, Moonshot
    r"|AIza[A-Za-z0-9_\-]{8,}|AQ\.[A-Za-z0-9_\-]{16,}|ya29\.[A-Za-z0-9_\-.]{8,}"  # Google
    r"|(?:gsk_|xai-|hf_|r8_|fw_|csk-|pplx-|nvapi-|tgp_v1_|gh[opsu]_|github_pat_|AKIA)[A-Za-z0-9_\-]{6,}"
    r")" + _NOTMASKED
)
_JWT: Final = re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]{4,}")
_BEARER: Final = re.compile(
    r"\b(bearer|basic)(\s{1,4})(?=[^\s]{0,200}(?-i:[A-Z0-9]))[A-Za-z0-9._~+/=\-]{8,}" + _NOTMASKED, re.IGNORECASE
)
_HEADER: Final = re.compile(
    r"(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic)\s{1,4})[^\s\"'<>]+", re.IGNORECASE
)
_QUERY: Final = re.compile(
    r"([?&;](?:key|api[_\-]?key|token|access[_\-]token|auth|sig|signature|secret|password)=)[^&\s\"'<>#]+",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"((?:authorization|api[_\- ]?key|access[_\-]token|token|secret|password)[\"']?\s{0,3}[:=]\s{0,3}[\"']?)"
    r"(?=[A-Za-z._~+/=\-]{0,200}\d)[A-Za-z0-9._~+/=\-]{12,}" + _NOTMASKED,
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"(://)[^/\s@:]{1,200}:[^/\s@]{1,200}@")
# A key without a prefix (Mistral, Azure): long, with digits, upper-case and lower-case letters.
_BARE: Final = re.compile(r"\b(?=[A-Za-z]{0,200}\d)(?=[A-Z0-9]{0,200}[a-z])(?=[a-z0-9]{0,200}[A-Z])[A-Za-z0-9]{32,}\b")

_SLICE: Final = 64 * 1024  # characters


def redact(text: str, secrets: Iterable[str] | Sought = (), *, bare: bool = True) -> str:
    """`text` without strings that look like keys, and without the `secrets` in any form that `Sought` finds.

    Recognises the key formats of the vendors, `Bearer` values, `key=` in a URL, passwords in a URL and long tokens
    without a prefix, these only if `bare`. Keys that a provider has masked are kept.
    """
    return run_at_once(redact_in_slices(text, secrets, bare=bare))


def redact_in_slices(text: str, secrets: Iterable[str] | Sought = (), *, bare: bool = True) -> Slices[str]:
    """`redact` for a text of any length: a megabyte takes half a second in a worker.

    A string that looks like a key and is where two slices meet is recognized if it ends with a comma or a line.
    """
    known = secrets if isinstance(secrets, Sought) else Sought(each for each in secrets if isinstance(each, str))
    text = known.hidden(text)
    clean = []
    start = 0
    while len(text) - start > _SLICE:
        end = start + _SLICE
        cut = max(text.rfind("\n", start + _SLICE // 2, end), text.rfind(",", start + _SLICE // 2, end)) + 1 or end
        clean.append(_without_keys(text[start:cut], bare))
        start = cut
        yield
    return "".join([*clean, _without_keys(text[start:], bare)])


def _without_keys(text: str, bare: bool) -> str:
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _QUERY.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1\2{MASK}", text)
    text = _JWT.sub(MASK, text)
    text = _PREFIXED.sub(MASK, text)
    text = _FIELD.sub(rf"\1{MASK}", text)
    return _BARE.sub(MASK, text) if bare else text
