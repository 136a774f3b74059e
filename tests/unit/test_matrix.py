"""Every fault, in chains of one to four models, with and without retries, over two wire formats."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import TYPE_CHECKING

import pytest

from sparewheel.testing import Reply, anthropic, dropped, errors, openai_chat
from tests.support.fakeloop import run
from tests.support.pairwise import covering
from tests.support.scripted import REFUSED, Script, ScriptedTransport, collect, folded_text, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.testing import Events

ANSWER = ["The ", "full ", "answer."]
KEEP_ALIVES = Reply(silent_after=0, ping_every=1.0)


@dataclass(frozen=True)
class Format:
    """One wire format's way to say things."""

    provider: str
    stream: Callable[..., Events]
    limited: Callable[[float | None], Reply]
    stream_error: Callable[[], Events]
    overflow: Reply


FORMATS = {
    "openai": Format(
        "openai",
        openai_chat,
        lambda after: errors.openai_rate_limit(retry_after=after),
        errors.openai_stream_error,
        errors.openai_context_length(),
    ),
    "anthropic": Format(
        "anthropic",
        anthropic,
        lambda after: errors.anthropic_rate_limit(retry_after=after),
        errors.anthropic_stream_error,
        errors.anthropic_prompt_too_long(),
    ),
}


def status(code: int, message: str = "Something is wrong") -> Reply:
    return Reply.json(code, {"error": {"message": message, "type": "error"}})


@dataclass(frozen=True)
class Fault:
    """`asked` is how often a model that always fails so is asked: (alone, with others) as functions of the retries."""

    reply: Callable[[Format], Script]
    kind: str
    retried: bool = False
    alone_retried: bool = False
    at_most: int = 99
    finish: str | None = None

    def requests(self, retries: int, alone: bool) -> int:
        retried = self.retried or (alone and self.alone_retried)
        return min(1 + retries if retried else 1, self.at_most)


def half(form: Format, **cut: object) -> Reply:
    return Reply(form.stream(text=ANSWER[:2], finish=None), **cut)  # type: ignore[arg-type]


FAULTS: dict[str, Fault] = {
    "429": Fault(lambda form: status(429, "Too many requests"), "rate_limit", alone_retried=True),
    "429 with Retry-After": Fault(lambda form: form.limited(7), "rate_limit", alone_retried=True),
    "402": Fault(lambda form: status(402, "Insufficient credits"), "quota"),
    "401": Fault(lambda form: status(401, "Invalid key"), "auth"),
    "400": Fault(lambda form: status(400), "invalid_request"),
    "404": Fault(lambda form: status(404, "The model does not exist"), "model_not_found"),
    "500": Fault(lambda form: status(500), "server_error", retried=True),
    "503": Fault(lambda form: status(503, "Service unavailable"), "overloaded", retried=True),
    "529": Fault(lambda form: errors.anthropic_overloaded(), "overloaded", retried=True),
    "refused": Fault(lambda form: REFUSED, "network_or_cors", retried=True),
    "reset before headers": Fault(lambda form: dropped(), "network_or_cors", retried=True),
    "cut after two tokens": Fault(lambda form: half(form, cut_at=99_999), "network", retried=True),
    "silence before the head": Fault(lambda form: Reply(silent_after=-1), "timeout_connect", retried=True),
    "silence before the first token": Fault(lambda form: Reply(silent_after=0), "timeout_first_content", retried=True),
    "silence after two tokens": Fault(lambda form: half(form, silent_after=99), "timeout_idle", retried=True),
    "keep-alives only": Fault(lambda form: KEEP_ALIVES, "timeout_first_content", retried=True),
    "one broken JSON event": Fault(
        lambda form: Reply((*form.stream(text="x", finish=None), b"data: {oops\n\n")), "server_error", retried=True
    ),
    "in-stream error first": Fault(lambda form: Reply(form.stream_error()), "", retried=True),
    "in-stream error later": Fault(
        lambda form: Reply(form.stream(text=ANSWER, finish=None) + form.stream_error()), "", retried=True
    ),
    "no end marker": Fault(lambda form: half(form, cut_at=99_999, cut="end"), "stream_truncated", retried=True),
    "empty": Fault(lambda form: Reply(form.stream()), "empty_output", retried=True, at_most=2),
    "refusal": Fault(lambda form: Reply(form.stream(text="No.", finish="content_filter")), "", finish="refusal"),
    "overflow": Fault(lambda form: form.overflow, "context_overflow"),
}


