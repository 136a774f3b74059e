"""`cache`: an equal prompt gets the same answer without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.testing import errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import Played, Script, ScriptedTransport, bare, collect, finish, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

ENV = {"OPENAI_API_KEY": "sk-CANARY-0123456789"}


def turns(cache: str, replies: Sequence[Script], prompts: Sequence[str], more: str = "") -> tuple[list[Played], int]:
    """The turns of one session, and how many requests they took."""
    text = f"agents: {{root: {{model: openai/gpt-4o, cache: {cache}, fallback: {{retries: -1}}, {more}}}}}"
    transport = ScriptedTransport({"gpt-4o": replies})
    conversation = session_of(resolve_team(load_agent_file(text), None, ENV), transport)

    async def main() -> list[Played]:
        return [await collect(conversation, prompt) for prompt in prompts]

    return run(main()), len(transport.requests)


ONE, TWO = openai_chat(text=["One ", "answer"]), openai_chat(text="Two")


def test_an_equal_prompt_is_answered_at_once() -> None:
    (first, second), requests = turns("{enabled: true}", [ONE], ["Hello", "hello"])
    assert requests == 1
    assert first.terminal["message"] == second.terminal["message"]
    assert [bare(event) for event in second.events] == [
        {"type": "start", "model": "openai/gpt-4o"},
        {"type": "block_start", "kind": "text", "attempt": 1, "index": 0},
        {"type": "delta", "content": "One answer", "attempt": 1, "index": 0},
        {"type": "block_end", "kind": "text", "content": "One answer", "attempt": 1, "index": 0},
        finish("One answer", "openai/gpt-4o", input_tokens=None, output_tokens=None),
    ]
    assert second.result is not None
    assert second.result["attempts"] == []


@pytest.mark.parametrize(
    ("cache", "prompts", "requests"),
    [
        ("{enabled: true}", ["Hello", " hello "], 2),
        ("{enabled: true, trim_spaces: true}", ["Hello", " hello\n"], 1),
        ("{enabled: true, case_sensitive: true}", ["Hello", "hello"], 2),
        ("{enabled: true, case_sensitive: true}", ["Hello", "Hello"], 1),
        ("{enabled: false}", ["Hello", "Hello"], 2),
        ("{enabled: true}", ["a", "b", "a", "b"], 2),
    ],
)
def test_which_prompts_are_equal(cache: str, prompts: list[str], requests: int) -> None:
    assert turns(cache, [ONE, TWO], prompts)[1] == requests


@pytest.mark.parametrize("bad", [errors.openai_server_error(), openai_chat(text="Half", finish="length")])
def test_only_a_complete_answer_is_kept(bad: Script) -> None:
    assert turns("{enabled: true}", [bad, ONE], ["Hello", "Hello"])[1] == 2


def test_a_guardrail_holds_for_a_kept_answer_too() -> None:
    rail = "guardrails: [{on: output, pattern: never, reason: Not this.}]"
    played, requests = turns("{enabled: true}", [openai_chat(text="never"), ONE], ["Hello", "Hello"], rail)
    assert [turn.terminal["type"] for turn in played] == ["error", "finish"]
    assert requests == 2


def test_a_path_is_a_warning() -> None:
    text = "agents: {root: {model: demo/hello, cache: {enabled: true, path: ./cache.json}}}"
    (warning,) = resolve_team(load_agent_file(text), None, {}).warnings
    assert warning.endswith("cache.path: a page has no access to files on disk; answers are kept in the session")
