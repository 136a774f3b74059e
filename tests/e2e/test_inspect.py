"""Evaluations of Inspect with chains as their models: its command runs a task, and its log is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bundle.fetch import INSPECT_PACKAGES, INSPECT_TESTS
from bundle.shell import ROOT
from sparewheel.testing import Reply, Request, ScriptedProvider, ToolCall, Usage, anthropic, errors, gemini, openai_chat
from tests.support.door import ENV, KEY, agent_file

TASK = INSPECT_TESTS / "task.py"
EXAMPLES = ROOT / "runtime" / "examples"
COST = "cost: {input: 1, output: 10}"
CHAINS = {  # of the task `plain`
    "spare": ("broken", "good"),
    "refused": ("refuses", "refuses-too"),
    "passing": ("busy-once", "busy-twice"),
    "dead": ("dead",),
}
Logs = dict[str, dict[str, Any]]


def evaluate(folder: Path, task: str, *models: str, options: Sequence[str] = ()) -> tuple[Logs, str]:
    """The logs of an evaluation by agent file, and what the command printed."""
    names = ",".join(f"sparewheel/{model}.yaml" for model in models)
    command = [sys.executable, "-m", "inspect_ai", "eval", task, "--model", names]
    shown = ["--display", "plain", "--log-format", "json", "--log-dir", str(folder / "logs")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INSPECT_", "PYTEST_"))}
    environment = {**kept, **ENV, "PYTHONPATH": str(INSPECT_PACKAGES), "COLUMNS": "1000"}
    done = subprocess.run(
        [*command, *shown, *options], cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )
    said = done.stdout + done.stderr
    logs = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "logs").glob("*.json")]
    found = {log["eval"]["model"].removeprefix("sparewheel/").removesuffix(".yaml"): log for log in logs}
    assert sorted(found) == sorted(models), said
    assert KEY not in json.dumps(logs) + said
    return found, said


def calls(log: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of all requests to the model, in order."""
    return [event for event in log["samples"][0]["events"] if event["event"] == "model"]


def accuracy(log: dict[str, Any]) -> float:
    return float(log["results"]["scores"][0]["metrics"]["accuracy"]["value"])


@dataclass(frozen=True)
class Plain:
    logs: Logs
    said: str
    requests: list[Request]
    to_dead: int  # requests


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """The task `plain` with all of `CHAINS`, in one run of Inspect."""
    folder = tmp_path_factory.mktemp("plain")
    sunny = Reply(openai_chat(text="It is sunny.", usage=Usage(100, 10)), repeat=True)
    busy = errors.openai_server_error()
    with ScriptedProvider(strict=True) as server, ScriptedProvider() as other:
        broken = Reply(openai_chat(text=["It is", " rainy"], finish=None), cut_at=9999)
        server.script("broken", broken, replace(busy, repeat=True))
        server.script("good", sunny)
        server.script("busy-once", busy, busy, sunny)
        server.script("busy-twice", busy, busy, sunny)
        for model in CHAINS["refused"]:
            server.script(model, Reply(openai_chat(text="No.", finish="content_filter"), repeat=True))
        other.script("dead", replace(errors.openai_invalid_key(), repeat=True))
        for name, models in CHAINS.items():
            prices = "".join(f"  {model}: {{provider: mine, model: {model}, {COST}}}\n" for model in models)
            to = other if name == "dead" else server
            text = agent_file(to, *models, root="instruction: Speak of the weather.", more=f"models:\n{prices}")
            (folder / f"{name}.yaml").write_text(text.replace("mine/", ""))
        logs, said = evaluate(folder, f"{TASK}@plain", *CHAINS, options=["--top-k", "3"])
        return Plain(logs, said, list(server.requests), len(other.requests))


def test_the_spare_answers_and_the_log_says_so(plain: Plain) -> None:
    log = plain.logs["spare"]
    assert (log["status"], accuracy(log)) == ("success", 1), plain.said
    output = calls(log)[-1]["output"]
    assert (output["model"], output["completion"]) == ("mine/good", "It is sunny.")
    assert output["choices"][0]["stop_reason"] == "stop"
    assert output["fallback"] == {"model": "mine/broken", "fallback_model": "mine/good", "count": 1}
    facts = output["metadata"]["sparewheel"]
    assert [attempt["outcome"] for attempt in facts["attempts"]] == ["failed", "failed", "ok"]
    assert [event["type"] for event in facts["events"] if event["type"] != "usage"] == ["retry", "fallback"]
    assert (output["usage"]["input_tokens"], output["usage"]["output_tokens"]) == (100, 10)
    assert output["usage"]["total_cost"] == pytest.approx((100 * 1 + 10 * 10) / 1e6)
    assert log["stats"]["model_usage"]["sparewheel/spare.yaml"]["total_cost"] == output["usage"]["total_cost"]


