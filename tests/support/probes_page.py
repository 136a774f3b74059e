"""Probes of what the page hands over: options, messages, and what its functions return, throw and answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sparewheel.testing import Reply
from tests.support.probe import FORMATS, SIZES, TEXTS, VALUES, Probe, calling, tool

# JavaScript throughout. `duck` and `body` are functions of the page of the probes.
_FILE = "yaml: 'agents: {root: {model: demo/hello}}'"
_THROWN = {
    "null": "null",
    "a symbol": "Symbol('x')",
    "no prototype": "Object.create(null)",
    "text that fails": "{ toString() { throw 1; } }",
    "message that fails": "Object.defineProperty(new Error(), 'message', { get() { throw null; } })",
    "message of objects": "Object.assign(new Error(), { message: { a: 1n } })",
    "long message": "new Error('x'.repeat(5000000))",
    "proxy that fails": "new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })",
}
_CHANGES = tool("'x'", read_only="false")
_ODD = {
    "bytes": "new Uint8Array(5000000)",
    "map": "new Map([[1, 2]])",
    "getter that fails": "{ get value() { throw null; } }",
    "other value at each look": "{ toJSON: (() => { let n = 0; return () => (n++ ? 1n : 'x'); })() }",
    "thenable that fails": "{ then() { throw 1; } }",
    "proxy that fails": "new Proxy({}, { ownKeys() { throw 1; }, get() { return undefined; } })",
    "NaN": "[NaN]",
    "prototype": 'JSON.parse(\'{"__proto__": {"a": 1}, "constructor": 1}\')',
}
_READABLE = {name: value for name, value in _ODD.items() if "fails" not in name}  # what a page throws itself is its own
_RESPONSES = {
    "nothing": "undefined",
    "text": "'x'",
    "status 0": "duck({ status: 0 })",
    "status -1": "duck({ status: -1 })",
    "status of 1e300": "duck({ status: 1e300 })",
    "status of text": "duck({ status: '200' })",
    "status of an object": "duck({ status: { valueOf: () => 200 } })",
    "big status": "duck({ status: 200n })",
    "no headers": "duck({ headers: null })",
    "headers that are none": "duck({ headers: [[Symbol('x')]] })",
    "header of objects": "duck({ headers: [['content-type', { a: 1n }]] })",
    "header of a prototype": "duck({ headers: [['__proto__', 'x'], ['content-type', null]] })",
    "many headers": "new Response('x', { headers: Array.from({ length: 20000 }, (_, n) => [`x-${n}`, 'y']) })",
    "long header": "new Response('x', { status: 429, headers: { 'retry-after': '9'.repeat(1000000) } })",
    "deep header": "new Response('x', { status: 529, headers: { 'content-type': '['.repeat(100000) } })",
    "no body": "new Response(null, { status: 200 })",
    "body that is none": "duck({ body: {} })",
    "used body": "(() => { const used = new Response('x'); used.text(); return used; })()",
    "body of texts": "body('x', 'y')",
    "body of numbers": "body(1, 2)",
    "body of wide numbers": "body(new Float64Array([1e300, NaN]))",
    "body of a view": "body(new DataView(new ArrayBuffer(8)))",
    "body of shared memory": "body(globalThis.SharedArrayBuffer ? new Uint8Array(new SharedArrayBuffer(8)) : 0)",
    "body of nothing": "body(null, undefined)",
    "body of empty pieces": "body(...Array(20000).fill(new Uint8Array(0)))",
    "body of small pieces": "body(...Array(20000).fill(new Uint8Array([58, 10])))",
    "body of one piece": "body(new Uint8Array(50000000).fill(58))",
    "body that fails": "new Response(new ReadableStream({ pull(control) { control.error(Object.create(null)); } }))",
}
_HOOKS = {
    **{f"decision: {name}": f"{{ decision: {value} }}" for name, value in VALUES.items()},
    "context": "{ additional_context: 'x'.repeat(5000000) }",
    "context of halves": "{ additional_context: '\\ud83d'.repeat(500000) }",
    "deep input": "{ updated_input: JSON.parse('{\"a\":'.repeat(5000) + '1' + '}'.repeat(5000)) }",
    "many inputs": "{ updated_input: Object.fromEntries(Array.from({ length: 100000 }, (_, n) => ['k' + n, n])) }",
    "response": "{ updated_tool_response: 'x'.repeat(5000000) }",
    "specific text": "{ hook_specific_output: 'x'.repeat(5000000) }",
    "specific circle": "(() => { const a = {}; a.hook_specific_output = a; return a; })()",
    "reason": "{ decision: 'deny', reason: '\\ud83d'.repeat(500000) }",
    "stop": "{ continue: false, stop_reason: 'x'.repeat(5000000) }",
}
_HOOK_EVENTS = (
    *("pre_tool_use", "post_tool_use", "tool_response_transform", "tool_input_transform", "tool_guard"),
    *("permission_request", "on_tool_approval_decision", "user_prompt_submit", "turn_start", "turn_end"),
    *("before_llm_call", "after_llm_call", "session_start", "stop", "notification"),
)
_PIECES = {
    "no stream": "5",
    "many pieces": "(async function* () { for (let n = 0; n < 20000; n++) yield 'x '; })()",
    "long piece": "(async function* () { yield 'x '.repeat(2500000); })()",
    "halves": "(async function* () { for (let n = 0; n < 2000; n++) yield '\\ud83d'; })()",
    "next that is none": "({ [Symbol.asyncIterator]: () => ({ next: () => 5 }) })",
    "next that fails": "({ [Symbol.asyncIterator]: () => ({ next() { throw null; } }) })",
    "return that fails": "({ [Symbol.asyncIterator]: () => ({ return() { throw 1; }, "
    "next: async () => ({ value: 'x '.repeat(40000) }) }) })",
    "no value": "(async function* () { yield undefined; })()",
}


def given() -> Iterator[Probe]:
    yield from _options()
    yield from _histories()
    yield from _models()
    yield from _fetches()
    yield from _tools_and_hooks()
    yield from _answers()


def _options() -> Iterator[Probe]:
    """Options and commands."""
    for name, value in VALUES.items():
        for option in ("history", "env", "documents", "tools", "hooks", "python", "yaml"):
            yield _command(f"option {option}: {name}", "createSession", f"{{ {_FILE}, {option}: {value} }}")
        yield _command(f"health: {name}", "health", value)
        yield _command(f"message: {name}", "chat", f"{{ {_FILE}, messages: [{{ role: 'user', content: {value} }}] }}")
    for name, value in {**VALUES, **_READABLE}.items():
        yield _command(f"prompt: {name}", "send", value)
        for field in ("", "id", "decision", "toolName", "reason"):
            yield _command(f"decision without a call: {field} {name}", "confirm", _field(field, value))
        for field in ("", "id", "action", "content"):
            yield _command(f"answer without a question: {field} {name}", "respondToElicitation", _field(field, value))
    for index, (name, make) in enumerate(TEXTS.items()):
        yield _command(f"prompt: {name}", "send", json.dumps(make(SIZES[index % 3])))


def _command(name: str, method: str, argument: str) -> Probe:
    return Probe(name, "command", method=method, argument=argument)


def _field(field: str, value: str) -> str:
    return f"{{ id: 'x', action: 'accept', {field}: {value} }}" if field else value


def _histories() -> Iterator[Probe]:
    """The history of a session, and the messages of a conversation that a model gets."""
    formats = list(FORMATS)
    for index, (name, make) in enumerate(TEXTS.items()):
        text = json.dumps(make(SIZES[index % 2]))
        for place, messages in _messages(text).items():
            history = f"[{{ role: 'user', content: 'x' }}, {messages}]"
            yield _command(f"history: {place}: {name}", "createSession", f"{{ {_FILE}, history: {history} }}")
            api = formats[index % len(formats)]
            answer = Reply(FORMATS[api](text=["An", "swer"]))
            yield Probe(f"messages: {place}: {name}", "end", answer, format=api, page=f"{{ messages: {history} }}")
    for name, value in {**VALUES, **_READABLE}.items():
        for place, messages in _messages(value).items():
            argument = f"{{ {_FILE}, history: [{{ role: 'user', content: 'x' }}, {messages}] }}"
            yield _command(f"history: {place}: {name}", "createSession", argument)


def _messages(value: str) -> dict[str, str]:
    """Messages with a value in each of their fields."""
    call = f"{{ id: 'c', type: 'function', function: {{ name: 'look', arguments: {value} }} }}"
    named = f"{{ id: {value}, type: 'function', function: {{ name: {value}, arguments: '{{}}' }} }}"
    return {
        "role": f"{{ role: {value}, content: 'x' }}",
        "text": f"{{ role: 'assistant', content: {value} }}",
        "reasoning": f"{{ role: 'assistant', content: 'x', reasoning: {value} }}",
        "arguments": f"{{ role: 'assistant', content: '', tool_calls: [{call}] }}",
        "call": f"{{ role: 'assistant', content: '', tool_calls: [{named}] }}",
        "result": f"{{ role: 'tool', tool_call_id: {value}, content: {value} }}",
        "media": f"{{ role: 'assistant', content: '', media: [{{ mime_type: 'image/png', data: {value} }}] }}",
        "type of media": f"{{ role: 'user', content: 'x', media: [{{ mime_type: {value}, data: 'AAAA' }}] }}",
        "annotations": f"{{ role: 'assistant', content: 'x', annotations: [{{ url: {value}, title: {value} }}] }}",
    }


def _models() -> Iterator[Probe]:
    """What a model of the page streams."""
    streams = {name: f"{{ stream: () => {stream} }}" for name, stream in _PIECES.items()}
    for name, value in {**VALUES, **_ODD}.items():
        streams[name] = f"{{ stream: async function* () {{ yield {value}; }} }}"
        streams[f"after a piece, {name}"] = f"{{ stream: async function* () {{ yield 'x'; yield {value}; }} }}"
    for index, (name, make) in enumerate(TEXTS.items()):
        streams[name] = f"{{ stream: async function* () {{ yield {json.dumps(make(SIZES[index % 3]))}; }} }}"
    for name, value in _THROWN.items():
        streams[f"thrown {name}"] = f"{{ stream: async function* () {{ yield 'x'; throw {value}; }} }}"
    for name, page in streams.items():
        yield Probe(f"stream of the page's model: {name}", "attempt", model="page/hostile", page=page)


def _fetches() -> Iterator[Probe]:
    """What the page's `fetch` answers for the first model."""
    answers = {**_RESPONSES, **{f"value: {name}": value for name, value in VALUES.items()}}
    for index, (name, make) in enumerate(TEXTS.items()):
        answers[f"body: {name}"] = f"new Response({json.dumps(make(SIZES[index % 3]))})"
        event = json.dumps(f"data: {make(SIZES[1])}\n\n")
        answers[f"event: {name}"] = f"new Response({event})"
    for name, answer in answers.items():
        yield Probe(f"response of the page's fetch: {name}", "attempt", page=f"{{ fetch: () => {answer} }}")
    for name, value in _THROWN.items():
        page = f"{{ fetch() {{ throw {value}; }} }}"
        yield Probe(f"response of the page's fetch: thrown {name}", "attempt", page=page)


