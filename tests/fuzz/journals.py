"""Stored records of a session: whatever they are, what can be read of them is a session that can go on."""

from __future__ import annotations

import json
from typing import Any, Final

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.jsontext import write
from sparewheel.messages import user
from sparewheel.providers.base import ModelRequest
from sparewheel.providers.registry import wire_format
from sparewheel.state.approvals import Approvals
from sparewheel.state.budgets import Budgets
from sparewheel.state.journal.headers import read_headers
from sparewheel.state.journal.records import read_journal
from sparewheel.state.journal.restore import restore
from sparewheel.state.journal.retelling import Retelling
from sparewheel.state.journal.transfer import FORMAT, export_document, import_document, to_markdown
from sparewheel.state.saved import load_state
from sparewheel.state.session_state import Conversation, SessionState
from sparewheel.worker.unfinished import unfinished_turn

_AT: Final = "2026-01-02T03:04:05.678+00:00"
_CALL: Final = {"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}", "origin": "openai/a"}
_THOUGHT: Final = {"type": "reasoning", "text": "Hm.", "signature": "s", "origin": "anthropic/b", "redacted": True}
_PIXEL: Final = {"type": "media", "mime_type": "image/png", "data": "iVBORw0KGgo=", "size": 8, "origin": "google/c"}
_STATE: Final = {
    "agent": "root",
    "left_out": 1,
    "model": "openai/a",
    "approvals": {"all": False, "tools": ["ab"]},
    "budgets": {"team": {"tokens": 3, "cost": 0.5, "seconds": 1.5}},
}
_ASKS: Final = {"role": "assistant", "parts": [_THOUGHT, {"type": "text", "text": "Let me see."}, _CALL], "model": "m"}
_SHOWN: Final = {"role": "assistant", "parts": [{"type": "text", "text": "Here."}, _PIXEL]}
_PROMPT: Final = {"role": "user", "parts": [{"type": "text", "text": "hi"}, {"type": "image", "url": "data:,x"}]}
_EFFECT: Final = {"key": "k", "call": "c1", "name": "look", "args": "{}"}
_INTERRUPTED: Final[list[dict[str, Any]]] = [
    {"type": "session", "key": "origin", "value": {"agent": "root"}},
    {"type": "session", "key": "file", "value": "agents: {root: {model: openai/a}}"},
    {"type": "session", "key": "state", "value": _STATE},
    {"type": "session", "key": "text/todo", "value": "{}"},
    {
        "type": "end",
        "turn": "t0",
        "agent": "root",
        "outcome": "finished",
        "kept": True,
        "messages": [_PROMPT, _SHOWN],
    },
    {"type": "prompt", "turn": "t1", "agent": "root", "messages": [_PROMPT]},
    {
        "type": "partial",
        "turn": "t1",
        "items": [{"attempt": 1, "content": "Le"}, {"attempt": 1, "discarded": True}],
    },
    {"type": "usage", "turn": "t1", "attempt": 2, "model": "openai/a", "input_tokens": 3, "discarded": False},
    {"type": "step", "turn": "t1", "start": 1, "messages": [_ASKS]},
    {"type": "effect", "turn": "t1", "state": "intended", **_EFFECT},
    {"type": "effect", "turn": "t1", "state": "done", "output": "seen", **_EFFECT},
    {"type": "step", "turn": "t1", "result": {"id": "c1", "name": "look", "output": "seen", "is_error": False}},
    {
        "type": "step",
        "turn": "t1",
        "start": 2,
        "messages": [{"role": "tool", "tool_call_id": "c1", "result": True}],
    },
    {
        "type": "partial",
        "turn": "t1",
        "items": [{"attempt": 3, "reasoning": "Hm"}, {"attempt": 3, "content": "On"}],
    },
]
_FAILED: Final = {"type": "end", "turn": "t1", "agent": "root", "outcome": "failed", "kept": True}
RECORDS: Final[list[list[dict[str, Any]]]] = [
    [{"v": 1, "at": _AT, **record} for record in records] for records in (_INTERRUPTED, [*_INTERRUPTED, _FAILED])
]
_FILE: Final = """
agents:
  root: {{model: p/a}}
providers: {{p: {{provider: {kind}, base_url: "https://p.example.test", token_key: OTHER_KEY}}}}
"""
_KINDS: Final = ("openai", "openai, api_type: openai_responses", "anthropic", "google")
_TEAMS: Final = [resolve_team(load_agent_file(_FILE.format(kind=kind)), None, {"OTHER_KEY": "k"}) for kind in _KINDS]


def check_journal(records: Any) -> None:
    """What can be read makes a conversation that can be sent, exported, imported and shown to a follower."""
    texts = [record if isinstance(record, str) else write(record) for record in _listed(records)]
    journal = read_journal(enumerate(texts, 1), "one")
    restored = restore(journal)
    history = restored.history
    for team in _TEAMS:
        spec = team.agents["root"].chain[0]
        json.loads(wire_format(spec.api).request(ModelRequest(spec, [*history, user("go on")])).body or b"")
    state = SessionState(Conversation(history, "root"), Approvals(interactive=False))
    load_state(restored.facts.values.get("state"), state, Budgets(_TEAMS[0]), {"root"})
    assert state.conversation.agent == "root"
    unfinished_turn(restored, state.conversation)
    Retelling({"root": "openai/a"}).take(journal.records)
    [header] = read_headers([("one", write(records))])
    to_markdown(header, restored.turns).encode()
    document = json.loads(write(export_document(header, restored)))
    _, again = import_document(document)
    assert [message.text for message in restore(read_journal(_numbered(again), "one")).history] == [
        message.text for message in history
    ]
    try:
        import_document({"format": FORMAT, "version": 1, "records": records})
    except ConfigError as error:
        assert str(error)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _numbered(records: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(seq, write({"v": 1, **record})) for seq, record in enumerate(records, 1)]
