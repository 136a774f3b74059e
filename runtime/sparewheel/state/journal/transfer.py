"""A session as one document: to be imported elsewhere, or to be read. Imported documents are not trusted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError
from ...jsontext import read, write
from .compaction import dump_bounded
from .course import texts_of
from .ended import read_end
from .headers import MAX_NAME, read_headers, tidy_title
from .recorder import Facts
from .records import VERSION, read_journal
from .restore import Restored, restore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...messages import Message
    from .headers import Header
    from .records import Record
    from .restore import StoredTurn

FORMAT: Final = "sparewheel.session"
DOCUMENT_VERSION: Final = 1
MAX_RECORDS: Final = 100_000
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d)")
_STATE: Final = ("agent", "left_out", "model", "budgets")  # approvals are the user's, and stay where they were given
_ORIGIN: Final = ("agent", "session", "turn")  # the session that it was branched off, before which turn
_HEADER: Final = ("title", "agent", "created", "updated")
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_ENDINGS: Final = {
    "failed": "This turn failed",
    "aborted": "This turn was stopped",
    "abandoned": "This turn was stopped",
    "interrupted": "This turn was interrupted",
}
_ROLES: Final = {"user": "User", "assistant": "Assistant", "tool": "Tool result", "system": "System"}


def export_document(header: Header, restored: Restored) -> dict[str, Any]:
    """A session as a JSON document, without keys, which `import_document` reads.

    `goes_on` is set in the record of the last turn if that has failed and can go on here.
    """
    records = [{"v": VERSION, **record} for record in _records(restored, header["updated"])]
    if restored.turns and restored.turns[-1].has_failed and records[-1].get("turn") == restored.turns[-1].id:
        records[-1]["goes_on"] = True
    return {
        "format": FORMAT,
        "version": DOCUMENT_VERSION,
        "id": header["id"],
        "title": header["title"],
        "agent": header["agent"],
        "created": header["created"],
        "updated": header["updated"],
        "records": records,
    }


def import_document(document: object) -> tuple[Header, list[Record]]:
    """The row and the records of a session from a document: JSON text, or its value.

    Raises:
        ConfigError: it is no such document, or a newer version has written it.
    """
    if isinstance(document, str):
        try:
            document = read(document)
        except ValueError as error:
            raise ConfigError(f"import: the document is no JSON: {error}"[:300]) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ConfigError("import: this is no exported session")
    version, records = document.get("version"), document.get("records")
    if isinstance(version, int) and version > DOCUMENT_VERSION:
        raise ConfigError("import: a newer version has written this document", "Update this page or program first.")
    if version != DOCUMENT_VERSION or not isinstance(records, list) or len(records) > MAX_RECORDS:
        raise ConfigError("import: the document has no version, no records, or too many")
    journal = read_journal(((seq, write(record)) for seq, record in enumerate(records, 1)), "")
    if journal.future:
        raise ConfigError("import: a newer version has written these records", "Update this page or program first.")
    restored = restore(journal)
    if restored.lost:
        raise ConfigError(f"import: {restored.lost} of {len(records)} records cannot be read")
    [header] = read_headers([(_name(document.get("id")), write({name: document.get(name) for name in _HEADER}))])
    header["title"] = tidy_title(header["title"])
    header["created"], header["updated"] = _time(header["created"]), _time(header["updated"])
    header["turns"] = len(restored.turns)
    return header, _records(restored, header["updated"])


def _records(restored: Restored, at: str) -> list[Record]:
    """The records of a session, made anew from what could be read: its facts, and one for each turn."""
    facts = _facts(restored.facts.values)
    return [
        *({"type": "session", "at": at, "key": key, "value": value} for key, value in facts.items()),
        *(record for turn in restored.turns for record in _turn(turn)),
    ]


def branch(header: Header, restored: Restored, turn: str | None) -> list[Record]:
    """The records of a session with the turns of another one before `turn`; None: with all of them.

    What tools have stored comes along as it is now, approvals and budgets do not.

    Raises:
        ConfigError: there is no such turn.
    """
    names = [each.id for each in restored.turns]
    if turn is not None and turn not in names:
        raise ConfigError(f"There is no turn {turn[:MAX_NAME]!r} in this session.")
    turns = [each for each in (restored.turns if turn is None else restored.turns[: names.index(turn)]) if each.kept]
    values = dict(restored.facts.values)
    agent = next((each.agent for each in restored.turns if each.id == turn), header["agent"])
    values["state"] = {"agent": agent}
    values["origin"] = {"agent": header["agent"], "session": header["id"], **({"turn": turn} if turn else {})}
    return _records(Restored(Facts(values), turns, 0, False), header["updated"])


def _turn(turn: StoredTurn) -> list[Record]:
    """One record for a turn: of one that is not in the conversation, its prompt. Empty if that is not stored either."""
    kept = turn.kept
    if not (messages := kept or turn.messages):
        return []
    record = {"type": "end", "at": turn.at, "turn": turn.id, "agent": turn.agent}
    end = {"outcome": (turn.end or {}).get("outcome", "interrupted"), "kept": bool(kept), **read_end(turn.end or {})}
    course = {"spent": turn.spent, "course": turn.entries}
    return [{**record, **end, **course, "messages": [dump_bounded(message) for message in messages]}]


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that go with a document."""
    facts: dict[str, Any] = {}
    for key, value in values.items():
        if key == "state" and isinstance(value, dict):
            facts[key] = {name: value[name] for name in _STATE if name in value}
        elif (key == "file" or key.startswith("text/")) and isinstance(value, str):
            facts[key] = value
        elif key == "origin" and isinstance(value, dict) and isinstance(value.get("agent"), str):
            facts[key] = {name: value[name] for name in _ORIGIN if isinstance(value.get(name), str)}
    return facts


