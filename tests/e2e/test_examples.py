"""Every example of the page runs in a browser: its models are the scripted provider, its web is made up."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Route
from ruamel.yaml import YAML

from sparewheel.config.loading import load_agent_file
from sparewheel.config.providers import PROVIDERS
from sparewheel.testing import (
    BEFORE_HEAD,
    Gate,
    Reply,
    ScriptedProvider,
    ToolCall,
    anthropic,
    errors,
    gemini,
    openai_chat,
)
from tests.support.agents import KEY
from tests.support.browser import BOOT_LIMIT, Change, Site, Theirs, Turn, within
from tests.support.scripted import check_rules

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = Path(__file__).resolve().parents[2] / "web" / "examples"
MENU = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
SONNET, GPT, GEMINI = "claude-sonnet-4-6", "gpt-5.4-mini", "gemini-3.8-flash"

OPEN = """
async ({yaml, env, tools}) => {
  globalThis.examples ??= await createRuntime();
  const functions = Object.entries(tools).map(([name, {answer, ...rest}]) => [name, {...rest, execute: async () => answer}]);
  const events = [];
  const session = await examples.createSession({yaml, env, tools: Object.fromEntries(functions)}, (event) => {
    events.push(event);
    if (event.type === "tool_confirmation") void session.confirm("approve");
  });
  globalThis.example = {session, events};
}
"""  # noqa: E501
SEND = """
async (prompt) => {
  const {session, events} = example;
  events.length = 0;
  const outcome = await theirs.settled(session.send(prompt));
  return {...outcome, events: [...events], text: fold(events).text};
}
"""


def asks(name: str, call_id: str = "call_1", **arguments: Any) -> list[ToolCall]:
    """A call of a tool."""
    return [ToolCall(call_id, name, json.dumps(arguments))]


def claude(text: str = "", calls: Sequence[ToolCall] = ()) -> Reply:
    return Reply(anthropic(text=text, tool_calls=list(calls), model=SONNET))


def gpt(text: str = "", calls: Sequence[ToolCall] = ()) -> Reply:
    return Reply(openai_chat(text=text, tool_calls=list(calls)))


@dataclass
class Story:
    """What happens in one example: the models' answers, and what the page then saw."""

    script: Mapping[str, Sequence[Reply]]
    prompts: Sequence[str | list[Any]]
    answers: Sequence[str]
    tools: Mapping[str, Any] = field(default_factory=dict)  # the page's own: what they answer, and what they are
    results: Mapping[str, str] = field(default_factory=dict)  # by tool: what its result holds
    seen: Sequence[str] = ()  # types of events
    confirmed: Sequence[str] = ()  # the tools that somebody was asked about
    agents: Sequence[str] = ("root",)  # who spoke


SILENT = gpt("Too late.").replace(gates={BEFORE_HEAD: Gate()})
INVOICE = json.dumps(
    {"number": "7", "date": None, "seller": "A", "currency": None, "lines": [], "total": 12.5}, separators=(",", ":")
)
ORDER = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}

BICYCLES = {"name": "bicycles.csv", "text": (FOLDER / "bicycles.csv").read_text(encoding="utf-8")}

