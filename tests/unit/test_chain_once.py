"""Rules of the chain that hold for one attempt, one step or one model only."""

from __future__ import annotations

from sparewheel.chain.health import Health
from sparewheel.testing import errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, play, session

ANSWER = openai_chat(text="Answer")


def test_a_step_compacts_its_conversation_once() -> None:
    async def main() -> None:
        overflow = errors.openai_context_length()
        transport = ScriptedTransport({"a": [*[ANSWER] * 8, overflow, overflow], "other/b": [ANSWER]})
        conversation = session(transport, ["a", "other/b"])
        for _ in range(8):
            await collect(conversation)
        played = await collect(conversation)
        assert transport.asked[8:] == ["a", "a", "b"]
        assert len(played.of("compacted")) == 1

    run(main())


def test_a_model_that_answers_after_its_own_failure_is_not_on_cooldown() -> None:
    async def main() -> None:
        health = Health()
        transport = ScriptedTransport({"a": [errors.openai_server_error(), ANSWER, ANSWER], "other/b": []})
        conversation = session(transport, ["a", "other/b"], fallback="retries: 1", health=health)
        assert (await collect(conversation)).of("retry")
        assert health.entries() == []
        assert (await collect(conversation)).of("skipped") == []
        assert transport.asked == ["a", "a", "a"]

    run(main())


def test_an_empty_answer_that_reached_its_length_limit_is_an_answer() -> None:
    played, transport = play({"a": [openai_chat(finish="length")], "other/b": []}, fallback="retries: 2")
    assert transport.asked == ["a"]
    assert (played.terminal["type"], played.terminal["reason"]) == ("finish", "length")
