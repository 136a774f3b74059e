"""No secret in any outlet, whatever the inlets bring: models, servers, tools, hooks, the page's commands, the file.

Everything hostile is drawn: which secrets there are, in which encodings and pieces they come, and through which inlet.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.testing import Reply, ToolCall, openai_chat
from sparewheel.testing.streams import sse
from sparewheel.transcript import fold
from sparewheel.worker import Worker
from sparewheel.worker.console import CleanOutput
from tests.support.fakeloop import run
from tests.support.scripted import Script, ScriptedTransport
from tests.support.workerpage import Page

YAML = """
agents:
  root:
    model: %s
    welcome_message: "%s"
    commands: {"c%s": "%s"}
    fallback: {models: [%s], retries: 1, on_partial: %s, backoff: {initial: 1ms}}
    hooks: {tool_response_transform: []}
    redact_secrets: %s
"""
VENDORS = {
    "OPENAI_API_KEY": "sk-proj-A1CANARY0123456789abcdefghij",
    "ANTHROPIC_API_KEY": "sk-ant-api03-B2CANARY98765xyz",
}
OTHERS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30).map("Z9+{}".format)


def forms(secret: str) -> Iterator[str]:
    """The encodings that are listed in `redaction.forms`, each whole."""
    data = secret.encode()
    yield from (secret, data.hex(), data.hex().upper(), json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in (b"", b"x", b"xy"):
            code = encode(before + data).decode()
            yield code[-(-len(before) * 8 // 6) : (len(before) + len(data)) * 8 // 6]
    yield from (
        quote(secret, safe=""),
        re.sub("%..", lambda code: code[0].lower(), quote(secret, safe="")),
        quote(quote(secret, safe=""), safe=""),
    )
    for escape in ("%{:02x}", "%{:02X}", "\\u{:04x}", "\\u{:04X}", "\\\\u{:04x}", "\\x{:02x}", "&#{};", "&#x{:x};"):
        yield "".join(escape.format(ord(char)) for char in secret)
        kept = [number % 3 and char not in "\\%&" for number, char in enumerate(secret)]
        yield "".join(char if keep else escape.format(ord(char)) for char, keep in zip(secret, kept, strict=True))
    yield (
        secret.replace("/", "\\/")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
    )


@dataclass
class Case:
    """What is drawn for one run."""

    secrets: dict[str, str]
    data: st.DataObject

    def text(self) -> str:
        """Hostile text: secrets, whole and in parts, in any form."""
        form = st.sampled_from([form for secret in self.secrets.values() for form in forms(secret)])
        cut = st.tuples(form, st.integers(0, 40), st.integers(0, 40)).map(lambda drawn: drawn[0][drawn[1] : drawn[2]])
        words = st.lists(st.one_of(form, form, cut, st.sampled_from([" word ", "\\", "%", "&", "sk-"])), max_size=4)
        return "".join(self.data.draw(words))

    def one(self, *choices: Any) -> Any:
        return self.data.draw(st.sampled_from(choices))

    def pieces(self, text: str) -> list[str]:
        size = self.one(1, 3, 7, 1000)
        return [text[at : at + size] for at in range(0, len(text), size)]

    def reply(self, model: str) -> Script:
        kind = self.one("answer", "answer", "broken", "error", "inside", "call")
        if kind == "error":
            body = {"error": {"message": self.text(), "type": self.text(), "code": self.text(), "param": self.text()}}
            return Reply.json(
                self.one(400, 401, 404, 429, 500, 529), self.one(body, {"detail": self.text()}, self.text())
            )
        if model == "b":
            return self.blocks(finish=kind != "broken")
        text, reasoning = self.pieces(self.text()), self.pieces(self.text())
        if kind == "call":
            arguments = json.dumps({self.text() or "k": self.text(), "n": [self.text()]})
            calls = [ToolCall(self.one("c1", self.text() or "c2"), "look", self.pieces(arguments))]
            return openai_chat(text=text, reasoning=reasoning, tool_calls=calls)
        events = openai_chat(text=text, reasoning=reasoning, finish="auto" if kind == "answer" else None)
        if kind == "inside":
            events += (sse({"error": {"message": self.text(), "code": self.text()}}),)
        return events

    def blocks(self, *, finish: bool) -> tuple[bytes, ...]:
        """A stream with several blocks of text and reasoning, across which a secret may go."""
        data: list[dict[str, Any]] = [{"type": "message_start", "message": {"id": self.text(), "usage": {}}}]
        secret = self.one(*(form for secret in self.secrets.values() for form in forms(secret)))
        cut = self.data.draw(st.integers(0, len(secret)))
        for index, text in enumerate((self.text() + secret[:cut], secret[cut:] + self.text(), self.text())):
            kind = "text" if index < 2 else self.one("text", "thinking")
            data.append({"type": "content_block_start", "index": index, "content_block": {"type": kind, kind: ""}})
            for piece in self.pieces(text):
                delta = {"type": f"{kind}_delta", kind: piece}
                data.append({"type": "content_block_delta", "index": index, "delta": delta})
            data.append({"type": "content_block_stop", "index": index})
        if finish:
            data += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
        return tuple(sse(each, each["type"]) for each in data)


PLAIN = tuple(
    sse(each, str(each["type"]))
    for each in (
        {"type": "message_start", "message": {"id": "m", "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "plain"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    )
)


class Endless(ScriptedTransport):
    """Answers what the script does not: plainly."""

    def next_reply(self, model: str) -> Script:
        queue = self._script[model]
        return queue.pop(0) if queue else (openai_chat(text="plain") if model == "a" else PLAIN)


class HostilePage(Page):
    """Answers host calls with what has been drawn, in turns."""

    def __init__(self, case: Case, script: dict[str, list[Script]]) -> None:
        super().__init__(script)
        self.transport = Endless(script)
        self.worker = Worker(self._hear, self.transport)
        value = {case.text(): [case.text()], "output": case.text()}
        self._answers: list[dict[str, Any]] = [
            {"error": case.text()},
            {"done": True, "value": case.text()},
            {"done": True, "value": value},
        ]

    def _hear(self, text: str) -> None:
        super()._hear(text)
        message = json.loads(text)
        if message["type"] == "call":
            self._answers.append(self._answers.pop(0))
            asyncio.get_running_loop().call_soon(partial(self.piece, message["call"], **self._answers[-1]))


def texts(value: object) -> Iterator[str]:
    """All texts of a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def streams(events: list[dict[str, Any]]) -> Iterator[str]:
    """What a page shows that puts pieces one after the other, whatever is discarded."""
    for name in ("content", "reasoning", "arguments"):
        yield "".join(event.get(name, "") for event in events if event["type"] in ("delta", "tool_call_delta"))


