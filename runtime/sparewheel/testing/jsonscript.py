"""A script as JSON, for the command: the same replies as in Python, one object each.

    {
      "models": {
        "gpt-x": [
          {"error": "openai_rate_limit", "retry_after": 1},
          {"openai_chat": {"text": ["Hel", "lo"], "usage": {"input": 9, "output": 2}}, "every": 0.05}
        ],
        "claude-x": [
          {"anthropic": {"text": ["Hel"], "finish": null}, "then": "anthropic_stream_error"},
          {"anthropic": {"tool_calls": [{"id": "toolu_1", "name": "add", "arguments": {"a": 1}}]}, "repeat": true}
        ]
      },
      "default": [{"dropped": "reset"}]
    }

A reply is one of
  "error": NAME          a function of sparewheel.testing.errors; its arguments stand beside it
  "openai_chat", "openai_responses", "anthropic", "gemini": {...}
                         the arguments of the builder of that name; "then" adds the events of an errors.*_stream_error
  "events": [TEXT, ...]  the body as it is, one text for each event
  "dropped": "reset" | "close"   no answer at all
together with any field of Reply: status, headers, content_type, delay, every, split, cut_at, cut, silent_after,
ping_every, framing, cors, expose, repeat.

"background": {"connections": [...], "polls": [...], "streamable_for": SECONDS, "kept_for": SECONDS} beside
"openai_responses" makes it a Background, whose events are generated "every" so many seconds. Its connections and polls
are replies, or objects with only fields of Reply: {"openai_responses": {...}, "background": {"connections":
[{"cut_at": 700}]}}
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from . import errors
from .background import Background
from .responses import openai_responses
from .script import Reply, dropped
from .streams import Events, ToolCall, Usage, anthropic, gemini, openai_chat

if TYPE_CHECKING:
    from collections.abc import Callable

BUILDERS: dict[str, Callable[..., Events]] = {
    "openai_chat": openai_chat,
    "openai_responses": openai_responses,
    "anthropic": anthropic,
    "gemini": gemini,
}
_OPTIONS = frozenset(field.name for field in fields(Reply)) - {"events", "gates", "ping", "raw", "live"}
_KINDS = ("error", "events", "dropped", *BUILDERS)


class BadScript(ValueError):
    """A script that cannot be used; the message names the place and the reason."""


def parse_script(document: object) -> tuple[dict[str, list[Reply | Background]], list[Reply | Background]]:
    """The replies by model and the default ones. Raises `BadScript`."""
    if not isinstance(document, dict) or not document.keys() <= {"models", "default"}:
        raise BadScript('the script must be an object with "models" and "default"')
    models = document.get("models", {})
    if not isinstance(models, dict):
        raise BadScript('"models" must be an object: model name to a list of replies')
    return {name: _replies(items, f"models.{name}") for name, items in models.items()}, _replies(
        document.get("default", []), "default"
    )


def _replies(items: object, place: str) -> list[Reply | Background]:
    if not isinstance(items, list):
        raise BadScript(f"{place} must be a list of replies")
    replies: list[Reply | Background] = []
    for index, item in enumerate(items):
        try:
            replies.append(_background(item) if isinstance(item, dict) and "background" in item else _reply(item))
        except (TypeError, ValueError, KeyError) as error:
            raise BadScript(f"{place}[{index}]: {error}") from error
    return replies


def _background(item: dict[str, Any]) -> Background:
    description = dict(item)
    settings = description.pop("background")
    if "openai_responses" not in item or not isinstance(settings, dict):
        raise BadScript("background is an object beside openai_responses")
    reply = _reply(description)
    played = {name: [_fault(each) for each in settings.get(name, ())] for name in ("connections", "polls")}
    return Background(reply.events, reply.every, repeat=reply.repeat, **{**settings, **played})


def _fault(item: object) -> Reply:
    """What happens to a connection: a reply, or only fields of one."""
    if isinstance(item, dict) and not any(name in item for name in _KINDS):
        return _reply({**item, "events": []})
    return _reply(item)


def _reply(item: object) -> Reply:
    if not isinstance(item, dict):
        raise BadScript("a reply must be an object")
    kinds = [name for name in _KINDS if name in item]
    if len(kinds) != 1:
        raise BadScript(
            f"a reply is exactly one of error, events, dropped, {', '.join(BUILDERS)}; found {kinds or 'none'}"
        )
    kind, value = kinds[0], item[kinds[0]]
    options = {name: _option(name, option) for name, option in item.items() if name in _OPTIONS}
    rest = {name: option for name, option in item.items() if name not in _OPTIONS and name != kind}
    if kind == "error":
        made = _error(value, rest)
        reply = made if isinstance(made, Reply) else Reply(made)
    elif kind == "events":
        _refuse_unknown(rest)
        reply = Reply(tuple(text.encode() for text in value))
    elif kind == "dropped":
        _refuse_unknown(rest)
        reply = dropped(value)
    else:
        then = rest.pop("then", None)
        _refuse_unknown(rest)
        reply = Reply(BUILDERS[kind](**_description(value)) + (_stream_error(then) if then else ()))
    return reply.replace(**options)


def _refuse_unknown(rest: dict[str, Any]) -> None:
    if rest:
        raise BadScript(f"unknown keys: {', '.join(sorted(rest))}")


def _option(name: str, value: Any) -> Any:
    return tuple(value) if isinstance(value, list) and name in ("split", "expose") else value


def _description(value: dict[str, Any]) -> dict[str, Any]:
    """A builder's arguments, with nested objects converted to `ToolCall` and `Usage`."""
    description = dict(value)
    if "tool_calls" in description:
        description["tool_calls"] = [ToolCall(**call) for call in description["tool_calls"]]
    if description.get("usage") is not None:
        description["usage"] = Usage(**description["usage"])
    return description


def _error(name: str, arguments: dict[str, Any]) -> Reply | Events:
    if name not in errors.__all__:
        raise BadScript(f"unknown error {name!r}; known: {', '.join(errors.__all__)}")
    made: Reply | Events = getattr(errors, name)(**arguments)
    return made


def _stream_error(name: str) -> Events:
    made = _error(name, {})
    if isinstance(made, Reply):
        raise BadScript(f'"then" takes the errors inside a stream (*_stream_error), not {name!r}')
    return made
