"""The readers of foreign bytes: for each, how its inputs are made, and what must hold for any of them.

A check raises for an input that breaks a rule. Errors of the types that a reader documents are its answers; every other
exception is a find.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from hypothesis import strategies as st

from sparewheel.config.loading import load_agent_file
from sparewheel.config.overview import list_agents, overview
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import KINDS, ConfigError
from sparewheel.errors.classify import classify
from sparewheel.hooks.engine import Hook, Hooks, Point
from sparewheel.jsonschema.dialects import Dialect, write
from sparewheel.jsonschema.reader import Budget
from sparewheel.jsonschema.validate import Mismatch, Validator
from sparewheel.jsontext import read
from sparewheel.jsontext import write as to_json
from sparewheel.messages import parse_messages
from sparewheel.patterns import Pattern
from sparewheel.slices import run_at_once
from sparewheel.testing import Reply, ToolCall, openai_chat
from sparewheel.tools.arguments import parse_arguments
from sparewheel.tools.base import ToolError
from sparewheel.tools.web.addresses import AddressRules, normalise
from sparewheel.tools.web.html_text import html_to_text
from sparewheel.tools.web.openapi_spec import base_url, operations, parse_spec, signature
from sparewheel.transcript import Transcript
from sparewheel.yamltext import YamlProblem
from sparewheel.yamltext import load as load_yaml
from tests.fuzz import seeds
from tests.fuzz.boundary import check_commands
from tests.fuzz.files import check_file, files
from tests.fuzz.journals import RECORDS, check_journal
from tests.fuzz.mutate import CANARY, VALUE, changed, mangled, mangled_text
from tests.fuzz.streams import BODIES, ERRORS, check_answer, check_body
from tests.support.agentic import play_agent, say
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import Callable

ENV: Final = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY, "MINE_KEY": CANARY, "TONE": "brief"}
_DIALECTS: Final = get_args(Dialect)
_DECISIONS: Final = ("allow", "approve", "ask", "deny", "block")


@dataclass(frozen=True)
class Reader:
    """`inputs` are JSON values or bytes, so that a find can be kept in a file."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]


def check_json(data: bytes) -> None:
    """Whatever is read can be written, and reads as the same again."""
    try:
        value = read(data)
    except ValueError:
        return
    assert read(to_json(value)) == value


def check_yaml(text: str) -> None:
    with suppress(YamlProblem):
        load_yaml(text)


def check_agent(text: str) -> None:
    """An agent file is loaded, or refused with one error that has no key."""
    try:
        file = load_agent_file(text)
        overview(file)
        list_agents(file)
        resolve_team(file, None, ENV)
    except ConfigError as error:
        assert str(error)
        # What the file itself spells out is masked at the boundary.
        assert CANARY in text or "CANARY" not in json.dumps(error.to_dict())


def check_error(input: list[Any]) -> None:
    """Any status, headers and body come to one kind, with texts that have no key."""
    status, headers, body, message = input
    info = classify(status, headers, body, message, "openai", secrets=[CANARY], now=0.0)
    assert info.kind in KINDS
    assert info.kind not in ("internal", "config"), info
    assert CANARY not in info.message + info.hint
    assert info.retry_after is None or 0 <= info.retry_after < float("inf")
    to_json([info.message, info.hint]).encode()


def check_schema(schema: Any) -> None:
    """A schema is written in each dialect or refused; written twice it is the same; it validates without failing."""
    if not isinstance(schema, dict):
        return
    for dialect in _DIALECTS:
        with suppress(ValueError):
            written = write(schema, dialect)
            assert write(written, dialect) == written, dialect
            to_json(written).encode()
    validator = Validator(schema)
    for text in seeds.ARGUMENTS:
        with suppress(ToolError):
            parse_arguments(text, validator)


def check_pattern(text: str) -> None:
    try:
        pattern = Pattern(text)
    except ValueError:
        return
    for example in ("a" * 3_000 + "!", "ab\ud800", ""):
        pattern.search(example)


def check_arguments(text: str) -> None:
    for schema in seeds.SCHEMAS:
        with suppress(ToolError, Mismatch):
            given = parse_arguments(text, Validator(schema))
            assert given.copy() == json.loads(given.shown)


def check_url(text: str) -> None:
    """What is requested is what was checked: a URL in normal form reads as itself."""
    with suppress(ToolError):
        url = normalise(text)
        assert normalise(str(url)) == url
        AddressRules(allowed=["example.com"]).check(text)
    with suppress(ConfigError):
        AddressRules(allowed=[text], blocked=[text])


def check_page(text: str) -> None:
    run(html_to_text(text))
    assert "<script" not in run(html_to_text(text.replace("&", ""), markdown=True)).lower() or "<" in text


