"""The egress proxy: what goes to it, what comes back, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sparewheel import open_agent
from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolResult
from sparewheel.transports.egress import read_proxy
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.builtintools import call, opened, services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparewheel.tools.services import Services
    from sparewheel.transports.base import HttpRequest

PROXY = "https://relay.example/egress?team=a%20b"
TEXT = {"content-type": "text/plain"}


def target(request: HttpRequest) -> str:
    return parse_qs(urlsplit(request.url).query)["url"][0]


def relayed(to: Callable[[str, HttpRequest], LocalResponse]) -> tuple[Services, MockTransport]:
    """The services of a session with a proxy, which answers with `to(target, request)`."""

    def answer(request: HttpRequest) -> LocalResponse:
        assert request.url.startswith("https://relay.example/egress?team=a%20b&url=")
        assert request.redirect == "error"
        return to(target(request), request)

    of = services(answer)
    of.tool_proxy = read_proxy(PROXY)
    assert isinstance(of.transport, MockTransport)
    return of, of.transport


def moved(where: str, status: int = 302, **more: str) -> LocalResponse:
    return LocalResponse(status, {"x-docker-agent-location": where, **more})


API: Mapping[str, Any] = {
    "name": "save",
    "method": "POST",
    "endpoint": "https://api.example/save?at=1#x",
    "headers": {"Authorization": "Bearer key-of-the-target"},
    "args": {"text": {"type": "string"}},
}


async def test_a_request_goes_to_the_proxy_as_it_would_go_to_its_target() -> None:
    of, transport = relayed(lambda url, request: LocalResponse(200, TEXT, b"saved"))
    result = await call(opened("api", of, api_config=API), "save", text="é&=+ ")
    assert result == ToolResult("saved")
    (request,) = transport.requests
    assert target(request) == "https://api.example/save?at=1"
    assert (request.method, request.body) == ("POST", '{"text":"é&=+ "}'.encode())
    assert request.headers == {"Authorization": "Bearer key-of-the-target", "Content-Type": "application/json"}


async def test_the_address_of_the_answer_is_the_targets() -> None:
    of, _ = relayed(lambda url, request: LocalResponse(200, TEXT, b"page", url=request.url))
    result = await call(opened("fetch", of), "fetch", urls=["http://a.example/?q=a+b&url=x"])
    assert result.output.startswith("http://a.example/?q=a+b&url=x (status 200")


async def test_redirects_are_followed_here_and_keys_stay_with_their_host() -> None:
    def site(url: str, request: HttpRequest) -> LocalResponse:
        seen.append((request.method, url, "Authorization" in request.headers, request.body))
        ways = {"https://api.example/save?at=1": "/saved", "https://api.example/saved": "//other.example/x"}
        return moved(ways[url], 307) if url in ways else LocalResponse(200, TEXT, b"there")

    seen: list[tuple[str, str, bool, bytes]] = []
    of, transport = relayed(site)
    assert await call(opened("api", of, api_config=API), "save", text="a") == ToolResult("there")
    body = b'{"text":"a"}'
    assert seen == [
        ("POST", "https://api.example/save?at=1", True, body),
        ("POST", "https://api.example/saved", True, body),
        ("POST", "https://other.example/x", False, body),
    ]
    assert transport.open == 0


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1/", "http://[::1]/", "//intranet/", "http://169.254.169.254/latest"]
)
async def test_a_redirect_to_a_private_network_is_refused_before_the_proxy_is_asked(where: str) -> None:
    of, transport = relayed(lambda *_: moved(where))
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"])
    assert result.is_error
    assert "private network" in result.output
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("where", "part"),
    [
        ("http://[x/", "not a URL"),
        ("javascript:1", "only http"),
        ("https://me@b.example/", "user name"),
        ("h tp", "space"),
    ],
)
async def test_a_redirect_to_no_url_is_refused(where: str, part: str) -> None:
    of, transport = relayed(lambda *_: moved(where))
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"])
    assert result.is_error
    assert part in result.output
    assert len(transport.requests) == 1


async def test_a_redirect_without_end_is_left() -> None:
    of, transport = relayed(lambda url, _: moved(url))
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"])
    assert "redirects more than 10 times" in result.output
    assert len(transport.requests) == 11


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (LocalResponse(302, {"location": "https://b.example/"}), "redirects by Location; it must put the target's"),
        (moved("https://b.example/", location="https://b.example/"), "redirects by Location"),
        (LocalResponse(308), "Access-Control-Expose-Headers: X-Docker-Agent-Location"),
    ],
)
async def test_a_proxy_that_does_not_keep_to_the_protocol_is_named(answer: LocalResponse, part: str) -> None:
    of, transport = relayed(lambda *_: answer)
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"])
    assert result.is_error
    assert "The egress proxy relay.example " in result.output
    assert part in result.output
    assert "team" not in result.output
    assert len(transport.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 300, 304, 404])
async def test_the_header_has_no_meaning_on_other_answers(status: int) -> None:
    answer = LocalResponse(status, {**TEXT, "x-docker-agent-location": "https://b.example/"}, b"here")
    of, transport = relayed(lambda *_: answer)
    result = await call(opened("fetch", of), "fetch", urls=["https://a.example/"])
    assert result.output.endswith("here")
    assert len(transport.requests) == 1


async def test_a_toolset_for_private_networks_makes_its_own_requests() -> None:
    of = services(lambda request: LocalResponse(200, TEXT, request.url.encode()))
    of.tool_proxy = read_proxy(PROXY)
    result = await call(opened("fetch", of, allow_private_ips=True), "fetch", urls=["http://192.168.0.2/x"])
    assert result.output.endswith("\n\nhttp://192.168.0.2/x")


async def test_the_model_is_not_told_of_cors_where_a_proxy_asks() -> None:
    of, _ = relayed(lambda *_: LocalResponse())
    assert "CORS" not in opened("fetch", of).instruction
    assert "CORS" in opened("fetch", services()).instruction


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://relay.example/", "must use https"),
        ("http://127.0.0.1:8000/", "must use https"),
        ("/relay", "must use https"),
        ("relay.example", "must use https"),
        ("", "must use https"),
        ("javascript:alert(1)", "must use https"),
        ("https:///relay", "must have a host"),
        ("https://", "must have a host"),
        ("https://:443/", "must have a host"),
        ("https://me:secret@relay.example/", "must not contain userinfo"),
        ("https://@relay.example/", "must not contain userinfo"),
        ("https://relay.example/#part", "must not contain a fragment"),
        ("https://relay.example/?url=", 'must not set the "url" query parameter'),
        ("https://relay.example/?a=1&%75rl=x", 'must not set the "url" query parameter'),
        ("https://[relay/", "is not a URL"),
        ("https://relay.example:99999/", "is not a URL"),
        ("https://re lay.example/", "is not a URL"),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused(address: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_proxy(address)
    assert str(caught.value) == f"options.toolProxy: {problem}"
    with pytest.raises(ConfigError, match=f"tool_proxy: {problem}"):
        async with open_agent("agents:\n  root: {model: demo/hello}\n", tool_proxy=address):
            pass


@pytest.mark.parametrize("address", ["https://relay.example", " HTTPS://Relay.example:443/?token=a&urls=1 "])
def test_an_address_may_have_a_query_of_its_own(address: str) -> None:
    assert read_proxy(address).origin == "https://relay.example"
