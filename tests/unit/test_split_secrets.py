"""Secrets that a model repeats in pieces: what the pieces come to is the whole text without them, however it is cut."""

from __future__ import annotations

import base64
import json
from typing import Any, cast
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparewheel.events import Event
from sparewheel.messages import Message, Reasoning, Text
from sparewheel.redaction.sought import Sought
from sparewheel.redaction.stream import SplitSecrets

KEY = "sk-CANARY-0123456789"
SECRETS = [KEY, "CANARY-0123", "0123456789sk-", "aaaaaaaaab", 'a "quoted" secret', "50%&\\mixed/%", "u0041x41\\"]


def delta(text: str, field: str = "content", index: int = 0, **more: Any) -> Event:
    return cast("Event", {"type": "delta", field: text, "attempt": 1, "index": index, **more})


def end(content: str = "", index: int = 0, attempt: int = 1, kind: Any = "text") -> Event:
    return {"type": "block_end", "kind": kind, "content": content, "attempt": attempt, "index": index}


def streamed(pieces: list[str], secrets: list[str], batch: int = 1, field: str = "content") -> list[str]:
    split = SplitSecrets(Sought(secrets))
    events = [*(delta(piece, field) for piece in pieces), end("".join(pieces))]
    passed = [event for at in range(0, len(events), batch) for event in split(events[at : at + batch])]
    assert passed[-1] == end(masked("".join(pieces), secrets))
    return [cast("dict[str, Any]", event)[field] for event in passed[:-1]]


def masked(text: str, secrets: list[str]) -> str:
    """What the page gets of a block whose text comes whole."""
    return Sought(secrets).shown("", text)


@pytest.mark.parametrize("cut", range(1, len(KEY)))
@pytest.mark.parametrize("batch", [1, 4])
def test_a_key_in_two_pieces_is_in_none(cut: int, batch: int) -> None:
    pieces = streamed(["It is ", KEY[:cut], KEY[cut:] + ", keep", " it."], [KEY], batch)
    assert "".join(pieces) == "It is [redacted], keep it."


def test_a_key_letter_by_letter_is_in_none() -> None:
    assert "".join(streamed(list(f"<{KEY}>"), SECRETS)) == masked(f"<{KEY}>", SECRETS)