STORIES = {
    "demo": Story({}, ["Hello"], [""], seen=["discard", "retry", "fallback"]),
    "documents": Story({}, ["How many vacation days?"], [""], results={"search_handbook": "25 vacation days"}),
    "compute": Story(
        {},
        [[{"type": "file", "file": BICYCLES}, {"type": "text", "text": "Which station counted the most bicycles?"}]],
        [""],
        results={"run_python": "Market square has the highest total: 4"},
        seen=["retry", "fallback", "media"],
    ),
    "survive": Story(
        {
            SONNET: [errors.anthropic_overloaded().replace(repeat=True)],
            "gpt-5.6": [errors.openai_invalid_key()],
            GEMINI: [Reply(gemini(text="Still here."))],
        },
        ["Are you there?"],
        ["Still here."],
        seen=["retry", "fallback"],
    ),
    "openrouter": Story(
        {
            "anthropic/claude-sonnet-4.6": [errors.openai_server_error().replace(repeat=True)],
            "openai/gpt-5.6": [gpt("By another vendor.")],
        },
        ["Are you there?"],
        ["By another vendor."],
        seen=["retry", "fallback"],
    ),
    "local-first": Story({"mistral-small-2603": [gpt("From afar.")]}, ["Hello"], ["From afar."], seen=["fallback"]),
    "research": Story(
        {
            SONNET: [
                claude(calls=asks("create_todos", "a", descriptions=["search", "read"])),
                claude(
                    calls=[*asks("think", "b", thought="Look."), *asks("search_wikipedia", "c", query="wheel spare")]
                ),
                claude(calls=asks("fetch", "d", urls=["https://en.wikipedia.org/wiki/Spare_tire"])),
                claude(calls=asks("add_memory", "e", memory="likes wheels")),
                claude("It is a spare."),
            ]
        },
        ["What is a spare wheel?"],
        ["It is a spare."],
        results={
            "create_todos": "search",
            "search_wikipedia": "Spare tire",
            "fetch": "carried",
            "add_memory": "memory",
        },
    ),
    "team": Story(
        {
            SONNET: [
                claude(calls=asks("transfer_task", "a", agent="writer", task="Write about wheels.")),
                claude(calls=asks("transfer_task", "b", agent="checker", task="Check: Wheels turn.")),
                claude("No faults."),
                claude("Wheels turn."),
                claude(calls=asks("handoff", "c", agent="translator")),
            ],
            GPT: [gpt("Wheels turn."), gpt("Les roues tournent.")],
        },
        ["Write about wheels.", "In French, please."],
        ["Wheels turn.", "Les roues tournent."],
        results={"transfer_task": "No faults."},
        seen=["handoff"],
        agents=["root", "writer", "checker", "translator"],
    ),
    "extract": Story({GPT: [gpt(INVOICE)]}, ["Invoice 7 by A, total 12.50"], [INVOICE]),
    "support": Story(
        {
            GPT: [
                gpt(calls=asks("find_order", "a", number="42")),
                gpt(calls=asks("refund", "b", number="42")),
                gpt("You get 10 back."),
                gpt("A person will answer."),
            ]
        },
        ["My order 42 never came.", "You will hear from my lawyer."],
        ["You get 10 back.", "A person will answer."],
        tools={
            "find_order": {"description": "Finds.", "parameters": ORDER, "readOnly": True, "answer": {"paid": 10}},
            "refund": {"description": "Refunds.", "parameters": ORDER, "answer": "done"},
        },
        results={"find_order": '"paid"', "refund": "done"},
        confirmed=["refund"],
        agents=["root", "complaints"],
    ),
    "python-tools": Story(
        {
            GPT: [
                gpt(calls=asks("loan", "a", amount=100_000, percent=6, years=30)),
                gpt(calls=asks("convert", "b", amount=2, source="EUR", target="USD")),
                gpt("599.55 a month."),
            ]
        },
        ["A loan?"],
        ["599.55 a month."],
        results={"loan": '"monthly":599.55', "convert": "2.5"},
    ),
    "hedged": Story(
        {
            "llama-3.3-70b-versatile": [SILENT],
            "gpt-oss-120b": [gpt("Quick.")],
        },
        ["Quick?"],
        ["Quick."],
        seen=["hedge"],
    ),
    "docker-agent-compatible": Story(
        {
            SONNET: [
                claude(calls=asks("create_todo", "a", description="choose a city")),
                claude(calls=asks("transfer_task", "b", agent="guide", task="Is it warm in May?")),
                claude("Go in May."),
            ],
            GPT: [gpt("It is.")],
        },
        ["Where to?"],
        ["Go in May."],
        results={"transfer_task": "It is."},
        agents=["root", "guide"],
    ),
}

WEB = {
    "https://en.wikipedia.org/w/api.php*": ("application/json", '{"query":{"search":[{"title":"Spare tire"}]}}'),
    "https://en.wikipedia.org/wiki/*": ("text/html", "<html><body><p>A spare tire is carried.</p></body></html>"),
}


