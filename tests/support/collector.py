"""A collector of OpenTelemetry for tests in browsers, on another origin than the page."""

from __future__ import annotations

import asyncio
import json
import queue
from typing import Any

from tests.support.browser import LIMIT
from tests.support.localserver import Handler, LocalServer


class Collector(LocalServer):
    """Answers every request with 200; only if it is `open` may pages of other origins ask it."""

    def __init__(self, *, is_open: bool) -> None:
        got = self._got = queue.Queue[tuple[str, bytes]]()

        class Answers(Handler):
            def do_POST(self) -> None:
                got.put((self.command, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                if is_open:
                    self.send_header("Access-Control-Allow-Origin", "*")
                    self.send_header("Access-Control-Allow-Headers", "content-type")
                self.end_headers()

            do_OPTIONS = do_POST

        super().__init__(Answers)

    async def asked(self, method: str) -> bytes:
        """The body of the next request with this method."""
        while True:
            command, body = await asyncio.to_thread(self._got.get, timeout=LIMIT)
            if command == method:
                return body

    def taken(self) -> list[tuple[str, bytes]]:
        """The methods and bodies of the requests so far."""
        return [self._got.get_nowait() for _ in range(self._got.qsize())]


def span_names(body: bytes) -> list[str]:
    """The names of the spans of a request, in their order."""
    resources: list[dict[str, Any]] = json.loads(body)["resourceSpans"]
    return [span["name"] for each in resources for span in each["scopeSpans"][0]["spans"]]
