"""What an answer costs, by the prices of the agent file; what is not known is not made up."""

from __future__ import annotations

import pytest

from sparewheel.testing import Usage, anthropic, openai_chat
from tests.support.agentic import call, play_agent, say

PRICED = """
agents: {root: {model: big, fallback: {retries: -1}}}
models:
  big:
    provider: anthropic
    model: a
    token_key: OTHER_KEY
    cost: {input: 3, output: 15, cache_read: 0.3, cache_write: 3.75}
"""


def test_what_is_written_into_a_cache_has_a_price_of_its_own() -> None:
    counts = Usage(input=1_000_000, output=100_000, cached=200_000, written=400_000)
    (played,), _ = play_agent([anthropic(text="ok", usage=counts)], text=PRICED)
    (usage,) = played.of("usage")
    assert usage["cost"] == pytest.approx(0.4 * 3 + 0.2 * 0.3 + 0.4 * 3.75 + 0.1 * 15)
    assert (usage["input_tokens"], usage["cached_tokens"], usage["written_tokens"]) == (1_000_000, 200_000, 400_000)
    assert played.result is not None
    assert played.result["usage"]["written_tokens"] == 400_000


def test_a_gateway_may_tell_what_was_written_too() -> None:
    whole = openai_chat(text="ok", usage=Usage(input=10, output=5, cached=4))
    told = [event.replace(b'"cached_tokens":4', b'"cached_tokens":4,"cache_write_tokens":3') for event in whole]
    (played,), _ = play_agent([tuple(told)])
    assert played.of("usage")[0]["written_tokens"] == 3
    (played,), _ = play_agent([whole])
    assert played.of("usage")[0]["written_tokens"] is None


TEAM = """
agents:
  root:
    model: known
    sub_agents: [cook]
    fallback: {{models: [openai/odd, known], retries: -1}}
    {root}
  cook: {{model: openai/odder, fallback: {{retries: -1}}, budgets: [shared]}}
models: {{known: {{provider: openai, model: a, cost: {{input: 1, output: 1}}}}}}
budgets: {{shared: {{max_cost: {shared}}}}}
{team}
"""


def warned(root: str = "", shared: float = 0, team: str = "") -> list[str]:
    """What two turns warn of, of which the first has a sub-agent work."""
    script = {
        "a": [call("transfer_task", '{"agent": "cook", "task": "x"}'), say("ok"), say("ok")],
        "odder": [say("Done.")],
    }
    text = TEAM.format(root=root, shared=shared, team=team)
    played, _ = play_agent(script, text=text, prompts=("hi", "again"))
    return [event["message"].partition(",")[0] for one in played for event in one.of("warning")]


def test_a_limit_of_cost_names_the_models_it_cannot_count_once() -> None:
    root, cook = (f"The price of openai/{model} is not known" for model in ("odd", "odder"))
    assert warned() == []
    assert warned(root="limits: {tokens: 1000000}") == []
    assert warned(root="limits: {cost: 1}") == [root]
    assert warned(shared=1) == [cook]
    assert warned(team="budget: {max_cost: 1}") == [root, cook]
