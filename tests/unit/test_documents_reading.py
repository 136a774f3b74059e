"""Documents of every kind, divided into passages: bounded, and never an error but `Unreadable`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NullObject

from sparewheel.slices import run_at_once
from sparewheel.tools.documents.passages import Section, Unreadable, divide
from sparewheel.tools.documents.pdf_streams import MAX_STREAM, is_too_large
from sparewheel.tools.documents.reading import read_sections
from tests.support.pdfs import data_url, pdf, pdf_of

MARKDOWN = """---
title: no heading
---
Before.

# Leave #
All of it.
```
# no heading
```
## Holidays
25 days.

Sick leave
----------
Call.
# Pay
- item
---
"""


async def places(name: str, content: str, size: int = 1500) -> list[tuple[str, str]]:
    return [(section.heading, section.text) for section in await read_sections(name, content, size)]


async def test_headings_begin_sections() -> None:
    found = await read_sections("a.md", MARKDOWN, 1500)
    assert [section.heading for section in found] == ["", "Leave", "Leave > Holidays", "Leave > Sick leave", "Pay"]
    assert "".join(section.text for section in found) == MARKDOWN
    assert all(MARKDOWN[section.start :].startswith(section.text) for section in found)


async def test_headings_with_windows_line_ends() -> None:
    found = await places("a.md", MARKDOWN.replace("\n", "\r\n"))
    assert [heading for heading, _ in found] == ["", "Leave", "Leave > Holidays", "Leave > Sick leave", "Pay"]


async def test_html_has_its_headings_and_no_scripts() -> None:
    html = "<!doctype html><title>Manual</title><script>alert(1)</script><h1>Leave</h1><p>25 days<h2>Sick</h2>Call."
    expected = [("", "Manual\n"), ("Leave", "# Leave\n\n25 days\n"), ("Leave > Sick", "## Sick\n\nCall.")]
    assert [(heading, text.replace("\n\n", "\n")) for heading, text in await places("a.html", html)] == [
        (heading, text.replace("\n\n", "\n")) for heading, text in expected
    ]
    assert await places("https://a.test/page", html) == await places("a.html", html)


async def test_rows_have_the_names_of_their_columns() -> None:
    table = 'name;days\n"Ann; B.";25\n\nBo;30;extra\n'
    assert await places("a.csv", table) == [("rows 2 to 4", "name: Ann; B. | days: 25\nname: Bo | days: 30 | extra")]
    assert [heading for heading, _ in await places("a.csv", "a,b\n" + "1,2\n" * 9, 40)] == [
        "rows 2 to 4",
        "rows 5 to 7",
        "rows 8 to 10",
    ]


async def test_values_have_their_paths() -> None:
    value = [{"name": "Ann", "days": {"left": [25, None], "paid": True}}, "plain"]
    text = "name: Ann\ndays.left[0]: 25\ndays.left[1]: null\ndays.paid: true\nplain"
    assert await places("a.json", json.dumps(value)) == [("items 1 to 2", text)]
    assert await places("a.jsonl", '{"a": 1}\n\n{"a": 2}') == [("items 1 to 2", "a: 1\na: 2")]
    assert await places("a.json", '{"a": {"b": "c"}}') == [("", "a.b: c")]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
async def test_only_line_ends_end_rows(sign: str) -> None:
    if sign >= "\x80":  # JSON allows no control characters
        lines = f'{{"a": "x{sign}y"}}\r\n{{"a": "z"}}\r'
        assert await places("a.jsonl", lines) == [("items 1 to 2", f"a: x{sign}y\na: z")]
    table = f"name,days\rAnn,x{sign}y\r\nBo,2\n"
    assert await places("a.csv", table) == [("rows 2 to 3", f"name: Ann | days: x{sign}y\nname: Bo | days: 2")]


async def test_pages_of_a_pdf() -> None:
    content = data_url(pdf("First page", "", "Third page"))
    found = await read_sections("a.pdf", content, 1500)
    assert [(section.text.strip(), section.page) for section in found] == [("First page", 1), ("Third page", 3)]
    assert await read_sections("no-ending", content.replace("application/pdf", "application/octet-stream"), 9) == found


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (data_url(b"%PDF-1.4\n" + b"\0" * 2000), "it is damaged or not supported"),
        (data_url(pdf("text")[:-300]), "it is damaged or not supported"),
        (data_url(pdf("")), "it has no text, only pictures"),
        (data_url(pdf_of(b"BT /F1 1 Tf (bomb) Tj ET " + b"q Q " * 10_000_000)), "page 1 draws too much"),
        (data_url(pdf_of(b"BT /F1 1 Tf (ok) Tj ET", b"BT /F1 1 Tf <" + b"61" * MAX_STREAM)), "page 2 draws too much"),
        (data_url(pdf_of(b"q Q " * 70_000)), "page 1 draws too much"),
        (data_url(pdf(*["page"] * 3001)), "it has 3001 pages, and 3000 are read"),
        ("%PDF-1.4 as text", "it is a PDF, but came as text"),
        ("data:application/pdf,%25PDF", "it is a data: URL without base64"),
        ("data:application/pdf;base64,%%%", "its base64 is damaged"),
    ],
    ids="header cut empty bomb operator operators pages text encoded damaged".split(),
)
async def test_pdfs_that_cannot_be_read(content: str, problem: str) -> None:
    with pytest.raises(Unreadable) as caught:
        await read_sections("a.pdf", content, 1500)
    assert str(caught.value).startswith(problem)


def stream(size: int, **keys: Any) -> Any:
    made = DecodedStreamObject()
    made.set_data(b"a" * size)
    made.update({NameObject(f"/{key}"): value for key, value in keys.items()})
    return made


def named(**values: Any) -> Any:
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in values.items()})


def form(size: int, **resources: Any) -> Any:
    return stream(size, Subtype=NameObject("/Form"), Resources=named(**resources))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (named(Contents=stream(MAX_STREAM)), False),
        (named(Contents=stream(MAX_STREAM + 1)), True),
        (named(Contents=ArrayObject([stream(MAX_STREAM), stream(MAX_STREAM)])), False),
        (named(Contents=ArrayObject([stream(MAX_STREAM)] * 9)), False),
        (named(Contents=ArrayObject([stream(MAX_STREAM) for _ in range(5)])), True),
        (named(Resources=named(Font=named(F=named(ToUnicode=stream(MAX_STREAM + 1))))), True),
        (named(Resources=named(XObject=named(P=stream(MAX_STREAM * 9, Subtype=NameObject("/Image"))))), False),
        (named(Resources=named(XObject=named(X=form(1, XObject=named(X=form(MAX_STREAM + 1)))))), True),
        (named(Resources=named(XObject=named(X=form(1, Font=named(F=named(ToUnicode=stream(10**6))))))), True),
        (named(Contents=ArrayObject([NullObject()]), Resources=NullObject()), False),
    ],
)
def test_the_streams_of_a_page_are_measured_before_it_is_read(page: Any, expected: bool) -> None:
    assert is_too_large(page) is expected


def test_a_form_that_draws_itself_is_measured_once() -> None:
    own = form(1)
    own[NameObject("/Resources")] = named(XObject=named(X=own))
    assert not is_too_large(named(Resources=named(XObject=named(X=own))))


async def test_halves_of_surrogate_pairs_are_replaced() -> None:
    """No store and no model can have them."""
    assert await places("a.md", "# \ud800\nx \udfff") == [("\ufffd", "# \ufffd\nx \ufffd")]
    assert await places("a.csv", "a,b\n\ud800,2") == [("row 2", "a: \ufffd | b: 2")]
    [(_, text)] = await places("a.pdf", data_url(pdf_of(b"BT /F1 9 Tf (hi) Tj ET", character=b"D800")))
    assert text == "\ufffdi"


async def test_a_damaged_pdf_writes_no_log(caplog: pytest.LogCaptureFixture) -> None:
    damaged = b"%PDF-1.7\n1 0 obj\n" + b"<< /A " * 1000 + b"\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF"
    with pytest.raises(Unreadable, match="it is damaged"):
        await read_sections("a.pdf", data_url(damaged), 1500)
    assert caplog.records == []


async def test_bytes_of_texts() -> None:
    assert await places("a.md", data_url("# Ü\nx".encode("utf-16"), "text/plain")) == [("Ü", "# Ü\nx")]
    assert await places("a", data_url(b"# A\nx", "text/markdown")) == [("A", "# A\nx")]
    with pytest.raises(Unreadable, match="it is not text"):
        await read_sections("a.docx", data_url(b"PK\x03\x04\0\0", "application/msword"), 9)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'a,b\n"' + "x" * 200_000),  # a field without an end
        ("a.csv", "a,b\n" + "," * 2000),
        ("a.csv", "one column\nonly"),
        ("a.json", "[" * 3000),
        ("a.json", "{"),
        ("a.jsonl", "{}\nnot json"),
    ],
    ids=range(6),
)
async def test_what_is_not_of_its_kind_is_text(name: str, content: str) -> None:
    assert await places(name, content) == [("", content)]


async def test_long_names_are_not_repeated_endlessly() -> None:
    deep = '{"' + "k" * 5000 + '": ' + json.dumps(dict.fromkeys(map(str, range(2000)), 1)) + "}"
    for name, content in (("a.json", deep), ("a.csv", "n" * 5000 + ",b\n" + "1,2\n" * 2000)):
        assert sum(len(text) for _, text in await places(name, content)) < 1_000_000


async def test_too_many_headings() -> None:
    with pytest.raises(Unreadable, match="more than 50000 headings"):
        await read_sections("a.md", "# a\n" * 60_000, 1500)


def passages(text: str, size: int, overlap: int = 0, *, by_words: bool = True) -> list[str]:
    return [each.text for each in run_at_once(divide("a", [Section(text)], size, overlap, by_words=by_words))]


def test_passages_end_where_a_text_does() -> None:
    assert passages("One two. Three four.\n\nFive six seven.", 30) == ["One two. Three four.\n\n", "Five six seven."]
    assert passages("One two three. Four five six.", 20) == ["One two three. ", "Four five six."]
    assert passages("one two three four five", 12, 5) == ["one two ", "two three ", "four five"]
    assert passages("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert passages("one two three", 5, 2, by_words=False) == ["one t", " two ", "o thr", "hree"]


@given(st.text(st.sampled_from("ab .\n\u3002"), max_size=300), st.integers(1, 40), st.integers(0, 19), st.booleans())
def test_passages_cover_the_text(text: str, size: int, overlap: int, by_words: bool) -> None:
    overlap = min(overlap, (size - 1) // 2)
    found = run_at_once(divide("a", [Section(text, start=5)], size, overlap, by_words=by_words))
    covered: set[int] = set()
    for passage in found:
        assert 0 < len(passage.text) <= size
        assert text[passage.start - 5 : passage.end - 5] == passage.text
        covered.update(range(passage.start - 5, passage.end - 5))
    assert all(text[at].isspace() for at in range(len(text)) if at not in covered)


def test_too_many_passages() -> None:
    with pytest.raises(Unreadable, match=r"choose a larger chunking\.size"):
        run_at_once(divide("a", [Section("ab" * 60_000)], 1, 0, by_words=False))
