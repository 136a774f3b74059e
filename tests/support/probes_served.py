"""Probes of what comes over the network or from a file: answers of models, pages, API documents, agent files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sparewheel.testing import Reply, ToolCall, openai_chat
from tests.support.probe import FORMATS, SIZES, TEXTS, VALUES, Probe, calling, tool

YAMLS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "agents: " + "[" * n,
    "braces": lambda n: "agents: " + "{a: " * (n // 4),
    "dashes": lambda n: "- " * (n // 2),
    "questions": lambda n: "? " * (n // 2),
    "indents": lambda n: "".join(f"{' ' * level}a:\n" for level in range(int((2 * n) ** 0.5))),
    "keys": lambda n: "\n".join(f"k{number}: v" for number in range(n // 10)),
    "agents": lambda n: "agents:\n" + "\n".join(f"  a{number}: {{}}" for number in range(n // 10)),
    "text": lambda n: "agents: " + "x " * (n // 2),
    "block text": lambda n: "agents: |\n" + "  x\n" * (n // 4),
    "quotes": lambda n: 'agents: "' + "\\n" * (n // 2) + '"',
    "comments": lambda n: "# c\n" * (n // 4),
    "empty lines": lambda n: "\n" * n,
    "digits": lambda n: "agents: " + "9" * n,
    "anchors": lambda n: "agents: [" + "&a x, " * (n // 6) + "]",
    "aliases": lambda n: "a0: &a0 [x]\n" + "\n".join(_nine(k) for k in range(1, n // 500)),
    "merges": lambda n: "{<<: " * 40 + "{" + ", ".join(f"k{number}" for number in range(n // 10)) + "}" + "}" * 40,
    "tag": lambda n: "agents: !" + "x" * n + " 1",
}  # fmt: skip
PAGES = ("<div>", "<b>", "<a href=x>", "<", "<!--", "<a x='", "&amp", "<script>", "<svg>", "<pre>\n", "<td>")


def served() -> Iterator[Probe]:
    yield from _answers()
    yield from _tools()
    yield from _files()


def _answers() -> Iterator[Probe]:
    """What a model's server sends."""
    for index, (name, make) in enumerate(TEXTS.items()):
        size = SIZES[index % 3]
        text = make(size)
        for api in FORMATS:
            yield Probe(f"event of {api}: {name}", "attempt", Reply((f"data: {text}\n\n".encode(),)), format=api)
        content = f'data: {{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}\n\n'
        yield Probe(f"content of an event: {name}", "attempt", Reply((content.encode(),)))
        for status, body in ((400, text), (429, f'{{"error":{text}}}')):
            reply = Reply((body.encode(),), status, content_type="application/json", framing="length")
            yield Probe(f"body of status {status}: {name}", "attempt", reply)
        yield Probe(f"error in a stream: {name}", "attempt", Reply((f'data: {{"error":{text}}}\n\n'.encode(),)))
        document = Reply((text.encode(),), content_type="application/json", framing="length")
        yield Probe(f"document: {name}", "attempt", document)
        for api in ("openai", "openai_responses", "anthropic"):  # those of Gemini are a part of the event
            reply = Reply(FORMATS[api](tool_calls=[ToolCall("call_1", "think", text)]))
            yield Probe(f"arguments of {api}: {name}", "attempt", reply, format=api, more=", toolsets: [{type: think}]")
        schema = "{name: x, schema: {type: object, properties: {a: {type: string}}, required: [a]}}"
        more, then = f", structured_output: {schema}", Reply(openai_chat(text=['{"a": "x"}']))
        yield Probe(f"structured answer: {name}", "turn", Reply(openai_chat(text=[text])), more=more, then=then)
    flood = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n' * 30_000
    yield Probe("flood of events", "attempt", Reply((flood,), split=()))
    yield Probe("flood of comments", "attempt", Reply((b":\n" * 500_000,), split=()))
    yield Probe("flood of empty lines", "attempt", Reply((b"data:\n" * 200_000 + b"\n",), split=()))


