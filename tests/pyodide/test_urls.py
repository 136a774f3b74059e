"""URLs in real Pyodide, read by the platform's `URL`: the same answers as outside browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide

from tests.pyodide.inside import url_outcomes, url_parts
from tests.support.hosts import PRIVATE, PUBLIC, READ, REFUSED, UNREADABLE

URLS = [
    *(url for url, _ in READ),
    *(url for url, _ in REFUSED if not any("\ud800" <= char <= "\udfff" for char in url)),  # no text across the line
    *UNREADABLE,
    *(f"http://{host}/" for host in PRIVATE + PUBLIC),
]


@run_in_pyodide
async def run_inside(selenium_python, function, argument):  # type: ignore[no-untyped-def]
    import inside  # type: ignore[import-not-found]

    return getattr(inside, function)(argument)


@pytest.fixture
def call(selenium_python: Any) -> Callable[..., Any]:
    return lambda function, argument: run_inside(selenium_python, function, argument)


def test_the_rules_decide_as_outside_browsers(call: Callable[..., Any]) -> None:
    assert list(call("url_outcomes", URLS)) == url_outcomes(URLS)


def test_the_parts_of_a_url(call: Callable[..., Any]) -> None:
    url = "HTTP://[::1]:8080/a/?c#d"
    assert list(call("url_parts", url)) == url_parts(url) == ["http", "::1", 8080, "/a/", "?c"]
