"""Whatever the classifier is given, it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.classify import classify
from sparewheel.errors import KINDS, RETRYABLE
from sparewheel.redaction.redact import redact

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "status", "details", "metadata", "raw", "retryDelay", "headers"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=400)
@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_any_input_gives_an_answer(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> None:
    info = classify(a, b, c, d, e, url=f, now=a, exception_name=b, key_name=c)
    assert info.kind in KINDS
    assert info.message and info.hint and len(info.message) <= 500
    assert info.retry_after is None or (info.kind in RETRYABLE and 0 <= info.retry_after <= 86_400)
    json.dumps([info.message, info.hint]).encode()


@pytest.mark.parametrize(
    "piece",
    [
        '{"error":',
        "[",
        '"message": "',
        "model ",
        "request too large for ",
        "try again in 1s ",
        "1m",
        "?key=a",
        "\\",
        "://a:",
    ],
)
def test_huge_and_deep_input_is_answered(piece: str) -> None:
    text = piece * 100_000
    assert classify(400, body=text).kind in KINDS
    assert classify(message=text).kind in KINDS
    assert len(redact(text)) > 0