@given(
    st.lists(st.sampled_from([*SECRETS, *"sk-CAN01aaab9", KEY[:7], KEY[7:], "aaaaaaaaa", " word "]), max_size=12),
    st.lists(st.integers(0, 100), max_size=30),
    st.integers(1, 5),
)
@example([KEY, "3456789sk-"], [4], 1)
@example(["CANARY-", "0123456789", "sk-"], [], 1)
def test_pieces_come_to_the_masked_text(words: list[str], cuts: list[int], batch: int) -> None:
    text = "".join(words)
    ends = sorted({min(cut, len(text)) for cut in cuts} | {len(text)})
    pieces = [text[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]
    assert "".join(streamed([piece for piece in pieces if piece], SECRETS, batch)) == masked(text, SECRETS)


def test_blocks_that_come_by_turns_are_kept_apart() -> None:
    split = SplitSecrets(Sought([KEY]))
    calls = [
        cast("Event", {"type": "tool_call_delta", "id": f"c{index}", "name": "x", "arguments": piece, "attempt": 1}
             | {"index": index})
        for piece in (KEY[:5], KEY[5:])
        for index in (0, 1)
    ]  # fmt: skip
    told = cast("list[dict[str, Any]]", split([*calls, end(kind="tool_call"), end(index=1, kind="tool_call")]))
    assert [event["arguments"] for event in told if "arguments" in event] == ["[redacted]"] * 2
    assert split([delta(KEY[:5], task="a")]) + split([delta(KEY[:5], task="b")]) == []
    told = cast("list[dict[str, Any]]", split([delta("!", task="a"), delta("!", task="b")]))
    assert [event["content"] for event in told] == [f"{KEY[:5]}!"] * 2


@pytest.mark.parametrize("kind", ["finish", "error", "aborted"])
def test_nothing_waits_beyond_the_turn(kind: str) -> None:
    split = SplitSecrets(Sought([KEY]))
    assert split([delta("sk-")]) == []
    last = cast("Event", {"type": kind})
    assert split([last]) == [delta("sk-"), last]


def test_what_cannot_be_a_secret_is_not_delayed() -> None:
    batch = [delta("no such"), delta(" thing")]
    assert SplitSecrets(Sought([KEY]))(batch) is batch
    batch = [delta("sk-")]
    assert SplitSecrets(Sought(["short"]))(batch) is batch


ENCODED = {
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of more": base64.b64encode(f"x:{KEY}!".encode()).decode(),
    "percent": "".join(f"%{ord(char):02x}" for char in KEY),
    "JSON": "".join(f"\\u{ord(char):04X}" for char in KEY),
    "JSON in JSON": KEY.replace("A", r"\\u0041"),
    "entities": KEY.replace("-", "&#45;").replace("0", "&#x30;"),
    "hexadecimal": KEY.encode().hex(),
}
ODD = [quote(SECRETS[5], safe=""), json.dumps(SECRETS[5])[1:-1], json.dumps(SECRETS[6])[1:-1], quote(quote(SECRETS[5]))]
WORDS = [*ODD, KEY[:10], KEY[10:], KEY[:3], KEY[3:], "sk-", " word ", *ENCODED.values()]
PIECES = st.lists(
    st.one_of(st.sampled_from([*WORDS, *SECRETS]), st.sampled_from([*"sk-%\\&u0x41;", "%25", "&amp;"])), max_size=8
)


@given(st.lists(PIECES, max_size=4), st.lists(st.sampled_from(["block", "attempt", "discard", "step"]), min_size=3))
def test_blocks_attempts_and_steps_come_to_the_message(blocks: list[list[str]], between: list[str]) -> None:
    sought = Sought(SECRETS)
    split = SplitSecrets(sought)
    parts: list[str] = []
    shown, sent = "", ""
    for number, pieces in enumerate(blocks):
        attempt = number + 1 if number and between[(number - 1) % len(between)] != "block" else 1
        content = "".join(pieces)
        for event in [*(delta(piece, index=number) for piece in pieces), end(content, number)]:
            now = split([cast("Event", {**event, "attempt": attempt})])
            for passed in cast("list[dict[str, Any]]", now):
                if passed["type"] == "delta":
                    shown += passed["content"]
                    sent += passed["content"]
                else:
                    assert shown.endswith(passed["content"])
        parts.append(content)
        change = between[number % len(between)]
        if change in ("discard", "step") and number + 1 < len(blocks):
            split([cast("Event", {"type": change, "attempt": attempt})])
            parts, shown = [], ""
    message = split.message(Message("assistant", tuple(map(Text, parts))))
    assert message["content"] == shown
    assert not sought.spans(sent), "in what was sent, joined"


@pytest.mark.parametrize("form", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_encoded_secrets_are_in_no_piece(form: str, size: int) -> None:
    text = f"<{form}> and {form}."
    pieces = streamed([text[at : at + size] for at in range(0, len(text), size)], [KEY])
    assert "".join(pieces) == masked(text, [KEY])
    assert "".join(pieces).count("[redacted]") == 2
    assert form not in "".join(pieces)


@pytest.mark.parametrize("cut", range(1, len(KEY)))
def test_a_key_in_two_blocks_is_in_neither_nor_in_both(cut: int) -> None:
    for field, part in (("content", Text), ("reasoning", Reasoning)):
        split = SplitSecrets(Sought([KEY]))
        kind = "text" if part is Text else "reasoning"
        told: list[dict[str, Any]] = []
        for index, text in enumerate([f"It is {KEY[:cut]}", f"{KEY[cut:]}, keep it."]):
            told += cast("list[dict[str, Any]]", split([delta(text, field, index), end(text, index, kind=kind)]))
        shown = "".join(event[field] for event in told if event["type"] == "delta")
        assert shown == "".join(event["content"] for event in told if event["type"] == "block_end")
        parts = (part(f"It is {KEY[:cut]}"), part(f"{KEY[cut:]}, keep it."))
        assert dict(split.message(Message("assistant", parts)))[field] == shown
        assert KEY not in shown
        assert KEY[-10:] not in shown
        assert shown.endswith("[redacted], keep it.")


def test_the_size_of_batches_changes_nothing() -> None:
    def block(index: int, pieces: list[str], kind: Any) -> list[Event]:
        field = "content" if kind == "text" else "reasoning"
        start: Event = {"type": "block_start", "kind": kind, "attempt": 1, "index": index}
        return [start, *(delta(piece, field, index) for piece in pieces), end("".join(pieces), index, kind=kind)]

    def shown(events: list[Event], size: int) -> list[tuple[tuple[str, int], str]]:
        split = SplitSecrets(Sought([KEY]))
        passed = [event for at in range(0, len(events), size) for event in split(events[at : at + size])]
        texts: dict[tuple[str, int], str] = {}
        for event in cast("list[dict[str, Any]]", passed):
            place = (event["type"], event["index"])
            texts[place] = texts.get(place, "") + (event.get("content") or event.get("reasoning") or "")
        return list(texts.items())

    for cut in range(1, len(KEY)):
        first, second = [f"It is {KEY[:cut]}"], [KEY[cut:], ", keep it."]
        events = [*block(0, first, "text"), *block(1, ["Hm", "."], "reasoning"), *block(2, second, "text")]
        told = [shown(events, size) for size in range(1, len(events) + 1)]
        assert all(each == told[0] for each in told)
        text = "".join(text for (kind, index), text in told[0] if kind == "delta" and index != 1)
        assert KEY not in text


def test_the_public_part_of_a_key_may_end_an_answer() -> None:
    key = "sk-ant-api03-0123456789abcdefghij"
    assert "".join(streamed(["Such a key begins with sk-ant-", "api03-"], [key])).endswith("sk-ant-api03-")
    assert "".join(streamed(["It begins with sk-ant-", "api03-0"], [key])).endswith("with [redacted]")


@pytest.mark.parametrize("unit", ["\\", "%25", "&amp;", "%61", "s"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    sought = Sought([KEY, "/a\\secret+of%another&kind"])
    text = unit * 100_000
    assert sought.hidden(text) == text
    assert sought.shown("", text).startswith(text[:-30])


def test_a_text_of_very_many_escapes_is_masked_as_a_whole() -> None:
    assert Sought([KEY]).hidden("%61" * 100_001) == "[redacted]"
    assert Sought([KEY]).hidden("%D0" * 100_001) == "%D0" * 100_001


def test_many_secrets_are_found_in_a_long_text() -> None:
    secrets = [f"{number:04}-{KEY[::-1]}" for number in range(300)]
    sought = Sought(secrets)
    text = "The quick brown fox.\n" * 5_000
    assert sought.hidden(text) == text
    assert sought.hidden(f"{text}{secrets[7]}{text}") == f"{text}[redacted]{text}"
    escaped = "".join(f"\\u{ord(char):04x}" for char in secrets[9])
    assert sought.hidden(f"{text}{escaped}{text}") == f"{text}[redacted]{text}"
    assert sought.hidden(f"\\{text}x\\u{escaped}") != f"\\{text}x\\u{escaped}"
