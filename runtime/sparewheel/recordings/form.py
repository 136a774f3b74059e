"""The file of a recording: JSON lines, one for each exchange with a server. docs/recordings-and-traces.md describes it.

A recording may come from anyone, so everything in it is bounded and checked before it is used.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ConfigError, ErrorInfo, Kind
from ..errors.validation import problems
from ..jsontext import MAX_CHARS, read, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERSION: Final = 1
HEADER: Final = write({"type": "recording", "v": VERSION})
MAX_SIZE: Final = 256 * 1024 * 1024  # bytes, or characters, of a recording
MAX_EXCHANGES: Final = 100_000
MAX_KEYS: Final = 1000
MAX_CHUNKS: Final = 1_000_000  # of one body
BEGIN: Final = 3  # characters of a key that are kept
_KEY: Final = re.compile(rf"[^*]{{0,{BEGIN}}}\*{{0,16384}}")
_CHUNKS: Final = re.compile(r"(?:\d{1,10}:\d{1,9}(?: (?=\d)|\Z))*+\Z")
_HINT: Final = "Make it again with --record."

_Ms: TypeAlias = Annotated[int, Field(ge=0, le=10**10)]
_Headers: TypeAlias = Annotated[dict[str, str], Field(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Body(_Part):
    """Bytes: as text if they are UTF-8, else in base64."""

    text: str | None = None
    base64: str | None = None

    @property
    def content(self) -> bytes:
        """Raises `ValueError`."""
        return b64decode(self.base64, validate=True) if self.base64 is not None else (self.text or "").encode()


class RecordedRequest(_Part):
    """A request without secrets."""

    method: str
    url: str
    headers: _Headers = {}
    body: Body = Body()


class RecordedResponse(_Part):
    """`chunks` has the time (ms after the request) and the size (bytes) of each piece of `body`: `12:400 15:38`."""

    status: Annotated[int, Field(ge=100, le=599)]
    url: str = ""
    headers: _Headers = {}
    ms: _Ms = 0
    body: Body = Body()
    chunks: str = ""

    def pieces(self) -> list[tuple[int, bytes]]:
        """Raises `ValueError`."""
        content = self.body.content
        pieces, start = [], 0
        for one in self.chunks.split():
            ms, _, size = one.partition(":")
            pieces.append((int(ms), content[start : start + int(size)]))
            start += int(size)
        if start != len(content):
            raise ValueError("its chunks are not its body")
        return pieces


class RecordedError(_Part):
    """Why there was no answer, or no more of it."""

    kind: Kind
    message: str
    hint: str = ""
    retry_after: float | None = None
    status: int | None = None

    @property
    def info(self) -> ErrorInfo:
        return ErrorInfo(self.kind, self.message, self.hint, self.retry_after, self.status)


class End(_Part):
    """`complete`: all was read; `left`: the reader had enough, or was stopped; `failed`: see `error`; `too_large`."""

    how: Literal["complete", "left", "failed", "too_large"]
    ms: _Ms = 0
    error: RecordedError | None = None


class Exchange(_Part):
    """A request and what came of it; `response` None: there was none."""

    type: Literal["exchange"]
    request: RecordedRequest
    end: End
    at: str = ""
    response: RecordedResponse | None = None


@dataclass(slots=True)
class Recording:
    """What a file holds. `keys`: the names of the secrets that sessions had in their env, as `masked_key` has them."""

    exchanges: list[Exchange] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)


def read_recording(lines: str | Iterable[str | bytes], name: str = "the recording") -> Recording:
    """Read a recording: its text, or its lines. A last line that was cut off is left out.

    Raises:
        ConfigError: it is none, of another version, damaged, or too large. `name` is how the error calls it.
    """
    recording = Recording()
    size = 0
    number = 0
    for number, line in enumerate(lines.splitlines(keepends=True) if isinstance(lines, str) else lines, 1):
        size += len(line)
        if size > MAX_SIZE or len(recording.exchanges) > MAX_EXCHANGES:
            raise ConfigError(
                f"{name} is too large: at most {MAX_SIZE >> 20} MiB and {MAX_EXCHANGES} exchanges.", _HINT
            )
        _read_line(recording, line, number, ended=line[-1:] in ("\n", b"\n"), name=name)
    if number == 0:
        raise ConfigError(f"{name} is empty.", _HINT)
    return recording


def _read_line(recording: Recording, line: str | bytes, number: int, *, ended: bool, name: str) -> None:
    try:
        value = read(line) if line.strip() else None
    except (ValueError, RecursionError):
        if not ended and number > 1:
            return  # it was cut off
        raise ConfigError(f"{name}: line {number} is not JSON of at most {MAX_CHARS} characters.", _HINT) from None
    fields = value if isinstance(value, dict) else {}
    kind = fields.get("type")
    if number == 1:
        if kind != "recording":
            raise ConfigError(f"{name} is not a recording: its first line does not begin one.", _HINT)
        if fields.get("v") != VERSION:
            raise ConfigError(f"{name} is of another version than {VERSION}, which this program reads.", _HINT)
    elif kind == "exchange":
        recording.exchanges.append(_exchange(value, number, name))
    elif kind == "keys":
        _add_keys(recording, fields.get("env"), f"{name}: line {number}")
    elif value is not None and not isinstance(kind, str):
        raise ConfigError(f"{name}: line {number} has no type.", _HINT)


def _add_keys(recording: Recording, env: Any, place: str) -> None:
    given = env.items() if isinstance(env, dict) else ()
    keys = {name: form for name, form in given if isinstance(form, str) and _KEY.fullmatch(form)}
    if len(keys) != len(given) or len(recording.keys | keys) > MAX_KEYS:
        raise ConfigError(f"{place}: it must have at most {MAX_KEYS} keys, masked like sk-***.", _HINT)
    recording.keys |= keys


def _exchange(value: Any, number: int, name: str) -> Exchange:
    try:
        exchange = Exchange.model_validate(value)
    except ValidationError as error:
        said = problems(error, value, Exchange, whole="the exchange")
        raise ConfigError(f"{name}: line {number}: {said}"[:1000], _HINT) from None
    response = exchange.response
    try:
        if response is not None:
            if not _CHUNKS.match(response.chunks) or response.chunks.count(":") > MAX_CHUNKS:
                raise ValueError("its chunks are no list of TIME:SIZE")
            response.pieces()
        exchange.request.body.content  # noqa: B018  # it raises
        if exchange.end.how == "failed" and exchange.end.error is None:
            raise ValueError("it failed without an error")
        if response is None and exchange.end.how in ("complete", "too_large"):
            raise ValueError("it ended without a response")
    except ValueError as error:
        raise ConfigError(f"{name}: line {number}: the exchange is damaged ({error})."[:1000], _HINT) from None
    return exchange


def masked_key(key: str) -> str:
    """A key as a recording has it: as much as a stream shows of it before it is recognized, and its length."""
    return key[: min(len(key) // 8, BEGIN)].replace("*", ".").ljust(len(key), "*")


def body_of(content: bytes) -> dict[str, str]:
    """`Body` of bytes, as it is written."""
    if not content:
        return {}
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}


def exchange_line(exchange: dict[str, Any], pieces: Sequence[tuple[int, bytes]]) -> str:
    """The line of an exchange, whose body came in these pieces. One that is too large is kept without its body."""
    response = exchange["response"]
    if response is not None:
        response["body"] = body_of(b"".join(piece for _, piece in pieces))
        response["chunks"] = " ".join(f"{ms}:{len(piece)}" for ms, piece in pieces)
        line = write(exchange)
        if len(line) <= MAX_CHARS and len(pieces) <= MAX_CHUNKS:
            return line
        response |= {"body": {}, "chunks": ""}
        exchange["end"] = {**exchange["end"], "how": "too_large"}
    line = write(exchange)
    if len(line) > MAX_CHARS:
        exchange["request"]["body"] = {}
        line = write(exchange)
    return line