def check_spec(data: bytes) -> None:
    try:
        spec = run_at_once(parse_spec(data))
        base_url(spec, "https://example.com/openapi.json")
        names = [operation.name for operation in operations(spec)]
        assert len(set(names)) == len(names)
        for operation in list(operations(spec))[:20]:
            found = signature(spec, operation, Budget())
            to_json(found.schema).encode()
    except ToolError:
        return


def check_hook(answer: Any) -> None:
    """An answer that is not understood denies; the loop is told of it once."""

    async def reply(_: dict[str, Any]) -> Any:
        return answer

    async def main() -> None:
        for point in get_args(Point):
            reports: list[str] = []
            verdict = await Hooks([Hook(point, reply)], reports.append).run(point, {}, "look")
            decision = answer.get("decision") if isinstance(answer, dict) else None
            if decision is not None and decision not in _DECISIONS:
                assert verdict.denied
            assert verdict.decision in (None, "allow", "ask", "deny")
            assert isinstance(verdict.reason, str)

    run(main())


def check_history(messages: Any) -> None:
    """A history from outside is refused, or every API takes the requests that are made from it."""
    try:
        parsed = parse_messages(messages)
    except ConfigError:
        return
    for name in seeds.FORMATS:
        run(asyncio.wait_for(check_answer(name, None, parsed), 1e6))


def check_transcript(places: list[int]) -> None:
    """The reducer takes events in any order, some of them lost or told twice: a listener can come late."""
    events = _events_of_a_turn()
    transcript = Transcript()
    for place in places:
        transcript.push(events[place % len(events)])
        to_json([transcript.snapshot(), transcript.message]).encode()


@cache
def _events_of_a_turn() -> list[Any]:
    asking = openai_chat(reasoning=["h", "m"], text="Let me.", tool_calls=[ToolCall("c", "look", ['{"a"', ": 1}"])])
    broken = Reply(openai_chat(text=["No", "no"], finish=None), cut_at=9999)
    file = "agents: {root: {model: openai/a, fallback: {models: [openai/b], retries: -1}}}"
    [played], _ = play_agent({"a": [broken], "b": [asking, say("Done.")]}, text=file)
    return played.events


READERS: Final[dict[str, Reader]] = {
    "stream": Reader(BODIES, check_body),
    "answer": Reader(ERRORS, lambda case: run(check_answer(case[0], case[1:]))),
    "error": Reader(
        st.tuples(
            st.one_of(st.none(), st.integers(-1, 700), VALUE),
            st.one_of(st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "date"]), VALUE), VALUE),
            st.one_of(
                changed([json.loads(reply.body) for reply in seeds.REPLIES if reply.body.lstrip()[:1] in b"{["]),
                mangled([reply.body for reply in seeds.REPLIES]).map(lambda body: body.decode("utf-8", "replace")),
                mangled_text(seeds.PAGES),
            ),
            st.one_of(st.none(), mangled_text(["TypeError: Failed to fetch", f'429 {{"error": "{CANARY}"}}'])),
        ).map(list),
        check_error,
    ),
    "json": Reader(mangled([event[6:] for events in seeds.STREAMS["openai"] for event in events]), check_json),
    "yaml": Reader(mangled_text(seeds.AGENTS), check_yaml),
    "agent": Reader(st.one_of(mangled_text(seeds.AGENTS), changed([seeds.AGENT]).map(json.dumps)), check_agent),
    "file": Reader(files(), check_file),
    "schema": Reader(changed([*seeds.SCHEMAS, *seeds.SPECS[0]["components"]["schemas"].values()]), check_schema),
    "pattern": Reader(mangled_text(seeds.PATTERNS), check_pattern),
    "arguments": Reader(mangled_text(seeds.ARGUMENTS), check_arguments),
    "url": Reader(mangled_text(seeds.URLS), check_url),
    "page": Reader(mangled_text(seeds.PAGES), check_page),
    "spec": Reader(
        st.one_of(
            changed(seeds.SPECS).map(lambda spec: json.dumps(spec).encode()),
            mangled([json.dumps(spec).encode() for spec in seeds.SPECS]),
        ),
        check_spec,
    ),
    "hook": Reader(changed(seeds.HOOK_ANSWERS), check_hook),
    "history": Reader(changed(seeds.HISTORIES), check_history),
    "journal": Reader(changed(RECORDS), check_journal),
    "transcript": Reader(st.lists(st.integers(0, 40), max_size=40), check_transcript),
    "commands": Reader(
        st.lists(
            st.one_of(
                st.sampled_from(seeds.COMMANDS).map(json.dumps),
                changed(seeds.COMMANDS).map(json.dumps),
                mangled_text([json.dumps(command) for command in seeds.COMMANDS]),
            ),
            min_size=1,
            max_size=6,
        ),
        check_commands,
    ),
}
