"""HTML as text."""

from __future__ import annotations

import asyncio
import time

import pytest

from sparewheel.tools.web import html_text
from sparewheel.tools.web.html_text import _Reader, html_to_text

PAGE = """<!doctype html><html><head><title>Tea &amp; more</title><style>p {color: red}</style>
<script>var x = "<p>no</p>";</script></head><body>
<nav><ul><li><a href="/home">Home</a></li><li>About</li></ul></nav>
<h1>Green   <em>tea</em></h1>
<p>It is <b>good</b>,
see <a href="https://example.com/tea">here</a> or <a href="javascript:x()">there</a>.</p>
<table><tr><th>Kind</th><th>Min</th></tr><tr><td>Sencha</td><td>2</td></tr></table>
<pre>a
  b</pre><noscript>no</noscript><svg><text>no</text></svg><p>end<br>line
"""

TEXT = """Tea & more
- Home
- About

Green tea

It is good, see here or there.

Kind | Min
Sencha | 2

a
  b

end
line"""

MARKDOWN = """Tea & more
- [Home](/home)
- About

# Green *tea*

It is **good**, see [here](https://example.com/tea) or there.

Kind | Min
Sencha | 2

a
  b

end
line"""


async def test_a_page_as_text_and_as_markdown() -> None:
    assert await html_to_text(PAGE) == TEXT
    assert await html_to_text(PAGE, markdown=True) == MARKDOWN


async def test_pieces_of_a_large_page_are_put_together() -> None:
    words = " ".join(f"wörd{number}" for number in range(20_000))
    assert await html_to_text(f"<p>{words}</p>") == words


async def test_others_run_while_a_large_page_is_read() -> None:
    page = asyncio.create_task(html_to_text("<p>x</p>" * 50_000))
    ticks = 0
    while not page.done():
        await asyncio.sleep(0)
        ticks += 1
    assert ticks > 10


@pytest.mark.parametrize("size", [1, 3, 20, 32_768])
async def test_references_of_any_length_are_read_across_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_text, "_PIECE", size)
    texts = ["a&#" + "9" * 5_000 + ";b", "&#" + "0" * 5_000 + "65;", "a&#65", "a&", "a&#", "<!--&#9--> &#" + "1" * 30]
    assert [await html_to_text(text) for text in texts] == ["a\ufffdb", "A", "aA", "a&", "a&#", "\ufffd"]


async def test_text_that_may_always_end_in_a_reference_is_not_held_back() -> None:
    reader = _Reader(markdown=False)
    for _ in range(10):
        reader.take("&amp&lt" * 10_000)
        assert len(reader.rawdata) < 100_000
    assert reader.text() == "&<" * 100_000


@pytest.mark.parametrize(
    "piece",
    ["<", "</", "<!", "<!--", "<a ", "<a href='", "&#", "&#x110000;", "<![CDATA[", "<?", "<script>", "<pre>", "</pre>",
     "<svg>", "</svg>", "<a href=x>", "</a>", "<td>", "<div>", "\0", "<p/>"],
)  # fmt: skip
async def test_no_page_is_too_odd(piece: str) -> None:
    start = time.process_time()
    assert isinstance(await html_to_text(piece * (1_000_000 // len(piece)), markdown=True), str)
    assert time.process_time() - start < 30  # not a speed limit: quadratic would be an hour


async def test_a_marked_section_is_a_comment() -> None:
    for section in ("<![[[[", "<![CDATA[x]]", "<![if IE]", "<![", "<![ %a; [ ]]"):
        assert await html_to_text(f"<p>before {section}><p>after") == "before\nafter"


async def test_an_embedded_image_is_passed_over() -> None:
    image = f'<img src="data:image/png;base64,{"A" * 200_000}">'
    comment = f"<!-- {'<b>no</b>' * 20_000} -->"
    assert await html_to_text(f"<p>before{image}after</p>{comment}<p>end") == "beforeafter\n\nend"
