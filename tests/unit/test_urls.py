"""URLs outside browsers: hosts as Node's `URL` has them, for a table and for random ones."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Final

import pytest

from sparewheel.transports.base import Url
from sparewheel.transports.native_urls import read_url as read_natively
from sparewheel.transports.urls import read_url
from tests.support.hosts import PRIVATE, PUBLIC, READ, UNREADABLE

_ORACLE: Final = """
const urls = JSON.parse(require("fs").readFileSync(0, "utf8"));
const host = (url) => { try { return new URL(url).host; } catch { return null; } };
console.log(JSON.stringify(urls.map(host)));
"""
_LABELS: Final = [*"xn--bcher-kva xn--fa-hia xn--ls8h XN--80AK6AA92E xn-- xn--a 0x7f 0177 256 1".split(), ""]
# Without right-to-left letters: Node applies the rule for them to single labels, not to all of a name's.
_PIECES: Final = [
    *"a B 1 0 0x - _ ß ü é K ﬁ ² Ⅷ ς Σ ℡ № ℀ 日本 ไทย 💩 %41 %2e %c3%bc %00 % ! * $ & ' ( , ; = ~ ` { \" < ^ |".split(),
    *"\u017f \u0130 \u0131 \uff11 \uff41 \u00ad \u2060 \ufeff \u0301 u\u0308 \u3002 \uff0e \u2024".split(" "),
]
_PORTS: Final = ["", "", "", ":80", ":", ":443", ":8080", ":00080", ":70000", ":a"]


def by_node(urls: list[str]) -> list[str | None]:
    """Host and port of each URL, None for what is not a URL."""
    done = subprocess.run(["node", "-e", _ORACLE], input=json.dumps(urls), capture_output=True, text=True, check=True)
    hosts: list[str | None] = json.loads(done.stdout)
    return hosts


def natively(url: str) -> str | None:
    try:
        return read_natively(url).origin.partition("//")[2]
    except ValueError:
        return None


def random_url(source: random.Random) -> str:
    labels = [
        source.choice(_LABELS) if source.random() < 0.3 else "".join(source.choices(_PIECES, k=source.randint(1, 4)))
        for _ in range(source.randint(1, 3))
    ]
    return f"{source.choice(['http', 'HTTPS'])}://{'.'.join(labels)}{source.choice(_PORTS)}/"


def test_the_table_is_what_the_standard_says() -> None:
    urls = [url.strip() for url, _ in READ]
    assert [natively(url) for url in urls] == by_node(urls)
    assert by_node(UNREADABLE) == [natively(url) for url in UNREADABLE] == [None] * len(UNREADABLE)
    hosts = [f"http://{host}/" for host in PRIVATE + PUBLIC]
    assert [natively(url) for url in hosts] == by_node(hosts)


@pytest.mark.parametrize("seed", range(3))
def test_random_hosts_are_read_as_node_reads_them(seed: int) -> None:
    source = random.Random(seed)
    urls = [random_url(source) for _ in range(3_000)]
    theirs = by_node(urls)
    assert sum(host is not None for host in theirs) > 500
    different = [(url, host, natively(url)) for url, host in zip(urls, theirs, strict=True) if natively(url) != host]
    assert different == []


def test_the_parts_of_a_url() -> None:
    assert read_url("HTTP://[::1]:8080/a b/?c d#e") == Url("http", "::1", 8080, "/a%20b/", "?c%20d")
    assert read_url("https://a.example") == Url("https", "a.example", None, "/", "")
    assert read_url("https://a.example:443?").origin == "https://a.example"


@pytest.mark.parametrize(
    "url", ["", "a.example", "http:a.example", "http:///a.example", "http:\\\\a", "ftp://a", "//a"]
)
def test_only_absolute_http_urls_are_read(url: str) -> None:
    with pytest.raises(ValueError):
        read_url(url)
