"""What crosses the line as text: nothing in it trips the runtime, nothing is lost, no key gets out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sparewheel.jsontext import read, whole
from sparewheel.page.writer import Writer
from sparewheel.redaction.sought import MASK

HALF = "\ud83d"
KEY = "sk-CANARY-0123456789"


def written(payload: dict[str, Any], *secrets: str) -> dict[str, Any]:
    writer = Writer()
    writer.hide("session", secrets)
    shown: dict[str, Any] = json.loads(writer.write(payload))
    return shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("plain \u00fc \U0001f600", "plain \u00fc \U0001f600"),
        (f"a{HALF}", "a\ufffd"),
        (f"{HALF}b", "\ufffdb"),
        ("\ude00", "\ufffd"),
        (f"{HALF}\ude00", "\U0001f600"),
    ],
)
def test_halves_of_surrogate_pairs_are_replaced_or_joined(text: str, clean: str) -> None:
    assert whole(text) == clean


def test_what_is_read_can_be_encoded() -> None:
    assert read('{"a\\ud83d": ["\\uDE00", "\\ud83d\\ude00"]}') == {"a\ufffd": ["\ufffd", "\U0001f600"]}
    assert read(f'["{HALF}"]') == ["\ufffd"]
    assert read("[NaN, -Infinity, 1]") == [None, None, 1]


def test_what_json_cannot_say_is_replaced_and_the_rest_stays() -> None:
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    payload = {"type": "events", "a": HALF, HALF: 1, "b": float("nan"), "c": object(), "d": b"\xff", "e": deep}
    shown = written(payload)
    assert json.dumps(shown.pop("e")).count("[") == 199
    assert shown == {"type": "events", "a": "\ufffd", "\ufffd": 1, "b": None, "c": "<object>", "d": "<bytes>"}


@pytest.mark.parametrize(
    "secret", [KEY, 'quote"back\\slash', "schl\u00fcssel-\u6771\u4eac", "line\nbreak", "\U0001f511\U0001f511-of-mine"]
)
def test_secrets_are_found_in_values_however_they_are_escaped(secret: str) -> None:
    values = {"plain": f"<{secret}>", "json": json.dumps({"k": secret}), "utf8": json.dumps(secret, ensure_ascii=False)}
    shown = written({"type": "x", "list": [values]}, secret)["list"][0]
    assert shown == {"plain": f"<{MASK}>", "json": json.dumps({"k": MASK}), "utf8": json.dumps(MASK)}


def test_a_secret_within_another_leaves_nothing_of_it() -> None:
    assert written({"a": f"Bearer {KEY}!"}, KEY, f"Bearer {KEY}") == {"a": f"{MASK}!"}


@pytest.mark.parametrize("secret", ["null", "true", "1000", "type", "events", "session", "tool_call", "input_tokens"])
def test_the_protocol_stays_whatever_a_secret_is(secret: str) -> None:
    payload = {
        "type": "events",
        "session": "session",
        "events": [{"type": "tool_call", "args": '{"a":null,"b":true}', "input_tokens": None, "turn": secret}],
    }
    assert written(payload, secret) == payload


def test_the_words_of_the_protocol_are_nobodys_hiding_place() -> None:
    args = dict.fromkeys(("type", "kind", "code", "role", "session", "turn"), f"x={KEY}")
    hidden = dict.fromkeys(args, f"x={MASK}")
    assert written({"type": "call", "input": args}, KEY) == {"type": "call", "input": hidden}
    events = [{"type": "tool_result", "output": args}]
    assert written({"events": events}, KEY) == {"events": [{"type": "tool_result", "output": hidden}]}


def test_secrets_go_with_the_last_who_has_them() -> None:
    writer = Writer()
    writer.hide("one", [KEY])
    writer.hide("two", [KEY])
    writer.forget("one")
    assert json.loads(writer.write({"a": KEY})) == {"a": MASK}
    writer.forget("two")
    writer.forget("two")
    assert json.loads(writer.write({"a": KEY})) == {"a": KEY}


def test_encoded_secrets_and_those_in_keys_are_masked() -> None:
    encoded = base64.b64encode(f"user:{KEY}".encode()).decode()
    args = {KEY: 1, f"x {KEY}": {"a": [KEY.replace("-", "%2D")]}, "basic": encoded, "html": KEY.replace("C", "&#67;")}
    shown = written({"type": "call", "what": "tool", "input": {"name": "t", "args": args}}, KEY)["input"]["args"]
    basic, _, rest = shown.pop("basic").partition(MASK)
    assert encoded.startswith(basic)
    assert len(basic) < len(encoded) / 2
    assert not rest.strip("=")[3:]
    assert shown == {MASK: 1, f"x {MASK}": {"a": [MASK]}, "html": MASK}
