"""Settings of Inspect as parameters and options of our models, and chains outside of a session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from sparewheel import ConfigError
from sparewheel.config.specs import ModelSpec
from sparewheel.evals.chain import OpenChain, not_used, read_team
from sparewheel.evals.settings import Settings, read_settings
from sparewheel.messages import user
from sparewheel.providers.base import ToolSpec
from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, errors, openai_chat
from tests.support.door import ENV, KEY, agent_file

APIS = ("openai_chatcompletions", "openai_responses", "anthropic", "google")
WEATHER = ToolSpec("weather", "Look up the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def spec(api: str, **more: Any) -> ModelSpec:
    return ModelSpec("mine", "m", api, "https://api.example/v1", **more)


def test_parameters_take_precedence_over_those_of_the_file() -> None:
    settings = read_settings({"temperature": 0.0, "max_tokens": 5, "reasoning_effort": "low"})
    changed = settings.apply(spec(APIS[0], parameters={"temperature": 1.0, "top_p": 0.5}))
    assert changed.parameters == {"temperature": 0.0, "top_p": 0.5, "max_tokens": 5, "thinking_budget": "low"}


def test_a_number_of_tokens_for_reasoning_says_more_than_an_effort() -> None:
    settings = read_settings({"reasoning_tokens": 2000, "reasoning_effort": "low"})
    assert settings.parameters == {"thinking_budget": 2000}


@pytest.mark.parametrize(
    ("api", "options", "unsupported"),
    [
        (APIS[0], {"stop": ["a"], "seed": 1}, ["top_k"]),
        (APIS[1], {}, ["presence_penalty", "stop_seqs", "seed", "top_k"]),
        (APIS[2], {"stop_sequences": ["a"], "top_k": 3}, ["presence_penalty", "seed"]),
        (APIS[3], {"generationConfig": {"topP": 1, "stopSequences": ["a"], "seed": 1, "topK": 3}}, []),
    ],
)
def test_others_have_a_place_in_each_body(api: str, options: dict[str, Any], unsupported: list[str]) -> None:
    settings = read_settings({"stop_seqs": ["a"], "seed": 1, "top_k": 3, "presence_penalty": 0.1})
    own = {"generationConfig": {"topP": 1}} if api == "google" else {}
    model = spec(api, options=own)
    assert settings.apply(model).options == options
    assert settings.unsupported(model) == unsupported
    assert model.options == own


def test_what_is_inspects_own_is_not_reported_and_the_rest_is() -> None:
    settings = read_settings({"max_connections": 3, "timeout": 5, "logprobs": True, "best_of": 2})
    assert settings.ignored == ("logprobs", "best_of")


@pytest.mark.parametrize(
    ("api", "any_tool", "one", "none"),
    [
        (APIS[0], "required", {"type": "function", "function": {"name": "t"}}, "none"),
        (APIS[1], "required", {"type": "function", "name": "t"}, "none"),
        (APIS[2], {"type": "any"}, {"type": "tool", "name": "t"}, {"type": "none"}),
        (APIS[3], {"mode": "ANY"}, {"mode": "ANY", "allowedFunctionNames": ["t"]}, {"mode": "NONE"}),
    ],
)
def test_the_choice_of_a_tool(api: str, any_tool: Any, one: Any, none: Any) -> None:
    def written(settings: Settings) -> Any:
        options = settings.apply(spec(api)).options
        return options["toolConfig"]["functionCallingConfig"] if api == "google" else options["tool_choice"]

    assert written(Settings(choice="any")) == any_tool
    assert written(Settings(choice="any", tool="t")) == one
    assert written(Settings(choice="none")) == none
    assert Settings().apply(spec(api)).options == {}


def test_anthropic_keeps_one_call_at_a_time() -> None:
    settings = read_settings({"parallel_tool_calls": False}, "any")
    wanted = {"type": "any", "disable_parallel_tool_use": True}
    assert settings.apply(spec("anthropic")).options["tool_choice"] == wanted


async def test_a_chain_is_asked_and_runs_no_tool() -> None:
    with ScriptedProvider(strict=True) as server:
        server.script("a", errors.openai_server_error(), errors.openai_server_error())
        server.script("b", Reply(openai_chat(tool_calls=[ToolCall("c1", "weather", {"city": "Rome"})])))
        chain = OpenChain(read_team(agent_file(server, "a", "b"), ENV))
        await chain.open()
        answer = await chain.ask([user("hi")], [WEATHER])
        await chain.close()
        assert len(server.requests) == 3
    assert answer.error is None
    assert (answer.model, [call.name for call in answer.message.tool_calls]) == ("mine/b", ["weather"])
    assert [event["type"] for event in answer.events] == ["retry", "fallback", "usage"]
    assert [attempt["outcome"] for attempt in answer.attempts] == ["failed", "failed", "ok"]


async def test_the_error_of_a_chain_has_all_attempts_and_no_key() -> None:
    with ScriptedProvider() as server:
        server.script("a", errors.openai_invalid_request(f"Bad {KEY}"))
        chain = OpenChain(read_team(agent_file(server), ENV))
        await chain.open()
        answer = await chain.ask([user("hi")])
        await chain.close()
    assert answer.error is not None
    assert [attempt["kind"] for attempt in answer.error.attempts] == [answer.error.info.kind]
    assert KEY not in f"{answer.error} {answer.error.info} {answer.error.attempts} {answer.attempts}"


async def test_a_cancelled_question_ends_its_request() -> None:
    gate = Gate()
    with ScriptedProvider() as server:
        server.script("a", replace(Reply(openai_chat(text=["a", "b"])), gates={1: gate}))
        chain = OpenChain(read_team(agent_file(server), ENV))
        await chain.open()
        asking = asyncio.ensure_future(chain.ask([user("hi")]))
        await asyncio.to_thread(server.wait_for_request)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.to_thread(server.wait_for_disconnect)
        await chain.close()


def test_what_a_chain_does_not_use_is_said() -> None:
    with ScriptedProvider() as server:
        text = agent_file(server, root="toolsets: [{type: think}]\nlimits: {tokens: 5}")
        [said] = not_used(read_team(text, ENV))
        assert "toolsets, limits are not used here" in said
        assert not_used(read_team(agent_file(server), ENV)) == []
        with pytest.raises(ConfigError, match="missing"):
            read_team(agent_file(server), ENV, root="missing")