def _name(value: object) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else ""


def _time(text: str) -> str:
    return text if _TIME.fullmatch(text) else ""


def to_markdown(header: Header, turns: Iterable[StoredTurn]) -> str:
    """The conversation as Markdown, to be read; also of a turn that has failed its prompt, its text and the error."""
    blocks = [f"# {header['title'] or 'Session'}"]
    for turn in turns:
        messages = turn.kept or turn.messages
        blocks += [block for message in messages for block in _blocks(message)]
        blocks += _ending(turn, messages)
    return "\n\n".join(blocks) + "\n"


def _blocks(message: Message) -> list[str]:
    blocks = [f"## {_ROLES[message.role]}"]
    if message.text:
        blocks.append(_fenced(message.text) if message.role == "tool" else _closed(message.text))
    blocks += [f"Calls `{call.name}`:\n\n{_fenced(call.arguments, 'json')}" for call in message.tool_calls]
    blocks += [file.as_text() if file.text else f"[{file.label}, {file.mime_type}]" for file in message.files]
    return [*blocks, *(f"[{media.mime_type}]" for media in message.media)]


def _ending(turn: StoredTurn, messages: Sequence[Message]) -> list[str]:
    """How a turn ended that has not finished: the text of its last step, and the error. Empty for a finished one."""
    end = read_end(turn.end or {})
    outcome = (turn.end or {}).get("outcome", "interrupted")
    if outcome == "finished":
        return []
    text, _ = texts_of(end.get("parts"))
    answers = [message.text for message in messages if message.role == "assistant"]
    partial = [f"## {_ROLES['assistant']}", _closed(text)] if text and text not in answers[-1:] else []
    error = end.get("error", {})
    why = " ".join(str(error.get(name, "")) for name in ("message", "hint")).strip()
    ended = _ENDINGS.get(str(outcome), _ENDINGS["interrupted"])
    lines = f"{ended}: {why}" if why else f"{ended}."
    return [*partial, "\n".join(f"> {line}" for line in lines.splitlines())]


def _closed(text: str) -> str:
    """The text; if it broke off inside a code block, with the end of that block."""
    fence = ""
    for marks, rest in _FENCE.findall(text):
        if not fence:
            fence = marks
        elif marks.startswith(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _fenced(text: str, language: str = "") -> str:
    """A code block, whose fence is longer than any in the text."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{language}\n{text}\n{fence}"
