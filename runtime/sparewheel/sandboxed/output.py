"""What the code prints, sent on while it runs: the first lines at once, the others in batches."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

_AT_ONCE: Final = 100  # messages that are sent for each line
_BATCH: Final = 8_192  # characters of a message
_PAUSE: Final = 0.05  # seconds between the messages after that


class OutputLimit(BaseException):
    """Raised by `print`, and not to be caught by `except Exception`: the code printed more than it may."""

    __module__ = "builtins"  # a traceback names it without the harness


class Output:
    """Both streams of one run. `send` gets the name of a stream and text. `limit` is in characters."""

    def __init__(self, send: Callable[[str, str], object], limit: int) -> None:
        self._send = send
        self._left = self._limit = limit
        self._messages = 0
        self._sent_at = 0.0
        self._held: list[tuple[str, str]] = []
        self._size = 0
        self._open = True
        self.stdout = self._stream("stdout")
        self.stderr = self._stream("stderr")

    def put(self, stream: str, text: str) -> None:
        """Take printed text. Raises `OutputLimit`; after `close` the text is dropped."""
        if not self._open:
            return
        fits, self._left = text[: max(self._left, 0)], self._left - len(text)
        if fits:
            self._held.append((stream, fits))
            self._size += len(fits)
        if self._left < 0:
            self.flush()
            raise OutputLimit(f"the code printed more than {self._limit} characters, which is the limit")
        ends_line = text.endswith("\n")
        waited = time.monotonic() - self._sent_at >= _PAUSE
        if self._size >= _BATCH or (ends_line and (self._messages < _AT_ONCE or waited)):
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        held, self._held, self._size = self._held, [], 0
        at = 0
        while at < len(held):
            stream, end = held[at][0], at
            while end < len(held) and held[end][0] == stream:
                end += 1
            self._messages += 1
            self._send(stream, "".join(text for _, text in held[at:end]))
            at = end
        self._sent_at = time.monotonic()

    def close(self) -> None:
        """The run is over: send what is held, and drop what comes later."""
        self.flush()
        self._open = False

    def _stream(self, name: str) -> io.TextIOWrapper:
        raw: Any = _Raw(lambda text: self.put(name, text))  # unbuffered: what is refused must not be written again
        return io.TextIOWrapper(raw, "utf-8", "backslashreplace", newline="", write_through=True)


class _Raw(io.RawIOBase):
    """Passes on bytes as text."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self._put = put
        self._rest = b""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        content = self._rest + bytes(data)
        try:
            text, self._rest = content.decode(), b""
        except UnicodeDecodeError as error:
            whole = error.start if error.end == len(content) and len(content) - error.start < 4 else len(content)
            text, self._rest = content[:whole].decode(errors="replace"), content[whole:]
        self._put(text)
        return len(bytes(data))


class NoInput(io.TextIOBase):
    """`sys.stdin` of the code."""

    def readable(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # text, not bytes
        raise EOFError("there is nothing to read here: write the values into the code")

    def read(self, size: int | None = -1, /) -> str:
        return self.readline()
