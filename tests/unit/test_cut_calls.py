"""A tool whose call was cut is never run: recorded streams of every format, cut around the end of every event."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import pytest

from sparewheel.testing import Reply, ToolCall, anthropic, gemini, openai_chat, openai_responses
from tests.support.agentic import context, tool
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.testing import Events

FORMATS: dict[str, tuple[str, Callable[..., Events]]] = {
    "chat": ("provider: openai", openai_chat),
    "responses": ("provider: openai, api_type: openai_responses", openai_responses),
    "anthropic": ("provider: anthropic", anthropic),
    "gemini": ("provider: google", gemini),
}
CALLS = [ToolCall("c1", "delete", ['{"all"', ": false", ', "dry_run": true}']), ToolCall("c2", "delete", "{}")]


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("name", FORMATS)
def test_cut_anywhere_nothing_is_run_and_whole_everything_is(name: str, how: str) -> None:
    config, build = FORMATS[name]
    events = build(text="I delete. ", tool_calls=CALLS)
    text = (
        f"agents: {{root: {{model: p/a, fallback: {{retries: -1}}}}}}\n"
        f"providers: {{p: {{{config}, base_url: 'https://p.example.test'}}}}"
    )
    ran: list[bool] = []

    def delete(all: bool = True, dry_run: bool = False) -> str:
        ran.append(True)
        return "deleted"

    def play(reply: Reply) -> None:
        transport = ScriptedTransport({"a": [reply, Reply(build(text="Done."))]})
        run(collect(session(transport, [], text=text, context=context(tool(delete)))))

    ends = list(accumulate(map(len, events)))
    # Around the end of each event, and throughout; test_wire_formats.py cuts at every offset below the agent.
    near = {end + offset for end in [0, *ends] for offset in (-2, -1, 0, 1, 2)}
    for cut in sorted({*near, *range(0, ends[-1], 7)} & set(range(ends[-1] - 1))):
        play(Reply(events, cut_at=cut, cut=how))  # type: ignore[arg-type]  # one of the literal's own
        assert not ran, cut
    play(Reply(events))
    assert ran == [True, True]