@pytest.mark.parametrize(
    ("name", "failing", "spares", "retries", "form"), covering(list(FAULTS), [1, 2, 3], [0, 1], [0, 2], list(FORMATS))
)
def test_the_first_models_always_fail(name: str, failing: int, spares: int, retries: int, form: str) -> None:
    """Any two of the parameters' values meet in one of the cases."""
    fault, wire = FAULTS[name], FORMATS[form]
    models = ["a", "b", "c", "d"][: failing + spares]
    expected = [model for model in models[:failing] for _ in range(fault.requests(retries, model == models[-1]))]
    answers = models[failing : failing + 1]
    script: dict[str, list[Script]] = {model: [fault.reply(wire)] * expected.count(model) for model in models}
    for model in answers:
        script[model] = [Reply(wire.stream(text=ANSWER))]
    transport = ScriptedTransport(script)
    played = run(collect(session(transport, [], text=agent_file(models, retries, wire))))
    assert transport.asked == expected + answers
    assert transport.open == 0
    passed_on = [(event["from"], event["to"]) for event in played.of("fallback")]
    assert passed_on == list(pairwise(f"p{model}/{model}" for model in [*models[:failing], *answers]))
    if passed_on:
        assert {event["kind"] for event in played.of("fallback", "retry")} == {fault.kind or event_kind(played.events)}
    if answers:
        assert played.terminal["type"] == "finish"
        assert played.result is not None
        assert folded_text(played.events) == played.result["message"]["content"] == "".join(ANSWER)
    elif fault.finish:
        assert played.terminal["type"] == "finish"
        assert played.terminal["reason"] in ("refusal", "content_filter")
    else:
        assert played.types[-2:] == ["exhausted", "error"]
        assert played.of("exhausted")[0]["models_tried"] == [f"p{model}/{model}" for model in models]
        assert played.terminal["kind"] == (fault.kind or event_kind(played.events))
        assert len(played.terminal["attempts"]) == len(expected)


@pytest.mark.parametrize(
    ("name", "form"), list(zip([name for name, fault in FAULTS.items() if fault.retried], cycle(FORMATS), strict=False))
)
def test_a_primary_that_fails_once_is_asked_again_and_answers(name: str, form: str) -> None:
    wire = FORMATS[form]
    transport = ScriptedTransport({"a": [FAULTS[name].reply(wire), Reply(wire.stream(text=ANSWER))], "b": []})
    played = run(collect(session(transport, [], text=agent_file(["a", "b"], 2, wire))))
    assert transport.asked == ["a", "a"]
    assert played.terminal["type"] == "finish"
    assert folded_text(played.events) == "".join(ANSWER)


def event_kind(events: list[dict[str, object]]) -> str:
    """The kind the turn itself names, for faults whose kind is the vendor's business: all its events must agree."""
    kinds = {str(event["kind"]) for event in events if event["type"] in ("retry", "fallback", "error")}
    assert len(kinds) == 1
    return kinds.pop()


def agent_file(models: list[str], retries: int, form: Format) -> str:
    """A chain whose models have accounts of their own, so that one that is not accepted does not rule out the next."""
    own = "".join(
        f"  p{model}: {{provider: {form.provider}, base_url: 'https://{model}.test/v1'}}\n" for model in models
    )
    first, *rest = [f"p{model}/{model}" for model in models]
    fallback = f"{{models: [{', '.join(rest)}], retries: {retries or -1}}}"
    return f"agents: {{root: {{model: {first}, fallback: {fallback}}}}}\nproviders:\n{own}"
