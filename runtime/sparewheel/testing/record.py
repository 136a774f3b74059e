"""The record of the scripted provider: every request, and how far its answer has been sent."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Format: TypeAlias = Literal["openai_chat", "openai_responses", "anthropic", "gemini"]

_GEMINI_PATH = re.compile(r"/models/(.+):streamGenerateContent$")


def route(method: str, path: str) -> Format | None:
    """The wire format of a request, by its path; None if there is no such endpoint."""
    if method != "POST":
        return None
    if path.endswith("/chat/completions"):
        return "openai_chat"
    if path.endswith("/responses"):
        return "openai_responses"
    if path.endswith("/messages"):
        return "anthropic"
    return "gemini" if _GEMINI_PATH.search(path) else None


@dataclass
class Request:
    """One request as it arrived, and the state of its answer.

    headers:           names in lower case
    json:              the parsed body, None when it is not JSON
    time:              seconds on the monotonic clock, to compare two requests
    preflight_headers: what the browser's preflight for this path asked to send (lower case); empty without a preflight
    events_sent:       whole events handed to the network; bytes_sent counts the body: no HTTP framing, no keep-alives
    disconnected:      the client disconnected before the answer was complete
    finished:          nothing more will be sent: the answer is complete or cut, or the client disconnected
    violation:         the error that strict mode found
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    preflight_headers: tuple[str, ...] = ()
    time: float = field(default_factory=time.monotonic)
    events_sent: int = 0
    bytes_sent: int = 0
    disconnected: bool = False
    finished: bool = False
    violation: str | None = None

    @property
    def format(self) -> Format | None:
        """The wire format of the endpoint that was called."""
        return route(self.method, self.path)

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def model(self) -> str | None:
        """The model asked for: from the URL for Gemini, from the body for all others."""
        if match := _GEMINI_PATH.search(self.path):
            return unquote(match[1])
        model = self.json.get("model") if isinstance(self.json, dict) else None
        return model if isinstance(model, str) else None


class Record:
    """All requests and preflights. Written by the server's thread, read and waited for by the test's."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.preflights: list[Request] = []
        self._changed = threading.Condition()

    def add(self, request: Request) -> None:
        """Add a request. Preflights have a list of their own; the request after one gets its header names."""
        with self._changed:
            if request.method == "OPTIONS":
                self.preflights.append(request)
            else:
                request.preflight_headers = self._preflight_headers(request)
                self.requests.append(request)
            self._changed.notify_all()

    def _preflight_headers(self, request: Request) -> tuple[str, ...]:
        for preflight in reversed(self.preflights):
            if (preflight.path, preflight.headers.get("origin")) == (request.path, request.headers.get("origin")):
                names = preflight.headers.get("access-control-request-headers", "")
                return tuple(name.strip().lower() for name in names.split(",") if name.strip())
        return ()

    def update(self, request: Request, **changes: Any) -> None:
        """Set fields of a request and wake the threads that wait for a change."""
        with self._changed:
            for name, value in changes.items():
                setattr(request, name, value)
            self._changed.notify_all()

    def wait_for(self, found: Callable[[], Request | None], what: str, timeout: float | None) -> Request:
        """Block until `found` returns a request. Raises TimeoutError after `timeout` seconds (None: never)."""
        with self._changed:
            request = self._changed.wait_for(found, timeout)
            if request is None:
                raise TimeoutError(f"{what} did not happen within {timeout} s; requests so far: {self._summary()}")
            return request

    def _summary(self) -> str:
        return ", ".join(f"{each.method} {each.path} ({each.model})" for each in self.requests) or "none"
