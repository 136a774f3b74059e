"""Random faults, cuts and stops: whatever happens, the rules of a turn hold and the next turn works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.chain.health import Health
from sparewheel.testing import Reply, ToolCall, dropped, errors, openai_chat
from sparewheel.testing.streams import sse
from tests.support.fakeloop import run
from tests.support.scripted import PIXEL, REFUSED, session
from tests.support.turns import Patient, take_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.turns import Stop, Told

CITED = {"type": "url_citation", "url_citation": {"url": "https://x.test/", "start_index": 5, "end_index": 6}}
CITING = sse({"choices": [{"index": 0, "delta": {"annotations": [CITED]}}]})
STREAMS = [
    openai_chat(text=["Grüße ", "🌍", " und mehr"]),
    openai_chat(reasoning=["hm", " hm"], text="Ja."),
    openai_chat(
        text="x", tool_calls=[ToolCall("c", "look", ['{"a"', ": 1}"]), ToolCall("d", "find", "{}")], interleave=True
    ),
    openai_chat(refusal="Nein."),
    openai_chat(text="Ein Bild:", images=[PIXEL]),
    (*openai_chat(text="Laut 🌍 ja.", finish=None), CITING, *openai_chat()[1:]),
    openai_chat(images=[PIXEL, PIXEL.replace("iVBORw0KGgo", "R0lGODlhAAA")]),
    openai_chat(text=["lang", "es "], finish="length"),
    openai_chat(),
]
WHOLE = st.sampled_from(STREAMS).map(Reply)
CUT = st.builds(
    lambda events, at, how: Reply(events, cut_at=at, cut=how),
    st.sampled_from(STREAMS),
    st.integers(0, 1500),
    st.sampled_from(["reset", "end"]),
)
SLOW = st.builds(
    lambda events, silent, every, delay: Reply(events, silent_after=silent, every=every, delay=delay),
    st.sampled_from(STREAMS),
    st.one_of(st.none(), st.integers(-1, 5)),
    st.sampled_from([0, 0.3, 61]),
    st.sampled_from([0, 1, 31]),
)
ERROR = st.sampled_from(
    [
        *(
            errors.openai_server_error(),
            errors.openai_rate_limit(retry_after=3),
            errors.openai_rate_limit(retry_after=999),
        ),
        *(errors.openai_invalid_key(), errors.openai_insufficient_quota(), errors.openai_context_length()),
        *(errors.anthropic_overloaded(), Reply((b"data: {oops\n\n",)), Reply(errors.openai_stream_error())),
        *(REFUSED, dropped(), Reply.json(200, {"error": {"message": "odd"}}), Reply(status=204)),
    ]
)
SCRIPT = st.fixed_dictionaries(
    {model: st.lists(st.one_of(WHOLE, CUT, SLOW, ERROR), max_size=6) for model in ("a", "other/b", "c")}
)
FALLBACK = st.builds(
    lambda retries, partial, hedge: f"retries: {retries}, on_partial: {partial}{hedge}",
    st.sampled_from([-1, 1, 2]),
    st.sampled_from(["restart", "keep", "continue"]),
    st.sampled_from(["", ", hedge_after: 500ms"]),
)
STOP = st.tuples(st.floats(0, 100), st.just(0), st.booleans())  # after seconds and passes of the loop; pressed twice?
# Slow enough to race after half a second, in steps that meet, and stopped in the midst of it.
RACER = st.builds(
    lambda events, every, delay, broken: Reply(events, every=every, delay=delay, silent_after=broken),
    st.sampled_from(STREAMS),
    st.sampled_from([0, 0.3]),
    st.sampled_from([0.3, 0.6, 0.9]),
    st.sampled_from([None, None, 2]),
)
RACE = st.fixed_dictionaries(
    {model: st.lists(st.one_of(RACER, RACER, ERROR), max_size=3) for model in ("a", "other/b", "c")}
)
IN_THE_RACE = st.tuples(st.integers(5, 30).map(lambda tenths: tenths / 10), st.integers(0, 30), st.booleans())


@settings(max_examples=300)
@given(SCRIPT, FALLBACK, st.lists(st.one_of(st.none(), STOP), min_size=1, max_size=3))
def test_whatever_happens(script: dict[str, list[Reply]], fallback: str, stops: list[Stop | None]) -> None:
    check_turns(script, fallback, stops)


@settings(max_examples=300)
@given(RACE, st.sampled_from(["restart", "keep", "continue"]), st.lists(IN_THE_RACE, min_size=1, max_size=2))
def test_whatever_happens_in_a_race(script: dict[str, list[Reply]], partial: str, stops: list[Stop]) -> None:
    check_turns(script, f"retries: -1, on_partial: {partial}, hedge_after: 500ms", stops)


def check_turns(script: dict[str, list[Reply]], fallback: str, stops: Sequence[Stop | None]) -> list[list[Told]]:
    """Three turns at most, each stopped at some time or left to itself, then one that must be able to run.

    Returns the events of each turn.
    """
    transport = Patient(script)
    conversation = session(transport, list(script), fallback=fallback, health=Health())
    return run(take_turns(conversation, transport, stops))