def _tools() -> Iterator[Probe]:
    """What tools get and give."""
    for index, (name, make) in enumerate(TEXTS.items()):
        yield Probe(f"text of a tool: {name}", "turn", calling("look", {}), page=tool(json.dumps(make(SIZES[2]))))
        spec = f'{{"openapi":"3.0.0","paths":{{}},"x":{make(SIZES[index % 3])}}}'
        yield _openapi(f"JSON, {name}", spec)
    for name, make in YAMLS.items():
        yield _openapi(f"YAML, {name}", "openapi: 3.0.0\npaths: {}\nx:\n  " + make(SIZES[2]).replace("\n", "\n  "))
    for name, spec in _specs().items():
        yield _openapi(name, json.dumps(spec))
    for name in PAGES:
        fetch = ", toolsets: [{type: fetch, allow_private_ips: true}]"
        reply = calling("fetch", {"urls": ["SITE/theirs/served"], "format": "markdown"})
        yield Probe(
            f"page: {name}", "turn", reply, more=fetch, served=("text/html", name.encode() * (SIZES[2] // len(name)))
        )
    for name, value in VALUES.items():
        yield Probe(f"value of a tool: {name}", "turn", calling("look", {}), page=tool(value))
        hook = f"{{ hooks: {{ pre_tool_use: () => ({value}) }} }}"
        yield Probe(f"answer of a hook: {name}", "turn", calling("think", {"thought": "x"}), page=hook,
                    more=", toolsets: [{type: think}]")  # fmt: skip
    for name, schema in _schemas().items():
        reply = calling("look", {"a": "a" * 50_000 + "!"})
        yield Probe(f"schema of a tool: {name}", "turn", reply, page=tool("'x'", json.dumps(schema)))


def _nine(level: int) -> str:
    return f"a{level}: &a{level} [" + f"*a{level - 1}, " * 9 + "]"


def _openapi(name: str, document: str) -> Probe:
    more = ", toolsets: [{type: openapi, url: 'SITE/theirs/served', allow_private_ips: true}]"
    return Probe(f"OpenAPI document: {name}", "turn", more=more, served=("application/json", document.encode()))


def _specs() -> dict[str, Any]:
    def paths(**more: Any) -> dict[str, Any]:
        return {"openapi": "3.0.0", "paths": {}, **more}

    doubling = {f"v{level}": {"default": f"{{v{level + 1}}}" * 2} for level in range(31)}
    level = {f"s{n}": {"properties": {f"p{k}": {"$ref": f"#/c/s{n + 1}"} for k in range(10)}} for n in range(10)}
    chain = {f"s{n}": {"$ref": f"#/c/s{n + 1}"} for n in range(10_000)}
    parameter = {"name": "a", "in": "query", "schema": {"$ref": "#/c/s0"}}
    operation = {"get": {"parameters": [parameter]}}
    return {
        "variables that double": paths(servers=[{"url": "{v0}", "variables": doubling}]),
        "references that multiply": paths(paths={f"/{n}": operation for n in range(50)}, c=level),
        "a chain of references": paths(paths={"/a": operation}, c=chain),
        "a circle of references": paths(paths={"/a": operation}, c={"s0": {"$ref": "#/c/s0"}}),
        "paths": paths(paths={f"/{n}": {} for n in range(100_000)}),
        "operations of one name": paths(paths={f"/{n}": {"get": {"operationId": "a"}} for n in range(5_000)}),
        "parameters": paths(paths={"/a": {"get": {"parameters": [parameter] * 100_000}}}, c={"s0": {}}),
        "texts": paths(paths={f"/{n}": operation for n in range(100)}, c={"s0": {"format": "x" * 1_000_000}}),
    }


def _schemas() -> dict[str, Any]:
    deep: Any = {"type": "string"}
    for _ in range(90):
        deep = {"type": "object", "properties": {"a": deep}}
    patterns = ["^(a+)+$", "(.*a){12}$", "^(?:a?){30}a{30}$", r"^(\w{9}){99}$", "(?=a)+", "(a|a)*$", "[" * 2_000]
    return {
        "deep": deep,
        "circle": {"type": "object", "properties": {"a": {"$ref": "#"}}, "$defs": {"b": {"$ref": "#/$defs/b"}}},
        "references": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a0"}},
                       "$defs": {f"a{n}": {"anyOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 9} for n in range(30)}},
        **{f"pattern {n}": {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
           for n, pattern in enumerate(patterns)},
    }  # fmt: skip


def _files() -> Iterator[Probe]:
    """Agent files."""
    for index, (name, make) in enumerate(YAMLS.items()):
        for size in {SIZES[index % 2], SIZES[2]}:
            text = make(size)
            method = ("parseConfig", "listAgents")[index % 2]
            yield Probe(f"agent file of {size}: {name}", "command", method=method, argument=json.dumps(text))
    for name, make in TEXTS.items():
        yield Probe(f"agent file in JSON: {name}", "command", method="parseConfig", argument=json.dumps(make(SIZES[2])))