def _tools_and_hooks() -> Iterator[Probe]:
    for name, value in _ODD.items():
        yield Probe(f"value of a tool: {name}", "turn", calling("look", {}), page=tool(f"({value})"))
    for name, value in _THROWN.items():
        throws = f"(() => {{ throw {value}; }})()"
        yield Probe(f"thrown by a tool: {name}", "turn", calling("look", {}), page=tool(throws))
        yield _hook(f"thrown by a hook: {name}", "pre_tool_use", throws)
    for event in _HOOK_EVENTS:
        for name, value in _HOOKS.items():
            yield _hook(f"answer of a hook: {event}: {name}", event, value)


def _hook(name: str, event: str, value: str) -> Probe:
    page = f"{{ hooks: {{ {event}: () => ({value}) }}, ...{_CHANGES}, autoApprove: false }}"
    return Probe(name, "end", calling("look", {}), page=page)


def _answers() -> Iterator[Probe]:
    """What the user answers to approvals and questions of tools."""
    values = {**VALUES, **_ODD}
    for index, (name, make) in enumerate(TEXTS.items()):
        values[name] = json.dumps(make(SIZES[index % 3]))
    for name, value in values.items():
        for field in ("", "decision", "toolName", "reason"):
            yield _approval(f"approval: {field} {name}", f"({_field(field, value)})" if field else f"({value})")
        for answer in (value, f"{{ action: {value} }}", f"{{ action: 'accept', content: {value} }}",
                       f"{{ action: 'accept', content: {{ answer: {value} }} }}"):  # fmt: skip
            kind = answer.replace(value, "…") if len(answer) > len(value) else "…"
            yield _question(f"answer to a question: {kind} {name}", f"({answer})")
    for name, value in _THROWN.items():
        throws = f"(() => {{ throw {value}; }})()"
        yield _approval(f"approval: thrown {name}", throws)
        yield _question(f"answer to a question: thrown {name}", throws)


def _approval(name: str, answer: str) -> Probe:
    page = f"{{ ...{_CHANGES}, autoApprove: false, answer: () => {answer} }}"
    return Probe(name, "turn", calling("look", {}), page=page)


def _question(name: str, answer: str) -> Probe:
    more = ", toolsets: [{type: user_prompt}]"
    reply = calling("user_prompt", {"message": "Which?", "schema": {"type": "object", "properties": {"answer": {}}}})
    return Probe(name, "turn", reply, more=more, page=f"{{ answer: () => {answer} }}")
