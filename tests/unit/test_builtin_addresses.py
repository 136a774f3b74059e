"""Which addresses tools may request: one reading of every URL, and rules that no spelling gets around."""

from __future__ import annotations

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolError
from sparewheel.tools.web.addresses import AddressRules
from tests.support.hosts import PRIVATE, PUBLIC, READ, REFUSED, UNREADABLE

OPEN = AddressRules(private=True)


@pytest.mark.parametrize(("url", "sent"), READ)
def test_a_url_has_one_form(url: str, sent: str) -> None:
    assert str(OPEN.check(url)) == sent
    assert str(OPEN.check(sent)) == sent


@pytest.mark.parametrize(
    ("url", "problem"), [*REFUSED, *((url, "its host or its port is not valid") for url in UNREADABLE)]
)
def test_what_is_no_url_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ToolError) as caught:
        OPEN.check(url)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_need_leave(host: str) -> None:
    with pytest.raises(ToolError, match="is in a private network, which needs allow_private_ips: true"):
        AddressRules().check(f"http://{host}/")
    assert OPEN.check(f"http://{host}/")


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_do_not(host: str) -> None:
    assert AddressRules().check(f"http://{host}/")


@pytest.mark.parametrize(
    ("pattern", "hosts", "others"),
    [
        ("example.com", ["example.com", "a.example.com", "EXAMPLE.com."], ["badexample.com", "example.com.evil.net"]),
        ("Example.COM.", ["example.com"], ["example.org"]),
        (".example.com", ["a.example.com"], ["example.com", "badexample.com"]),
        ("*.example.com", ["a.b.example.com"], ["example.com"]),
        ("bücher.example", ["bücher.example", "xn--bcher-kva.example"], ["bucher.example"]),
        ("10.0.0.0/8", ["10.1.2.3", "[::ffff:10.1.2.3]"], ["11.0.0.1", "a.example"]),
        ("1.2.3.4", ["1.2.3.4", "0x01020304", "[::ffff:1.2.3.4]"], ["1.2.3.5", "4.1.2.3"]),
        ("[2606::1]", ["[2606:0::1]"], ["[2606::2]"]),
        ("fc00::/7", ["[fd12::1]"], ["[2606::1]"]),
    ],
)
def test_domains_are_allowed_and_blocked(pattern: str, hosts: list[str], others: list[str]) -> None:
    allowing = AddressRules(allowed=(pattern,), private=True)
    blocking = AddressRules(blocked=(pattern,), private=True)
    for host in hosts:
        assert allowing.check(f"https://{host}/")
        with pytest.raises(ToolError, match="is blocked by blocked_domains"):
            blocking.check(f"https://{host}/")
    for host in others:
        assert blocking.check(f"https://{host}/")
        with pytest.raises(ToolError, match="is not in allowed_domains"):
            allowing.check(f"https://{host}/")


def test_a_name_is_not_taken_for_its_transcription() -> None:
    rules = AddressRules(allowed=("strasse.example",))
    with pytest.raises(ToolError, match=r"xn--strae-oqa\.example is not in allowed_domains"):
        rules.check("https://straße.example/")


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".",
        "*",
        "foo.*",
        "*foo",
        "*foo*",
        "https://example.com",
        "10.0.0.0/99",
        "exa mple.com",
        "a.b:80",
        "a@b.c",
        "a?b",
        "[::1]:80",
    ],
)
def test_what_is_no_domain_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is not a domain"):
        AddressRules(blocked=(pattern,))


def test_an_allowed_address_is_still_private() -> None:
    with pytest.raises(ToolError, match="private network"):
        AddressRules(allowed=("10.0.0.0/8",)).check("http://10.0.0.1/")
