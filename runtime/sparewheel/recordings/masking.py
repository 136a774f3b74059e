"""Keeps secrets out of a recording: known ones by their value in every form, others by where they stand.

Requests and answers are masked with the same word, so that what a model is sent of an earlier answer is the same when
the recording is played.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlsplit

from ..redaction.redact import redact
from ..redaction.sought import MASK, Sought
from ..transports.traced import is_harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MAX_FOUND: Final = 64  # secrets that answers have had in them; each is sought in everything
_MAX_VALUE: Final = 4000  # characters of a header
_READ: Final = frozenset({"location", "www-authenticate", "x-docker-agent-location"})  # beside the harmless ones
_FIELDS: Final = "access_token|refresh_token|id_token|client_secret|registration_access_token"
_IN_JSON: Final = re.compile(rf'"(?:{_FIELDS})"\s{{0,8}}:\s{{0,8}}"((?:[^"\\]|\\.){{8,8192}})"')
_IN_FORM: Final = re.compile(
    rf"(?:(?<=^)|(?<=&))((?:{_FIELDS}|code|code_verifier|password|assertion|client_assertion)=)[^&]+"
)
_SECRET_NAME: Final = re.compile(r"key|token|secret|sig|pass|auth|cred|code|session|jwt", re.IGNORECASE)
_STRING: Final = re.compile(r'"([A-Za-z_]{1,40})"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.)*+)"')

_Span = tuple[int, int, str]  # of a text: from, to, and what stands there instead


class Masking:
    """Masks the `secrets` of a session, which are asked for anew each time, and those that answers have had."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets
        self._found: dict[str, None] = {}
        self._known: frozenset[str] = frozenset()
        self._sought = Sought(())

    def url(self, url: str) -> str:
        """A URL without user, password and fragment, and without the values of parameters that may be secrets."""
        parts = urlsplit(url)
        bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        query = "&".join(
            f"{quote(name)}={MASK if _SECRET_NAME.search(name) else quote(value)}"
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        )
        return self.text(bare + (f"?{query}" if query else ""))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers; each value that may be a secret is as many asterisks."""
        found = {name.lower(): value for name, value in list(headers.items())[:500]}
        return {
            name: redact(value[:_MAX_VALUE], self._seek(), bare=False)
            if is_harmless(name) or name in _READ
            else "*" * len(value[:_MAX_VALUE])
            for name, value in found.items()
        }

    def text(self, text: str) -> str:
        """A text of the runtime, without strings that look like keys."""
        return redact(text, self._seek())

    def request(self, body: bytes) -> bytes:
        """The body of a request, without known secrets, without strings with the shape of a key."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self._in_bytes(body)
        if not text.lstrip().startswith(("{", "[")):
            text = _IN_FORM.sub(rf"\1{MASK}", text)
        return redact(text, self._seek(), bare=False).encode("utf-8", "surrogatepass")

    def answer(self, pieces: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """The body of an answer in its pieces, without known secrets, also if they are spread over them."""
        text = b"".join(piece for _, piece in pieces).decode("latin-1")  # a character is a byte
        tokens = [match.span(1) for match in _IN_JSON.finditer(text)]
        for start, end in tokens:
            self._found[text[start:end]] = None
        while len(self._found) > _MAX_FOUND:
            del self._found[next(iter(self._found))]
        sought = self._seek()
        spans: list[_Span] = [(start, end, MASK) for start, end in tokens]
        if sought:
            spans += [(start, end, MASK) for start, end in sought.spans(text)]
            spans += _spread(text, sought)
        return _without(pieces, spans)

    def _in_bytes(self, body: bytes) -> bytes:
        return b"".join(piece for _, piece in self.answer([(0, body)]))

    def _seek(self) -> Sought:
        known = frozenset(self._secrets()) | frozenset(self._found)
        if known != self._known:
            self._known = known
            self._sought.renew([*known, *(each.encode().decode("latin-1") for each in known if not each.isascii())])
        return self._sought


def _spread(text: str, sought: Sought) -> list[_Span]:
    """Where secrets are that a stream has in pieces: in strings of one name in several frames, one after the other."""
    names: dict[str, list[tuple[int, int]]] = {}
    for match in _STRING.finditer(text):
        names.setdefault(match[1], []).append(match.span(2))
    found: list[_Span] = []
    for places in names.values():
        if len(places) < 2:
            continue
        joined = "".join(text[start:end] for start, end in places)
        spans = iter(sought.spans(joined))
        span = next(spans, None)
        at = 0
        for start, end in places:
            while span is not None and span[0] < at + end - start:
                first, last = max(span[0], at), min(span[1], at + end - start)
                found.append((start + first - at, start + last - at, MASK if first == span[0] else ""))
                if span[1] > at + end - start:
                    break
                span = next(spans, None)
            at += end - start
    return found


def _without(pieces: Sequence[tuple[int, bytes]], spans: Iterable[_Span]) -> list[tuple[int, bytes]]:
    """The pieces with the spans replaced; what stands in the place of one is in the piece where it began."""
    merged: list[_Span] = []
    for start, end, instead in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start == end:
            continue
        if merged and start < merged[-1][1]:
            first, last, before = merged[-1]
            merged[-1] = (first, max(last, end), before or instead)
        else:
            merged.append((start, end, instead))
    if not merged:
        return list(pieces)
    masked = []
    begin = number = 0
    for ms, piece in pieces:
        stop, at, kept = begin + len(piece), begin, b""
        while number < len(merged) and merged[number][0] < stop:
            start, end, instead = merged[number]
            if start >= begin:
                kept += piece[at - begin : start - begin] + instead.encode()
            at = min(end, stop)
            if end > stop:
                break
            number += 1
        masked.append((ms, kept + piece[at - begin :]))
        begin = stop
    return masked
