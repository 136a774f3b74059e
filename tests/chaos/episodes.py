"""Random episodes: sessions of one worker, the models that answer them, the page that they ask, and what stops them.

An episode is plain data, so that hypothesis can shrink it and a find can be printed. `replies` makes the answers of its
models for a wire format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from hypothesis import strategies as st

from sparewheel.testing import Events, Reply, ToolCall, Usage, dropped
from tests.fuzz.mutate import CANARY, TOKENS
from tests.fuzz.seeds import FORMATS, REPLIES

MODELS: Final = ("a", "b", "c")
INCOMPLETE: Final = "bad"
"""How the id of a call begins whose response is certainly not complete: it must never run."""

# What a model asks for: calls of the page's tools, of Python functions, of built-in tools, and some that are wrong.
CALLS: Final = [
    *(("look", {"n": 1}), ("look", {"n": "x"}), ("change", {}), ("change", {"n": 2}), ("slow", {"seconds": 3})),
    *(("broken", {}), ("stubborn", {}), ("missing", {}), ("strange.name", {}), ("think", {"thought": CANARY})),
    *(("user_prompt", {"message": "Sure?"}), ("transfer_task", {"agent": "cook", "task": "soup"})),
]
Word: TypeAlias = Literal["value", "error", "never", "twice", "huge", "odd", "secret"]
Stopping: TypeAlias = Literal["abort", "abort all", "restart", "close", "kill", "confuse"]


@dataclass(frozen=True)
class Say:
    """An answer: text, calls (places in `CALLS`), how it ends, seconds before it and between its events."""

    text: str = ""
    calls: tuple[int, ...] = ()
    finish: str = "auto"
    delay: float = 0.0
    every: float = 0.0


@dataclass(frozen=True)
class Cut:
    """An answer that ends, breaks, falls silent or turns into garbage at a share of its bytes."""

    of: Say
    at: float
    how: Literal["reset", "end", "silent", "garbage"]
    token: int = 0


@dataclass(frozen=True)
class Refuse:
    """An answer to a failed request, a connection that drops, or a response that is none of the format."""

    number: int


Step: TypeAlias = Say | Cut | Refuse


@dataclass(frozen=True)
class Stop:
    """What happens to a turn after so many seconds and passes of the loop."""

    how: Stopping
    after: float
    passes: int = 0


@dataclass(frozen=True)
class Life:
    """The turns of one session: what stops each, and how page and user answer, in this order, again and again."""

    stops: tuple[Stop | None, ...]
    answers: tuple[tuple[Word, float], ...]


@dataclass(frozen=True)
class Episode:
    """Everything of one run of a worker."""

    format: str
    fallback: str
    script: tuple[tuple[str, tuple[Step, ...]], ...]
    lives: tuple[Life, ...]


PLACES: Final = st.sampled_from([*[0, 2] * 5, *range(len(CALLS))])  # mostly `look` and `change`, which ask the page
SAY: Final = st.builds(
    Say,
    st.sampled_from(["", "Let me see. ", f"Your key is {CANARY}!", "lang " * 20]),
    st.one_of(st.just(()), st.lists(PLACES, min_size=1, max_size=3).map(tuple)),
    st.sampled_from([*["auto"] * 8, "length", "content_filter"]),
    st.sampled_from([0.0, 0.0, 0.0, 0.7, 0.7, 31.0]),
    st.sampled_from([*[0.0] * 6, 0.1, 61.0]),
)
CUT: Final = st.builds(
    Cut,
    SAY,
    st.integers(0, 100).map(lambda percent: percent / 100),
    st.sampled_from(["reset", "end", "silent", "garbage"]),
    st.integers(0, len(TOKENS) - 1),
)
REFUSE: Final = st.builds(Refuse, st.integers(0, len(REPLIES) + 3))
STEP: Final = st.sampled_from([*[SAY] * 6, CUT, CUT, REFUSE, REFUSE]).flatmap(lambda step: step)
SCRIPT: Final = st.tuples(
    *(st.tuples(st.just(model), st.lists(STEP, min_size=2, max_size=6).map(tuple)) for model in MODELS)
)
FALLBACK: Final = st.builds(
    lambda retries, partial, more: f"retries: {retries}, on_partial: {partial}{more}",
    st.sampled_from([-1, 1, 2]),
    st.sampled_from(["restart", "keep", "continue"]),
    st.sampled_from(["", ", hedge_after: 500ms", ", delay: 0s"]),
)
STOP: Final = st.builds(
    Stop,
    st.sampled_from(["abort", "abort", "abort all", "restart", "close", "kill", "confuse"]),
    st.one_of(st.integers(0, 40).map(lambda tenths: tenths / 10), st.sampled_from([61.0, 130.0])),
    st.integers(0, 40),
)
LIFE: Final = st.builds(
    Life,
    st.lists(st.one_of(st.none(), STOP), min_size=1, max_size=4).map(tuple),
    st.lists(
        st.tuples(
            st.sampled_from(["value", "value", "value", "error", "never", "twice", "huge", "odd", "secret"]),
            st.sampled_from([0.0, 0.3, 5.0, 1_000.0]),
        ),
        min_size=2,
        max_size=4,
    ).map(tuple),
)
EPISODE: Final = st.builds(
    Episode,
    st.sampled_from(sorted(FORMATS)),
    FALLBACK,
    SCRIPT,
    st.lists(LIFE, min_size=1, max_size=2).map(tuple),
)


def replies(episode: Episode) -> dict[str, list[Reply]]:
    """The answers of each model."""
    return {
        model: [_reply(step, episode.format, f"{model}{number}") for number, step in enumerate(steps)]
        for model, steps in episode.script
    }


def good(format: str) -> Reply:
    """The answer of a model whose script is used up."""
    return Reply(FORMATS[format](text="Last.", usage=Usage(10, 5)))


def _reply(step: Step, format: str, name: str) -> Reply:
    match step:
        case Say():
            bad = step.finish == "content_filter"
            return Reply(
                _events(step, format, f"{INCOMPLETE if bad else 'c'}-{name}"), delay=step.delay, every=step.every
            )
        case Cut():
            return _cut(step, format, name)
        case Refuse(number) if number < len(REPLIES):
            return REPLIES[number]
        case Refuse(number):
            other = [
                *(dropped(), Reply(status=204), Reply.json(200, {"error": {"message": f"odd {CANARY}"}})),
                Reply((b"<html>proxy</html>",), content_type="text/html"),
            ]
            return other[number - len(REPLIES)]


def _events(say: Say, format: str, name: str) -> Events:
    made = [
        ToolCall(f"{name}-{place}", CALLS[number][0], json.dumps(CALLS[number][1]))
        for place, number in enumerate(say.calls)
    ]
    text = say.text or ("" if made else "Done.")
    return FORMATS[format](
        text=[text[:3], text[3:]] if text else (), tool_calls=made, finish=say.finish, usage=Usage(20, 7)
    )


def _cut(step: Cut, format: str, name: str) -> Reply:
    delay = step.of.delay
    if step.how == "garbage":  # which may leave the response complete
        body = b"".join(_events(step.of, format, f"c-{name}"))
        at = int(step.at * len(body))
        return Reply((body[:at] + TOKENS[step.token] + body[at:],), delay=delay)
    whole = _events(step.of, format, f"{INCOMPLETE}-{name}")
    if step.how == "silent":
        return Reply(whole, delay=delay, silent_after=int(step.at * (len(whole) - 2)))
    size = len(b"".join(whole[:-2]))  # the end marker is in one of the last two events
    return Reply(whole, cut_at=int(step.at * size), cut=step.how, delay=delay)
