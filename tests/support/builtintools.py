"""The services of a session for built-in tools, and a way to call them as the agent loop does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.errors import ConfigError
from sparewheel.jsonschema.validate import Validator
from sparewheel.tools.arguments import parse_arguments
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.registry import open_toolset
from sparewheel.tools.services import Services
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparewheel.messages import Message
    from sparewheel.tools.toolset import BuiltinToolset
    from sparewheel.transports.base import HttpRequest


@dataclass
class Facts:
    """A session with two models."""

    agent: str = "root"
    conversation: list[Message] = field(default_factory=list)
    chosen: list[str | None] = field(default_factory=list)

    def messages(self) -> list[Message]:
        return self.conversation

    def models(self) -> list[str]:
        return ["openai/small", "openai/large"]

    def choose_model(self, ref: str | None) -> None:
        if ref == "openai/broken":
            raise ConfigError("it has no key")
        self.chosen.append(ref)


@dataclass
class Context:
    """The context of a call; `answer` is the user's."""

    call_id: str = "c1"
    agent: str = "root"
    idempotency_key: str = "k1"
    answer: dict[str, Any] = field(default_factory=lambda: {"action": "decline"})
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def progress(self, output: str) -> None:
        raise AssertionError("no built-in tool reports progress")

    async def ask_user(self, message: str, schema: Mapping[str, Any], **_: object) -> dict[str, Any]:
        self.asked.append((message, schema))
        return self.answer


class Clock:
    """A clock that advances by a minute at each reading."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(minutes=1)
        return self._now


def services(answer: Callable[[HttpRequest], LocalResponse] | None = None, facts: Facts | None = None) -> Services:
    """The services of one session; without `answer` there is no network."""

    def nothing(request: HttpRequest) -> LocalResponse:
        raise AssertionError(f"a request to {request.url}")

    return Services(MockTransport(answer or nothing), facts or Facts(), now=Clock())


def opened(kind: str, of: Services | None = None, **options: Any) -> BuiltinToolset:
    return open_toolset(ToolsetConfig.model_validate({"type": kind, **options}), of or services())


async def call(toolset: BuiltinToolset, name: str, context: Context | None = None, /, **arguments: Any) -> ToolResult:
    """One call, arguments checked against the tool's schema; a `ToolError` is a result as it is in the loop."""
    tool = next(tool for tool in await toolset.tools() if tool.spec.name == name)
    try:
        checked = parse_arguments(json.dumps(arguments, ensure_ascii=False), Validator(tool.spec.parameters))
        result = await tool.call(checked.copy(), context or Context())
    except ToolError as error:
        return ToolResult(str(error), is_error=True)
    return ToolResult(result) if isinstance(result, str) else result


async def flags(toolset: BuiltinToolset) -> dict[str, str]:
    """Each tool with what the loop knows of it: `read` for read-only, `alone` for exclusive."""
    return {
        tool.spec.name: " ".join(word for word, holds in (("read", tool.read_only), ("alone", tool.exclusive)) if holds)
        for tool in await toolset.tools()
    }
