"""Two simulators of model APIs that others wrote, with their faults on: every answer is right, or the spare model's.

In a browser and on CPython, in four wire formats. The cases are in `tests/support/simulated_*.py`, with what the
simulators do differently from the vendors' documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import simulated_aimock, simulated_llmock
from tests.support.simulated import Case, check, play_here, play_in, prepared
from tests.support.simulators import Aimock, Llmock, Simulator, aimock, llmock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def llmock_server() -> Iterator[Llmock]:
    with llmock() as server:
        yield server


@pytest.fixture(scope="module")
def limited_llmock() -> Iterator[Llmock]:
    with llmock(LLMOCK_RPM="2", LLMOCK_CONTEXT_WINDOW="1000") as server:
        yield server


@pytest.fixture(scope="module")
def aimock_server() -> Iterator[Aimock]:
    with aimock() as server:
        yield server


async def check_all(
    simulator: Simulator, cases: Mapping[str, Case], answer: Mapping[str, Any], page: Theirs | None = None
) -> dict[tuple[str, str], list[list[dict[str, Any]]]]:
    """Take the turns of the cases in every wire format, and check the last one of each. Returns the events."""
    engine = "browser" if page else "cpython"
    sessions = prepared(simulator, engine, cases, answer)
    listed = list(sessions.values())
    played = dict(zip(sessions, await (play_in(page, listed) if page else play_here(listed)), strict=True))
    for (name, wire), turns in played.items():
        check(cases[name], wire, engine, turns[-1], f"{name} ({wire}, {engine})")
    return played


async def test_llmock_on_cpython(llmock_server: Llmock) -> None:
    await check_all(llmock_server, simulated_llmock.CASES, simulated_llmock.ANSWER)


async def test_llmock_in_a_browser(llmock_server: Llmock, foreign_page: Theirs) -> None:
    cases = {name: simulated_llmock.CASES[name] for name in simulated_llmock.IN_A_BROWSER}
    await check_all(llmock_server, cases, simulated_llmock.ANSWER, foreign_page)


async def test_llmock_grades_the_retries(limited_llmock: Llmock, foreign_page: Theirs) -> None:
    """Waits of Retry-After, broken streams that are not taken for answers, no storm: its verdict has no finding."""
    for page in (None, foreign_page):
        limited_llmock.call("DELETE", "/_llmock/requests")
        played = await check_all(limited_llmock, simulated_llmock.RECOVERED, simulated_llmock.ANSWER, page)
        verdict = limited_llmock.call("GET", "/_llmock/verdict")
        assert verdict["faults_injected"] == len(played)
        assert verdict["findings"] == []


async def test_the_limits_of_llmock(limited_llmock: Llmock, foreign_page: Theirs) -> None:
    for page in (None, foreign_page):
        played = await check_all(limited_llmock, simulated_llmock.LIMITED, simulated_llmock.ANSWER, page)
        before = [turns[:-1] for (name, _), turns in played.items() if name == "requests"]
        assert all(turn[-1]["type"] == "finish" for turns in before for turn in turns)


async def test_aimock_on_cpython(aimock_server: Aimock) -> None:
    await check_all(aimock_server, simulated_aimock.CASES, simulated_aimock.ANSWER)


async def test_aimock_in_a_browser(aimock_server: Aimock, foreign_page: Theirs) -> None:
    cases = {name: simulated_aimock.CASES[name] for name in simulated_aimock.IN_A_BROWSER}
    await check_all(aimock_server, cases, simulated_aimock.ANSWER, foreign_page)
