"""Which addresses tools may ask: one reading of every URL, and rules that no spelling gets around."""

from __future__ import annotations

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolError
from sparewheel.tools.web.addresses import AddressRules, normalise

OPEN = AddressRules(private=True)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://example.com", "https://example.com/"),
        (" HTTPS://Example.COM:443/A?b=c#d ", "https://example.com/A?b=c"),
        ("http://example.com:8080/%20ü?q=ü", "http://example.com:8080/%20%C3%BC?q=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://\uff25xample\u3002com/", "https://example.com/"),
        ("https://example.com./", "https://example.com/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://0x7f.0.0.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://\uff11\uff12\uff17.\uff10.\uff10\uff0e\uff11/", "http://127.0.0.1/"),
        ("http://[::1]:9/", "http://[::1]:9/"),
        ("http://[::ffff:127.0.0.1]/", "http://127.0.0.1/"),
        ("http://[0:0::0:1]/", "http://[::1]/"),
    ],
)
def test_a_url_has_one_form(url: str, sent: str) -> None:
    assert OPEN.check(url) == sent
    assert OPEN.check(sent) == sent


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "only http:// and https:// URLs can"),
        ("example.com", "only http:// and https:// URLs can"),
        ("//example.com", "only http:// and https:// URLs can"),
        ("file:///etc/passwd", "only http:// and https:// URLs can"),
        ("javascript:alert(1)", "only http:// and https:// URLs can"),
        ("data:text/html,x", "only http:// and https:// URLs can"),
        ("demo://models/hello", "only http:// and https:// URLs can"),
        ("https://user:secret@example.com/", "The URL holds a user name or password. Leave it out."),
        ("https://good.example@evil.example/", "The URL holds a user name or password. Leave it out."),
        ("https://good.example\\@evil.example/", "a space, a backslash or a control character"),
        ("https://exa\tmple.com/", "a space, a backslash or a control character"),
        ("https://example.com/\0", "a space, a backslash or a control character"),
        ("https://example.com:99999/", "is not a URL"),
        ("https://[::1/", "is not a URL"),
        ("https://[fe80::1%25eth0]/", "is not a host"),
        ("https:///path", "'' is not a host"),
        ("https://%6cocalhost/", "is not a host"),
        ("https://a..b/", "is not a host"),
        ("https://-a.example/", "is not a host"),
        ("https://exa mple.com/", "a space, a backslash or a control character"),
        ("http://1.2.3.4.5/", "is not a host"),
        ("http://256.1.1.1/", "is not a host"),
        ("http://08.1.1.1/", "is not a host"),
        ("http://example.1/", "is not a host"),
        ("http://" + "9" * 5_000 + "/", "is not a host"),
        ("https://example.com/" + "x" * 9_000, "The URL is longer than 8000 characters."),
    ],
)
def test_what_is_no_url_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ToolError) as caught:
        OPEN.check(url)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "a.localhost",
        "LOCALHOST.",
        "printer.local",
        "router",
        "metadata.google.internal",
        "nas.home.arpa",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "0",
        "[::]",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::1]",
    ],
)
def test_private_addresses_need_leave(host: str) -> None:
    with pytest.raises(ToolError, match="is in a private network, which needs allow_private_ips: true"):
        AddressRules().check(f"http://{host}/")
    assert OPEN.check(f"http://{host}/")


@pytest.mark.parametrize(
    "host", ["example.com", "8.8.8.8", "[2606:4700::1111]", "localhost.example.com", "[64:ff9b::808:808]"]
)
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


def test_a_name_that_two_standards_write_differently_is_sent_as_it_was_checked() -> None:
    # IDNA 2003 makes "ss" of it; a browser, left with the original, would go elsewhere.
    assert AddressRules(allowed=("strasse.example",)).check("https://straße.example/") == "https://strasse.example/"


@pytest.mark.parametrize("pattern", ["", "foo.*", "*foo*", "https://example.com", "10.0.0.0/99", "exa mple.com"])
def test_what_is_no_domain_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is not a domain"):
        AddressRules(blocked=(pattern,))


def test_an_allowed_address_is_still_private() -> None:
    with pytest.raises(ToolError, match="private network"):
        AddressRules(allowed=("10.0.0.0/8",)).check("http://10.0.0.1/")


def test_the_host_comes_with_the_url() -> None:
    assert normalise("https://[::1]:8/x") == ("https://[::1]:8/x", "::1")