def test_the_instruction_of_the_agent_comes_first(plain: Plain) -> None:
    first = next(request.json for request in plain.requests if request.json["model"] == "broken")
    assert [(message["role"], message["content"]) for message in first["messages"]] == [
        ("system", "Speak of the weather."),
        ("user", "How is the weather?"),
    ]


def test_what_a_model_is_not_told_is_said_once(plain: Plain) -> None:
    assert plain.said.count("mine/good is not told top_k") == 1


def test_a_refusal_is_an_answer(plain: Plain) -> None:
    log = plain.logs["refused"]
    assert (log["status"], accuracy(log)) == ("success", 0)
    [call] = calls(log)
    assert call["output"]["choices"][0]["stop_reason"] == "content_filter"


def test_a_key_that_is_refused_ends_the_evaluation(plain: Plain) -> None:
    log = plain.logs["dead"]
    assert log["status"] == "error"
    assert "API key" in log["error"]["message"]
    assert plain.to_dead == 1  # Inspect does not ask again


def test_inspect_asks_again_when_every_model_has_failed_for_now(plain: Plain) -> None:
    log = plain.logs["passing"]
    assert (log["status"], accuracy(log)) == ("success", 1)
    assert len(calls(log)[-1]["output"]["metadata"]["sparewheel"]["attempts"]) == 1  # of the second try
    assert sum(request.json["model"] in CHAINS["passing"] for request in plain.requests) == 5


def test_tools_of_the_task_pictures_and_settings(tmp_path: Path, provider: ScriptedProvider) -> None:
    streams: dict[str, Callable[..., Any]] = {"openai": openai_chat, "anthropic": anthropic, "google": gemini}
    for kind, stream in streams.items():
        call = ToolCall("c1", "weather", {"city": "Rome"})
        provider.script(kind, Reply(stream(tool_calls=[call])), Reply(stream(text="It is sunny.")))
        (tmp_path / f"{kind}.yaml").write_text(agent_file(provider, kind, provider=kind))
    logs, said = evaluate(tmp_path, f"{TASK}@with_tool", *streams)
    for log in logs.values():
        assert (log["status"], accuracy(log)) == ("success", 1), said
        outputs = [each["output"]["choices"][0] for each in calls(log)]
        assert [output["stop_reason"] for output in outputs] == ["tool_calls", "stop"]
        [asked] = outputs[0]["message"]["tool_calls"]
        assert (asked["function"], asked["arguments"]) == ("weather", {"city": "Rome"})
    sent = [(json.dumps(request.json) + request.path, request.json) for request in provider.requests]
    first = {kind: body for kind in streams for text, body in sent if kind in text and "Sunny in" not in text}
    assert sorted(first) == sorted(streams)
    for kind, body in first.items():
        assert "Be short." in json.dumps(body), kind
        assert "iVBORw0KGgo" in json.dumps(body), kind
    chat = first["openai"]
    assert chat["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert (chat["temperature"], chat["max_tokens"], chat["stop"], chat["seed"]) == (0.5, 50, ["END"], 7)
    assert chat["reasoning_effort"] == "low"
    claude = first["anthropic"]
    assert claude["tool_choice"] == {"type": "tool", "name": "weather"}
    assert claude["stop_sequences"] == ["END"]
    assert "mine/anthropic is not told seed" in said
    config = first["google"]["generationConfig"]
    assert (config["stopSequences"], config["seed"], config["maxOutputTokens"]) == (["END"], 7, 50)
    choice = first["google"]["toolConfig"]["functionCallingConfig"]
    assert choice == {"mode": "ANY", "allowedFunctionNames": ["weather"]}


def test_samples_share_what_is_known_of_a_model(tmp_path: Path, provider: ScriptedProvider) -> None:
    provider.script("a", replace(errors.openai_rate_limit(retry_after=600), repeat=True))
    provider.script("b", Reply(openai_chat(text="It is sunny."), repeat=True))
    (tmp_path / "agent.yaml").write_text(agent_file(provider, "a", "b"))
    logs, said = evaluate(tmp_path, f"{TASK}@many", "agent", options=["--max-connections", "1"])
    assert (logs["agent"]["status"], accuracy(logs["agent"])) == ("success", 1), said
    assert [request.json["model"] for request in provider.requests] == ["a", *["b"] * 8]


def test_the_example(tmp_path: Path) -> None:
    for name in ("inspect_task.py", "inspect_agent.yaml"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    logs, said = evaluate(tmp_path, "inspect_task.py", "inspect_agent")
    log = logs["inspect_agent"]
    assert (log["status"], accuracy(log)) == ("success", 1), said
    assert calls(log)[0]["output"]["fallback"]["fallback_model"] == "demo/hello"
    assert "WARNING" not in said
