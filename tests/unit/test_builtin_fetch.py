"""The `fetch` toolset."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError, ErrorInfo, TransportError
from sparewheel.tools.base import ToolResult
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.builtintools import call, flags, opened, services
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from sparewheel.transports.base import HttpRequest

Site = dict[str, LocalResponse]


def page(body: str | bytes, kind: str = "text/plain", status: int = 200, **headers: str) -> LocalResponse:
    data = body if isinstance(body, bytes) else body.encode()
    return LocalResponse(status, {"content-type": kind, **headers}, data)


def web(site: Mapping[str, LocalResponse], **options: Any) -> tuple[Any, MockTransport]:
    """A fetch toolset before a site of these URLs, and the transport."""
    of = services(lambda request: site[request.url])
    assert isinstance(of.transport, MockTransport)
    return opened("fetch", of, **options), of.transport


async def fetched(site: Mapping[str, LocalResponse], *urls: str, **arguments: Any) -> ToolResult:
    toolset, transport = web(site)
    result = await call(toolset, "fetch", urls=list(urls), **arguments)
    assert transport.open == 0
    return result


def sent(request: HttpRequest) -> tuple[str, str, dict[str, str], bytes]:
    return request.method, request.url, dict(request.headers), request.body


async def test_a_text_is_fetched_as_it_is() -> None:
    toolset, transport = web({"https://a.example/x": page('{"a": 1}', "application/json")})
    result = await call(toolset, "fetch", urls=["https://a.example/x#part"])
    assert result == ToolResult('https://a.example/x (status 200, application/json), 8 characters:\n\n{"a": 1}')
    accept = "text/plain, text/markdown;q=0.9, text/html;q=0.8, */*;q=0.1"
    assert [sent(request) for request in transport.requests] == [
        ("GET", "https://a.example/x", {"Accept": accept}, b"")
    ]
    assert await flags(toolset) == {"fetch": ""}


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("text", "Tea\n\nGood"), ("markdown", "# Tea\n\nGood"), ("html", "<h1>Tea</h1><p>Good</p>")],
)
async def test_html_comes_as_it_is_wanted(wanted: str, text: str) -> None:
    site = {"https://a.example/": page("<h1>Tea</h1><p>Good</p>", "text/html; charset=utf-8")}
    result = await fetched(site, "https://a.example", format=wanted)
    assert result == ToolResult(f"https://a.example/ (status 200, text/html), {len(text)} characters:\n\n{text}")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("é".encode(), "text/plain"),
        ("\ufeffé".encode(), "text/plain"),
        ("é".encode("latin-1"), "text/plain; charset=ISO-8859-1"),
        ("é".encode("utf-16"), 'text/plain; charset="utf-16"'),
        ("é".encode(), "text/plain; charset=punycode"),
        ("é".encode(), ""),
        ("é".encode(), "application/octet-stream"),
        ("é".encode(), "application/vnd.api+json"),
    ],
)
async def test_texts_are_decoded(body: bytes, kind: str) -> None:
    result = await fetched({"https://a.example/": page(body, kind)}, "https://a.example/")
    assert result.output.endswith(", 1 characters:\n\né")


async def test_html_may_say_its_charset_itself() -> None:
    body = '<meta charset="windows-1252"><p>é'.encode("cp1252")
    result = await fetched({"https://a.example/": page(body, "text/html")}, "https://a.example/")
    assert result.output.endswith("\n\né")


@pytest.mark.parametrize(("kind", "named"), [("image/png", "image/png"), ("", "an unknown type")])
async def test_what_is_no_text_is_said_to_be_none(kind: str, named: str) -> None:
    result = await fetched({"https://a.example/i": page(b"\x89PNG\0\0", kind)}, "https://a.example/i")
    head = f"https://a.example/i (status 200{', ' + kind if kind else ''})"
    assert result == ToolResult(f"{head}: not text, but 6 bytes of {named}, which cannot be read.", is_error=True)


async def test_a_long_text_is_read_on_without_asking_again() -> None:
    text = "".join(f"{number:9}\n" for number in range(7_000))
    toolset, transport = web({"https://a.example/": page(text)})
    first = (await call(toolset, "fetch", urls=["https://a.example/"])).output
    head = "https://a.example/ (status 200, text/plain), 70000 characters:\n\n"
    note = "\n\n[Characters 0 to 30000 of 70000; call again with offset 30000 to read on.]"
    assert first == head + text[:30_000] + note
    second = (await call(toolset, "fetch", urls=["https://a.example/"], offset=30_000)).output
    third = (await call(toolset, "fetch", urls=["https://a.example/"], offset=60_000)).output
    assert second.startswith(head + text[30_000:60_000] + "\n\n[Characters 30000 to 60000 of 70000;")
    assert third == head + text[60_000:]
    beyond = (await call(toolset, "fetch", urls=["https://a.example/"], offset=70_000)).output
    assert beyond == (
        "https://a.example/ (status 200, text/plain): ends at 70000 characters; there is nothing from 70000 on."
    )
    assert len(transport.requests) == 1


async def test_a_body_is_read_to_its_limit() -> None:
    def endless() -> Any:
        while True:
            yield b"x" * 65_536

    of = services(lambda _: LocalResponse(200, {"content-type": "text/plain"}, endless()))
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"], offset=1_048_570)
    assert result == ToolResult(
        "https://a.example/ (status 200, text/plain), only its first 1048576 bytes, 1048576 characters:\n\nxxxxxx"
    )


async def test_several_urls_share_the_room() -> None:
    site = {"https://a.example/": page("x" * 20_000), "https://b.example/": page("b")}
    result = await fetched(site, "https://a.example/", "https://b.example/", "https://a.example/", "ftp://c.example")
    assert result == ToolResult(
        "https://a.example/ (status 200, text/plain), 20000 characters:\n\n" + "x" * 10_000 + "\n\n"
        "[Characters 0 to 10000 of 20000; call again with offset 10000 to read on.]\n\n"
        "https://b.example/ (status 200, text/plain), 1 characters:\n\nb\n\n"
        "'ftp://c.example' could not be fetched: "
        "'ftp://c.example' cannot be requested: only http:// and https:// URLs can."
    )


async def test_an_error_of_the_site_is_an_error() -> None:
    result = await fetched({"https://a.example/": page("<h1>Gone</h1>", "text/html", 404)}, "https://a.example/")
    assert result == ToolResult(
        "https://a.example/ (status 404, text/html): the site answered with an error.\n\nGone", is_error=True
    )


@pytest.mark.parametrize("urls", [[], [""], ["https://a.example/"] * 11])
async def test_urls_are_counted(urls: list[str]) -> None:
    assert (await fetched({}, *urls)).is_error


async def test_no_answer_is_explained() -> None:
    def refuse(request: HttpRequest) -> LocalResponse:
        assert request.explain
        raise TransportError(ErrorInfo("network_or_cors", "a.example has no header.", "Its operator can send it."))

    result = await call(opened("fetch", services(refuse)), "fetch", urls=["https://a.example/"])
    assert result == ToolResult(
        "'https://a.example/' could not be fetched: a.example has no header. Asking again will not help. Its operator "
        "can send it.",
        is_error=True,
    )


@pytest.mark.parametrize(
    ("options", "arguments", "seconds"), [({}, {}, 30), ({"timeout": 5}, {}, 5), ({"timeout": 5}, {"timeout": 90}, 90)]
)
def test_silence_ends(options: dict[str, int], arguments: dict[str, int], seconds: int) -> None:
    async def silent() -> AsyncGenerator[bytes, None]:
        yield b"x"
        await asyncio.sleep(1e6)

    async def main() -> None:
        of = services(lambda _: LocalResponse(200, {}, silent()))
        result = await call(opened("fetch", of, **options), "fetch", urls=["https://a.example/"], **arguments)
        assert result == ToolResult(
            f"'https://a.example/' could not be fetched: a.example did not answer within {seconds} s. "
            "Try later, or elsewhere.",
            is_error=True,
        )
        assert asyncio.get_running_loop().time() == seconds
        assert isinstance(of.transport, MockTransport)
        assert of.transport.open == 0

    run(main())


def test_stopping_closes_every_connection() -> None:
    async def silent() -> AsyncGenerator[bytes, None]:
        yield b"x"
        await asyncio.sleep(1e6)

    async def main() -> None:
        of = services(lambda _: LocalResponse(200, {}, silent()))
        assert isinstance(of.transport, MockTransport)
        urls = ["https://a.example/", "https://b.example/"]
        task = asyncio.create_task(call(opened("fetch", of), "fetch", urls=urls))
        await asyncio.sleep(1)
        assert of.transport.open == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert of.transport.open == 0

    run(main())


async def test_blocked_hosts_are_never_asked() -> None:
    toolset, transport = web({}, blocked_domains=["a.example"])
    result = await call(toolset, "fetch", urls=["https://x.a.example/", "http://127.0.0.1/"])
    assert result == ToolResult(
        "'https://x.a.example/' could not be fetched: The host x.a.example is blocked by blocked_domains. "
        "Use another source.\n\n"
        "'http://127.0.0.1/' could not be fetched: The host 127.0.0.1 is in a private network, which needs "
        "allow_private_ips: true.",
        is_error=True,
    )
    assert transport.requests == []
    assert toolset.instruction.endswith("These domains are blocked: a.example.")


async def test_private_addresses_with_leave() -> None:
    toolset, _ = web({"http://127.0.0.1:8000/": page("hi")}, allow_private_ips=True)
    assert not (await call(toolset, "fetch", urls=["http://127.0.0.1:8000"])).is_error


async def test_redirects_are_followed_and_keys_stay_with_their_host() -> None:
    site = {
        "https://a.example/1": page("", status=301, location="/2"),
        "https://a.example/2": page("", status=307, location="https://b.a.example/3"),
        "https://b.a.example/3": page("there"),
    }
    toolset, transport = web(site, headers={"X-Token": "secret"}, allowed_domains=["a.example"])
    result = await call(toolset, "fetch", urls=["https://a.example/1"])
    assert result.output == "https://b.a.example/3 (status 200, text/plain), 5 characters:\n\nthere"
    assert [sorted(request.headers) for request in transport.requests] == [
        ["Accept", "X-Token"],
        ["Accept", "X-Token"],
        ["Accept"],
    ]


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("https://evil.example/", "The host evil.example is not in allowed_domains: a.example."),
        ("http://169.254.169.254/", "The host 169.254.169.254 is not in allowed_domains: a.example."),
        ("file:///etc/passwd", "'file:///etc/passwd' cannot be requested: only http:// and https:// URLs can."),
        ("https://a.example/", "a.example redirects more than 10 times."),
    ],
)
async def test_redirects_are_checked(location: str, problem: str) -> None:
    toolset, transport = web(
        {"https://a.example/": page("", status=302, location=location)}, allowed_domains=["a.example"]
    )
    result = await call(toolset, "fetch", urls=["https://a.example/"])
    assert result == ToolResult(f"'https://a.example/' could not be fetched: {problem}", is_error=True)
    assert {request.url for request in transport.requests} == {"https://a.example/"}
    assert transport.open == 0


@pytest.mark.parametrize(
    ("options", "free"),
    [
        ({}, True),
        ({"headers": {"X-Team": "a"}}, False),
        ({"allowed_domains": ["a.example"]}, False),
        ({"blocked_domains": ["b"]}, False),
    ],
)
async def test_a_browser_may_follow_by_itself_only_where_it_tells_nobody_anything(
    options: dict[str, Any], free: bool
) -> None:
    toolset, transport = web({"https://a.example/": page("x")}, **options)
    await call(toolset, "fetch", urls=["https://a.example/"])
    assert [request.follow for request in transport.requests] == [free]


async def test_where_a_browser_ended_is_checked_too() -> None:
    followed = LocalResponse(body=b"x", url="https://evil.example/")
    toolset, _ = web({"https://a.example/": followed}, allowed_domains=["a.example"])
    result = await call(toolset, "fetch", urls=["https://a.example/"])
    assert result.output.endswith("The host evil.example is not in allowed_domains: a.example.")


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie"])
def test_a_key_is_not_sent_to_whom_the_model_likes(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened("fetch", headers={name: "canary"})
    assert caught.value.info.message == (
        f"The fetch toolset would send the header {name} to any address that the model names."
    )
    assert opened("fetch", headers={"Accept-Language": "de"})


async def test_own_headers_win() -> None:
    toolset, transport = web({"https://a.example/": page("x")}, headers={"Accept": "text/csv"})
    await call(toolset, "fetch", urls=["https://a.example/"])
    assert transport.requests[0].headers == {"Accept": "text/csv"}
