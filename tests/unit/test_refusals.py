"""Why a browser lets a page have no answer: one sentence for each way, with the header that is missing."""

from __future__ import annotations

import pytest

from sparewheel.errors import ErrorInfo
from sparewheel.transports.base import HttpRequest
from sparewheel.transports.refusals import explain, preflighted, unexplained
from tests.support.cors import CASES, KEY, Case, SimulatedPage, allowed

BASE = "https://tools.example:8443"


async def explained(case: Case, page: SimulatedPage, base: str = BASE) -> ErrorInfo | None:
    """None if the request gets an answer."""
    request = case.request(base)
    if page.take(request.method, request.headers) == "answer":
        return None
    return await explain(request, page)


def test_there_are_enough_cases_and_each_has_its_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len([case for case in CASES if not case.name.startswith("works")]) >= 40


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
async def test_a_server_that_refuses_gets_the_one_right_sentence(case: Case) -> None:
    page = SimulatedPage(case)
    info = await explained(case, page)
    if case.name.startswith("works"):
        assert info is None
        return
    assert info is not None
    for part in case.parts:
        assert part.format(origin=page.origin) in info.message
    assert "tools.example:8443" in info.message
    assert "toolProxy" in info.hint
    assert info.message.endswith(".")
    assert KEY not in info.message + info.hint
    assert len(page.asked) <= 8
    assert all(method == "GET" for method, _ in page.asked)


async def test_a_page_without_an_origin_needs_the_wildcard() -> None:
    case = Case("x", answer=allowed(origin="https://b.example"), method="GET", headers=())
    info = await explained(case, SimulatedPage(case, origin="null"))
    assert info is not None
    assert "each must have Access-Control-Allow-Origin: *, once" in info.message


async def test_a_browser_without_a_network_asks_nothing() -> None:
    page = SimulatedPage(CASES[0], online=False)
    info = await explain(CASES[0].request(BASE), page)
    assert (info.kind, info.message) == ("network", "The browser is offline.")
    assert page.asked == []


@pytest.mark.parametrize(
    ("origin", "base", "mixed"),
    [
        ("https://page.example", "http://tools.example", True),
        ("https://page.example", "http://192.168.0.2", True),
        ("https://page.example", "http://127.0.0.1:8000", False),
        ("https://page.example", "http://[::1]:8000", False),
        ("https://page.example", "http://localhost:8000", False),
        ("http://page.example", "http://tools.example", False),
        ("https://page.example", "https://tools.example", False),
    ],
)
async def test_a_page_at_https_asks_https_only(origin: str, base: str, mixed: bool) -> None:
    case = next(case for case in CASES if case.name == "nothing")
    page = SimulatedPage(case, origin)
    info = await explain(case.request(base), page)
    assert ("mixed content" in info.message) is mixed
    assert (page.asked == []) is mixed


async def test_the_policy_of_the_page_is_named() -> None:
    page = SimulatedPage(CASES[0], policy=False)
    info = await explain(CASES[0].request(BASE), page)
    assert "connect-src of the page's Content-Security-Policy must list https://tools.example:8443" in info.message
    assert "toolProxy" not in info.hint


@pytest.mark.parametrize("base", ["http://192.168.0.2", "http://printer.local", "http://127.0.0.1:9"])
async def test_a_host_of_a_local_network_needs_more(base: str) -> None:
    case = next(case for case in CASES if case.name == "closes")
    info = await explain(case.request(base), SimulatedPage(case, "http://page.example"))
    assert "Access-Control-Allow-Private-Network: true" in info.message
    assert "local network access" in info.message


async def test_a_redirect_that_may_be_followed_leads_to_a_host_that_refuses() -> None:
    case = next(case for case in CASES if case.name == "redirect-301")
    info = await explain(HttpRequest("GET", BASE, {}, b"", follow=True), SimulatedPage(case))
    assert "redirects to an address that does not let this page read its answers" in info.message
    assert "Access-Control-Allow-Origin: *." in info.message


async def test_a_request_that_would_have_worked_may_be_sent_again() -> None:
    info = await explain(HttpRequest("GET", BASE, {}, b""), SimulatedPage(CASES[0]))
    assert info == ErrorInfo("network", "tools.example:8443 gave no answer, but gives one now.", "Try again.")


async def test_of_many_headers_only_some_are_tried() -> None:
    headers = {f"x-{number}": "1" for number in range(100)}
    page = SimulatedPage(CASES[0])
    info = await explain(HttpRequest("GET", BASE, headers, b""), page)
    assert "x-0, " in info.message
    assert len(page.asked) <= 21


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({"Accept": "text/plain, */*;q=0.1", "Accept-Language": "de, en;q=0.5"}, []),
        ({"Accept": "a(b"}, ["accept"]),
        ({"Accept": "x" * 129}, ["accept"]),
        ({"Accept-Language": "de_DE"}, ["accept-language"]),
        ({"Content-Type": "text/plain; charset=utf-8"}, []),
        ({"content-type": "Application/JSON"}, ["content-type"]),
        ({"Content-Type": 'multipart/form-data; boundary="x"'}, ["content-type"]),
        ({"X-B": "1", "Authorization": "x", "Mcp-Method": "tools/call"}, ["authorization", "mcp-method", "x-b"]),
    ],
)
def test_headers_for_which_the_server_is_asked(headers: dict[str, str], names: list[str]) -> None:
    assert preflighted(headers) == names


def test_without_a_reason_the_likely_ones_are_named() -> None:
    info = unexplained(HttpRequest("GET", f"{BASE}/?token=x", {}, b""))
    assert "Access-Control-Allow-Origin" in info.message
    assert "token" not in info.message + info.hint
