"""What a probe is: an input that is deep, long, huge or endless, for one way into the runtime, and such inputs.

A probe is data, so that all of them run in one runtime. What must come of it is its `kind`:

    attempt   the first model's answer is the input: its attempt fails, or is an answer, and the turn finishes
    turn      the input comes by a tool, a hook or an option: the turn finishes
    end       the turn ends: it finishes, or fails with one clear error
    command   the command is refused with one clear error, or succeeds
    start     a runtime starts although a file is damaged, or is refused with one clear error
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sparewheel.testing import Events, Reply, ToolCall, anthropic, gemini, openai_chat, openai_responses

Kind = Literal["attempt", "turn", "end", "command", "start"]
SIZES = (10_000, 100_000, 1_000_000)

# JSON texts of about so many characters.
TEXTS: dict[str, Callable[[int], str]] = {
    "open arrays": lambda n: "[" * n,
    "arrays": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "objects": lambda n: '{"a":' * (n // 6) + "1" + "}" * (n // 6),
    "open objects": lambda n: '[{"a":' * (n // 6),
    "arrays after NaN": lambda n: "[NaN," + "[" * (n // 2) + "]" * (n // 2) + "]",
    "arrays after half a character": lambda n: '["\\ud83d",' + "[" * (n // 2) + "]" * (n // 2) + "]",
    "digits": lambda n: "9" * n,
    "fraction": lambda n: "0." + "9" * n,
    "exponent": lambda n: "1e" + "9" * n,
    "numbers": lambda n: "[" + "0," * (n // 2) + "0]",
    "empty arrays": lambda n: "[" + "[]," * (n // 3) + "0]",
    "keys": lambda n: "{" + ",".join(f'"k{number}":1' for number in range(n // 12)) + "}",
    "one key": lambda n: "{" + ",".join(['"k":1'] * (n // 6)) + "}",
    "string": lambda n: '"' + "x" * n + '"',
    "escapes": lambda n: '"' + '\\"' * (n // 2) + '"',
    "halves": lambda n: '"' + "\\ud83d" * (n // 6) + '"',
    "white space": lambda n: " " * n + "{}",
}
# JavaScript for values that a page may hand over.
VALUES = {
    "deep arrays": "JSON.parse('['.repeat(5000) + ']'.repeat(5000))",
    "deeper arrays": "(() => { let value = []; for (let n = 0; n < 200000; n++) value = [value]; return value; })()",
    "many values": "Array(500000).fill([])",
    "long text": "'x'.repeat(5000000)",
    "halves of characters": "'\\ud83d'.repeat(500000)",
    "circle": "(() => { const value = {}; value.value = value; return value; })()",
    "big integer": "10n ** 5000n",
}


FORMATS: dict[str, Callable[..., Events]] = {
    "openai": openai_chat,
    "openai_responses": openai_responses,
    "anthropic": anthropic,
    "google": gemini,
}
API_TYPES = {"openai": "openai", "openai_responses": "openai, api_type: openai_responses"}
PATHS = {"google": "/v1beta", "anthropic": ""}

_FILE = """
agents:
  root: {{model: {model}, instruction: Hi, fallback: {{models: [second], retries: -1, delay: 0s}}{more}}}
models:
  first: {{provider: mine, model: "a{number}"}}
  second: {{provider: spare, model: "b{number}"}}
providers:
  mine: {{provider: {provider}, base_url: "{url}", token_key: MINE}}
  spare: {{provider: openai, base_url: "{spare}", token_key: SPARE}}
"""


@dataclass(frozen=True)
class Probe:
    """One input.

    `reply` is what the first model answers, `then` what it answers after that ("Answer" if None). `more` is added to
    the agent, where SITE stands for the origin of a host that serves `served` at /theirs/served. `page` is JavaScript:
    the options that hold functions of the page, and `stream` and `fetch` for its model and its requests, `answer` for
    approvals and questions, `messages` before the prompt. A command has `method` and `argument`; a start has `file`, a
    pattern, and how it is damaged.
    """

    name: str
    kind: Kind
    reply: Reply | None = None
    then: Reply | None = None
    format: str = "openai"
    more: str = ""
    page: str = "{}"
    model: str = "first"  # page/hostile: the page's
    served: tuple[str, bytes] | None = None
    method: str = ""
    argument: str = ""  # JavaScript
    file: str = ""
    damage: str = ""
    cached: bool = False  # else served

    def agent(self, number: int, url: str, site: str) -> str:
        return _FILE.format(
            number=number,
            model=self.model,
            provider=API_TYPES.get(self.format, self.format),
            url=url + PATHS.get(self.format, "/v1"),
            spare=f"{url}/v1",
            more=self.more.replace("SITE", site),
        )


def calling(name: str, arguments: object) -> Reply:
    """A model's answer that calls a tool."""
    return Reply(openai_chat(tool_calls=[ToolCall("call_1", name, json.dumps(arguments))]))


def tool(result: str, parameters: str = "undefined", read_only: str = "true") -> str:
    """JavaScript for the option with one tool, which has these parameters and returns `result`."""
    spec = f"{{ description: 'x', readOnly: {read_only}, parameters: {parameters}, execute: () => {result} }}"
    return f"{{ tools: {{ look: {spec} }} }}"
