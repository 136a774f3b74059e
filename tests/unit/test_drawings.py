"""Which SVG counts as a picture only."""

from __future__ import annotations

import time

import pytest

from sparewheel.drawings import is_picture

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    "inside",
    [
        "<path d='M0 0'/>",
        "<title>only = 3 &amp; on time</title>",
        '<style type="text/css">.a { fill: url(#g) }</style>',
        '<use xlink:href="#a"/><image href="data:image/png;base64,AAAA"/>',
        "<g><text>&#10;&lt;b&gt;</text></g>",
        "<style><![CDATA[.b { stroke: red }]]></style>",
        '<animate attributeName="opacity" values="0;1"/>',
    ],
)
def test_pictures(inside: str) -> None:
    assert is_picture(f'<?xml version="1.0" encoding="utf-8"?>\n<svg {NS}>{inside}</svg>'.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<SCRIPT >1</SCRIPT>",
        "<x:script xmlns:x='http://www.w3.org/2000/svg'>1</x:script>",
        f"<{'x' * 2000}:script>1</{'x' * 2000}:script>",
        "<g onload='1'/>",
        '<g fill=">"\nonclick = "1"/>',
        "<g/onload='1'/>",
        "<foreignObject><p/></foreignObject>",
        '<a href="#x"><path/></a>',
        '<image href="https://x.test/a.png"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        '<use xlink:href="&#106;avascript:1"/>',
        '<use href="/a.svg#b"/>',
        "<set attributeName='href' to='#'/>",
        '<animate attributeName="xlink:href" values="javascript:1"/>',
        "<style>@import 'https://x.test'</style>",
        "<rect fill='url(https://x.test/a)'/>",
        "<rect fill='url&#40;https://x.test/a)'/>",
        "<rect fill='&#x75;rl(https://x.test/a)'/>",
        "<style>.a { fill: u\\72l(https://x.test) }</style>",
        '<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="https://x.test"/>',
        '<h:img xmlns:h="http://www.w3.org/1999/&#x78;html"/>',
        "<text>\0</text>",
    ],
)
def test_what_is_more_than_a_picture(inside: str) -> None:
    assert not is_picture(f"<svg {NS}>{inside}</svg>".encode())


@pytest.mark.parametrize(
    "whole",
    [
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
        b'<?xml-stylesheet href="#a"?><svg/>',
        b'<?xml version="1.0" encoding="utf-7"?><svg/>',
        "<svg><script>1</script></svg>".encode("utf-16"),
        b"\xff<svg/>",
    ],
)
def test_odd_documents(whole: bytes) -> None:
    assert not is_picture(whole)


@pytest.mark.parametrize("part", ["<", "<svg ", " on", "xmlns", "&#x", "href=", "url( ", 'attributeName="', " "])
def test_a_large_one_is_read_at_once(part: str) -> None:
    began = time.process_time()
    is_picture((part * 100_000).encode())
    assert time.process_time() - began < 5  # a pattern that backtracks would take minutes
