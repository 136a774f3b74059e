"""Two simulators of model APIs that others wrote, as processes: aimock (npm) and llmock (PyPI).

`build.py test` installs them (`bundle.fetch.fetch_simulators`). Both answer in all four wire formats. What a model does
is told to them over HTTP before it is asked, so every test uses models of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

from bundle.fetch import SIMULATOR_PACKAGES, SIMULATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

WIRE_FORMATS: Final = {
    "chat": "provider: openai, api_type: openai_chatcompletions",
    "responses": "provider: openai, api_type: openai_responses",
    "anthropic": "provider: anthropic",
    "gemini": "provider: google",
}
"""By name, the fields of a provider in an agent file."""


@dataclass(frozen=True)
class Simulator:
    """A running simulator. `paths` are those of the base URLs, by wire format."""

    url: str
    paths: Mapping[str, str]

    def provider(self, wire: str, key: str) -> str:
        """A provider of an agent file: this simulator's address for a wire format, and the name of its key."""
        return f'{{{WIRE_FORMATS[wire]}, base_url: "{self.url}{self.paths[wire]}", token_key: {key}}}'

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the simulator's own API."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=30) as response:
            return json.loads(response.read())

    def script(self, model: str, steps: Sequence[Mapping[str, Any]]) -> None:
        """What the requests for a model get."""
        raise NotImplementedError


class Llmock(Simulator):
    """Each of llmock's behaviours is used `times` (1 unless given, None: for good) by requests for its model."""

    def script(self, model: str, steps: Sequence[Mapping[str, Any]]) -> None:
        if steps:
            behaviors = [{**step, "match": {"model": model}} for step in steps]
            self.call("POST", "/_llmock/scenario", {"behaviors": behaviors})


class Aimock(Simulator):
    """Of aimock's fixtures for a model, the first whose `match` fits answers a request."""

    def script(self, model: str, steps: Sequence[Mapping[str, Any]]) -> None:
        fixtures = [{**step, "match": {**step.get("match", {}), "model": model}} for step in steps]
        self.call("POST", "/__aimock/fixtures", {"fixtures": fixtures})


@contextmanager
def llmock(**env: str) -> Iterator[Llmock]:
    """Run llmock; `env` are settings of its own, such as `LLMOCK_RPM`."""
    with _serving(
        [sys.executable, SIMULATORS / "llmock_server.py"], {"PYTHONPATH": str(SIMULATOR_PACKAGES), **env}
    ) as url:
        yield Llmock(url, {"chat": "/v1", "responses": "/v1", "anthropic": "/anthropic", "gemini": "/gemini"})


@contextmanager
def aimock() -> Iterator[Aimock]:
    """Run aimock."""
    with _serving(["node", SIMULATORS / "aimock.mjs"], {}) as url:
        yield Aimock(url, {"chat": "/v1", "responses": "/v1", "anthropic": "", "gemini": ""})


@contextmanager
def _serving(argv: Sequence[str | Path], env: Mapping[str, str]) -> Iterator[str]:
    """Run a server that prints its URL."""
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}
    ) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            hint = "`python3 build.py test tests/e2e` installs what it needs"
            assert url.startswith("http://127.0.0.1:"), f"{argv[-1]} did not start: {hint}"
            yield url
        finally:
            process.kill()  # some answers are held back for half a minute
