"""What becomes a title: of a model's answer, which is not trusted, and of a prompt."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparewheel.titles import MAX_TITLE, clean, first_words, quoted_prompt, request
from sparewheel.visible import without_hidden

CLEAN = [
    ("Why the sky is blue", "Why the sky is blue"),
    ('"Why the sky is blue."', "Why the sky is blue"),
    ("**Title:** \u201cWhy the sky is blue\u201d\n\nIt is short.", "Why the sky is blue"),
    ("# Why the sky is blue\n", "Why the sky is blue"),
    ("- *Why* the `sky` is __blue__", "Why the sky is blue"),
    ("```\nWhy the sky is blue\n```", "Why the sky is blue"),
    ("<think>A title?\nYes.</think>\n\nWhy the sky is blue", "Why the sky is blue"),
    ("<think>It never ends", ""),
    ("Here is a title:\n\nWhy the sky is blue", "Why the sky is blue"),
    ("Titel: \u201eWarum der Himmel blau ist\u201c", "Warum der Himmel blau ist"),
    ("\u300c\u7a7a\u306f\u306a\u305c\u9752\u3044\u300d\u3002", "\u7a7a\u306f\u306a\u305c\u9752\u3044"),
    ("See [the sky](https://evil.test/x) ![now](data:a)", "See the sky now"),
    ("blue\u202eyks\u202c \u2066sky\u2069\u200b", "blueyks sky"),
    ("a\x1b[31mred\x07\ttitle", "a[31mred title"),
    ("sky\u2028second line", "sky"),
    ("snake_case in 2*3*4", "snake_case in 2*3*4"),
    ("U.S.A. and more...", "U.S.A. and more..."),
    ("'Twas the night", "'Twas the night"),
    ("...", ""),
    ("", ""),
    (" \n\u200b\n", ""),
    ("word " * 100, "word " * 15 + "word\u2026"),
    ("x" * 1000, "x" * 79 + "\u2026"),
]


@pytest.mark.parametrize(("answer", "title"), CLEAN)
def test_an_answer_becomes_one_short_line(answer: str, title: str) -> None:
    assert clean(answer) == title


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("\n\n  # Notes\nmore", "Notes"),
        ("```py\nprint(1)\n```", "print(1)"),
        ("\U0001f44b", "\U0001f44b"),
        ("a\u202eb" + " c" * 100, "ab" + " c" * 38 + "\u2026"),
        ("\u200b\x00", ""),
    ],
)
def test_the_first_words_of_a_prompt(prompt: str, title: str) -> None:
    assert first_words(prompt) == title


@given(st.one_of(st.text(), st.text(alphabet="\"'*_`#>[]()<think/>:. \n\u202e\u200d\ud800a")))
@example("*" * 4000)
@example("[" * 4000)
@example('"' * 4000)
@example("- " * 2000)
def test_any_title_is_one_line_of_what_can_be_seen(text: str) -> None:
    for title in (clean(text), first_words(text)):
        assert len(title) <= MAX_TITLE
        assert title == without_hidden(title) == title.strip()
        assert "\n" not in title
        title.encode()


def test_a_request_is_short_whatever_it_quotes() -> None:
    prompt = "p" * 100_000
    messages = request(prompt, "a" * 100_000)
    assert [message.role for message in messages] == ["system", "user"]
    assert sum(len(message.text) for message in messages) < 4000
    assert quoted_prompt(messages[-1].text) == "p" * 1999 + "\u2026"