async def play(case: Case) -> None:
    script = {model: [case.reply(model) for _ in range(case.one(1, 2))] for model in "ab"}
    primary, other = case.one(("openai/a", "anthropic/b"), ("anthropic/b", "openai/a"))
    page = HostilePage(case, script)
    shown = io.StringIO()
    console = CleanOutput(shown, page.worker.clean)
    quoted = re.sub(r'[\\"%]', "", case.text())
    policy, redacting = case.one("restart", "keep", "continue"), case.one("true", "false")
    yaml = YAML % (primary, quoted, re.sub(r"\W", "", quoted), quoted, other, policy, redacting)
    params: dict[str, Any] = {
        "session": "s",
        "yaml": yaml,
        "env": case.secrets,
        "autoApprove": case.one(True, False),
        "interactive": False,
        "tools": {"look": {"description": case.text(), "readOnly": True, "parameters": {"type": "object"}}},
        "hooks": [{"event": case.one("pre_tool_use", "post_tool_use", "before_llm_call", "stop"), "index": 0}],
        "history": [{"role": "user", "content": case.text()}, {"role": "assistant", "content": case.text()}],
    }
    wrong = case.one(None, None, None, None, "yaml", "option", "env", "agentName")
    if wrong == "option":
        params[case.text() or "x"] = case.text()
    elif wrong == "env":
        params["env"] = {**case.secrets, "X": [case.text()]}
    elif wrong is not None:
        params[wrong] = case.one(case.text(), f"agents: {{{json.dumps(case.text())}: 1}}")
    await page.call("create_session", **params)
    if wrong is None:
        for _ in range(2):
            sent = page.post("send", session="s", prompt=case.text())
            await page.settle()
            reply = page.reply(sent)
            events = page.events("s")
            turn = [event for event in events if event["turn"] == events[-1]["turn"]]
            if "result" in reply:
                folded, answer = fold(turn)["message"], reply["result"]["message"]  # type: ignore[arg-type]
                assert folded == answer, f"{folded} is not {answer}"
        print(case.text(), case.text(), file=console)
        await page.call(case.one("export", "restart", case.text()), session="s")
        await page.call("confirm", session="s", decision=case.text(), id=case.text())
        await page.call("close", session="s")
    await page.call("known_health")
    outlets = [text for line in page.said for text in texts(json.loads(line))]
    outlets += [*page.said, *streams(page.events("s")), shown.getvalue()]
    whole = "\n".join(outlets)
    for name, secret in case.secrets.items():
        for form in forms(secret):
            assert form not in whole, f"{name} as {form}"


@settings(max_examples=40, derandomize=True)
@given(st.data(), st.lists(OTHERS, min_size=1, max_size=2))
def test_no_secret_gets_out(data: st.DataObject, others: list[str]) -> None:
    secrets = VENDORS | {f"MY_SECRET_{number}": secret for number, secret in enumerate(others)}
    run(play(Case(secrets, data)))
