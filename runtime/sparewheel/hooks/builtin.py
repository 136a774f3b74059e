"""The hooks that come with the runtime, by the names agent files give them (`type: builtin`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..redaction.redact import redact
from .engine import Hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..config.hooks import HookEvent, HookMatcherConfig
    from .engine import Output

LARGE_BYTES: Final = 50 * 1024
LARGE_LINES: Final = 2000


def builtin_hooks(entries: Iterable[tuple[HookEvent, HookMatcherConfig]], secrets: Iterable[str] = ()) -> list[Hook]:
    """The hooks of one agent that need nobody else. Names that are not here were refused with the file."""
    made: list[Hook] = []
    for point, entry in entries:
        for hook in entry.hooks:
            if hook.command in _BUILTIN:
                run = _BUILTIN[hook.command](hook.args, tuple(secrets))
                name = hook.name or hook.command
                made.append(Hook(point, _answering(run), entry.matcher, name))  # type: ignore[arg-type]  # a point or never run
    return made


def redacting(secrets: Iterable[str]) -> Hook:
    """Takes the session's secrets, and whatever looks like one, out of what tools answer."""
    return Hook("tool_response_transform", _answering(_redact_secrets([], tuple(secrets))), name="redact_secrets")


def _answering(run: Callable[[dict[str, Any]], Output]) -> Callable[[dict[str, Any]], Any]:
    async def answer(facts: dict[str, Any]) -> Output:
        return run(facts)

    return answer


def _add_context(args: Sequence[str], _: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": "\n".join(args)}


def _add_date(_args: Sequence[str], _: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": f"Today's date: {datetime.now(UTC):%Y-%m-%d}"}


def _add_environment(_args: Sequence[str], _: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": "You run in a web browser, without access to the user's machine."}


def _limit_large_results(_args: Sequence[str], _: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    def run(facts: dict[str, Any]) -> Output:
        output = str(facts.get("tool_response", ""))
        lines = output.splitlines(keepends=True)
        if len(output.encode()) <= LARGE_BYTES and len(lines) <= LARGE_LINES:
            return None
        tail = "".join(lines[-LARGE_LINES:])[-LARGE_BYTES:]
        return {"updated_tool_response": f"[The beginning of {len(output)} characters was left out.]\n{tail}"}

    return run


def _max_iterations(args: Sequence[str], _: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    most = int(args[0])

    def run(facts: dict[str, Any]) -> Output:
        if int(facts.get("step", 0)) <= most:
            return None
        return {"decision": "deny", "reason": f"The limit of {most} steps is reached."}

    return run


def _redact_secrets(_: Sequence[str], secrets: Sequence[str]) -> Callable[[dict[str, Any]], Output]:
    def run(facts: dict[str, Any]) -> Output:
        output = str(facts.get("tool_response", ""))
        clean = redact(output, secrets)
        return None if clean == output else {"updated_tool_response": clean}

    return run


_BUILTIN: Final[dict[str, Callable[[Sequence[str], Sequence[str]], Callable[[dict[str, Any]], Output]]]] = {
    "add_context": _add_context,
    "add_date": _add_date,
    "add_environment_info": _add_environment,
    "limit_large_tool_results": _limit_large_results,
    "max_iterations": _max_iterations,
    "redact_secrets": _redact_secrets,
}

NAMES: Final = tuple(sorted(_BUILTIN))