def elsewhere(text: str, provider: ScriptedProvider) -> str:
    """The example with every provider at the scripted one's address; nobody listens where Ollama would be."""
    yaml = YAML()
    file = yaml.load(text)
    used = {name for name in PROVIDERS if name not in ("demo", "page") and f"{name}" in text}
    file["providers"] = {
        name: {
            "provider": name,
            "base_url": f"{provider.refused_url() if name == 'ollama' else provider.url}/v1",
            **({"token_key": key} if (key := PROVIDERS[name].token_key) else {}),
        }
        for name in sorted(used)
    }
    out = io.StringIO()
    yaml.dump(file, out)
    return out.getvalue()


RATES = "https://api.frankfurter.dev/v1/latest"
"""Asked by XMLHttpRequest, and waited for: Playwright cannot stand between there, so the site has it."""


@pytest_asyncio.fixture(loop_scope="session")
async def page(foreign_page: Theirs, site: Site, provider: ScriptedProvider) -> AsyncIterator[Theirs]:
    """A page that is not ours, on a made-up web."""

    def answering(kind: str, body: str) -> Any:
        async def answer(route: Route) -> None:
            await route.fulfill(content_type=kind, body=body, headers={"access-control-allow-origin": "*"})

        return answer

    for pattern, (kind, body) in WEB.items():
        await foreign_page.page.context.route(pattern, answering(kind, body))
    yield foreign_page
    await foreign_page.page.context.unroute_all()
    assert not any("CANARY" in text for text in [*foreign_page.watch.console, *foreign_page.watch.urls]), KEY
    foreign_page.watch.clear()


async def test_every_example_has_a_story() -> None:
    assert sorted(STORIES) == sorted(entry["name"] for entry in MENU)


@pytest.mark.parametrize("name", STORIES)
async def test_an_example_runs(name: str, page: Theirs, site: Site, provider: ScriptedProvider) -> None:
    story = STORIES[name]
    for model, replies in story.script.items():
        provider.script(model, *replies)
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    # Each key is another: a chain skips the models of a key that was refused.
    env = {need: f"{KEY}-{need}" for entry in MENU if entry["name"] == name for need in entry["needs"]}
    yaml = elsewhere(text, provider)
    assert load_agent_file(yaml).agents == load_agent_file(text).agents
    site.changes["theirs.js"] = Change(body=b'{"rates": {"USD": 1.25}}')
    yaml = yaml.replace(RATES, f"{site.origin}/theirs/theirs.js")
    # Some give a model three seconds, for which this machine may stand still. The defaults are longer.
    yaml = re.sub(r"timeouts: \{.*?\}", "timeouts: {}", yaml, flags=re.DOTALL)
    await within(page.page.evaluate(OPEN, {"yaml": yaml, "env": env, "tools": dict(story.tools)}), BOOT_LIMIT)
    turns = [Turn(**await within(page.page.evaluate(SEND, prompt))) for prompt in story.prompts]
    await within(page.page.evaluate("example.session.close()"))
    told = json.dumps([turn.events for turn in turns], indent=1)
    for turn, answer in zip(turns, story.answers, strict=True):
        check_rules(turn.events)
        assert turn.types[-1] == "finish", told
        assert turn.result
        assert turn.result["message"]["content"] == (answer or turn.text) != ""
    events = [event for turn in turns for event in turn.events]
    assert set(story.seen) <= {event["type"] for event in events}
    warnings = [event["message"] for event in events if event["type"] == "warning"]
    # At the addresses of this test nobody knows a price.
    assert not [message for message in warnings if not message.startswith("The price of ")], told
    assert not [event for event in events if event["type"] == "tool_blocked"], told
    results = [event for event in events if event["type"] == "tool_result"]
    assert not [event for event in results if event["is_error"]], told
    for tool, part in story.results.items():
        assert any(event["name"] == tool and part in event["output"] for event in results), told
    assert [event["name"] for event in events if event["type"] == "tool_confirmation"] == list(story.confirmed)
    speakers = dict.fromkeys(event["agent"] for event in events if event["type"] == "delta")
    assert sorted(speakers) == sorted(story.agents), told
