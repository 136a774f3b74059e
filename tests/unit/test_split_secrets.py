"""Secrets that a model repeats in pieces: what the pieces come to is the whole text without them, however it is cut."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparewheel.events import Event
from sparewheel.page.writer import Writer
from sparewheel.redaction.stream import SplitSecrets

KEY = "sk-CANARY-0123456789"
SECRETS = [KEY, "CANARY-0123", "0123456789sk-", "aaaaaaaaab", 'a "quoted" secret']


def delta(text: str, field: str = "content", index: int = 0, **more: Any) -> Event:
    return cast("Event", {"type": "delta", field: text, "attempt": 1, "index": index, **more})


def end(index: int = 0) -> Event:
    return {"type": "block_end", "kind": "text", "content": "", "attempt": 1, "index": index}


def streamed(pieces: list[str], secrets: list[str], batch: int = 1, field: str = "content") -> list[str]:
    split = SplitSecrets(secrets)
    events = [*(delta(piece, field) for piece in pieces), end()]
    passed = [event for at in range(0, len(events), batch) for event in split(events[at : at + batch])]
    assert passed[-1] == end()
    return [cast("dict[str, Any]", event)[field] for event in passed[:-1]]


def masked(text: str, secrets: list[str]) -> str:
    """What the page gets where the text comes whole."""
    writer = Writer()
    writer.hide("all", secrets)
    return str(json.loads(writer.write({"text": text}))["text"])


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
    split = SplitSecrets([KEY])
    calls = [
        cast("Event", {"type": "tool_call_delta", "id": f"c{index}", "name": "x", "arguments": piece, "attempt": 1}
             | {"index": index})
        for piece in (KEY[:5], KEY[5:])
        for index in (0, 1)
    ]  # fmt: skip
    told = cast("list[dict[str, Any]]", split([*calls, end(0), end(1)]))
    assert [event["arguments"] for event in told if "arguments" in event] == ["[redacted]"] * 2
    assert split([delta(KEY[:5], task="a")]) + split([delta(KEY[:5], task="b")]) == []
    told = cast("list[dict[str, Any]]", split([delta("!", task="a"), delta("!", task="b")]))
    assert [event["content"] for event in told] == [f"{KEY[:5]}!"] * 2


@pytest.mark.parametrize("kind", ["finish", "error", "aborted"])
def test_nothing_waits_beyond_the_turn(kind: str) -> None:
    split = SplitSecrets([KEY])
    assert split([delta("sk-")]) == []
    last = cast("Event", {"type": kind})
    assert split([last]) == [delta("sk-"), last]


def test_what_cannot_be_a_secret_is_not_delayed() -> None:
    batch = [delta("no such"), delta(" thing")]
    assert SplitSecrets([KEY])(batch) is batch
    batch = [delta("sk-")]
    assert SplitSecrets(["short"])(batch) is batch
