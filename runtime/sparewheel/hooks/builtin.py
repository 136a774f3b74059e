"""The hooks of the runtime, by their names in agent files (`type: builtin`)."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..redaction.redact import redact_in_slices
from ..slices import run_in_slices
from .engine import Hook

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from ..config.hooks import HookEvent, HookMatcherConfig
    from .engine import Output

    Run: TypeAlias = Callable[[dict[str, Any]], Output | Awaitable[Output]]

MAX_BYTES: Final = 50 * 1024
MAX_LINES: Final = 2000


def builtin_hooks(entries: Iterable[tuple[HookEvent, HookMatcherConfig]], secrets: Iterable[str] = ()) -> list[Hook]:
    """The built-in hooks of one agent. Unknown names have been refused with the agent file."""
    made: list[Hook] = []
    for point, entry in entries:
        for hook in entry.hooks:
            if hook.command in _BUILTIN:
                run = _BUILTIN[hook.command](hook.args, secrets)
                name = hook.name or hook.command
                made.append(Hook(point, _answering(run), entry.matcher, name))  # type: ignore[arg-type]  # other events never run
    return made


def redacting(secrets: Iterable[str]) -> Hook:
    """A hook that removes the session's secrets, and text that looks like a secret, from tool results."""
    return Hook("tool_response_transform", _answering(_redact_secrets([], secrets)), name="redact_secrets")


def _answering(run: Run) -> Callable[[dict[str, Any]], Any]:
    async def answer(facts: dict[str, Any]) -> Output:
        output = run(facts)
        return await output if inspect.isawaitable(output) else output

    return answer


def _add_context(args: Sequence[str], _: Iterable[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": "\n".join(args)}


def _add_date(_args: Sequence[str], _: Iterable[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": f"Today's date: {datetime.now(UTC):%Y-%m-%d}"}


def _add_environment(_args: Sequence[str], _: Iterable[str]) -> Callable[[dict[str, Any]], Output]:
    return lambda facts: {"additional_context": "You run in a web browser, without access to the user's machine."}


def _limit_large_results(_args: Sequence[str], _: Iterable[str]) -> Callable[[dict[str, Any]], Output]:
    def run(facts: dict[str, Any]) -> Output:
        output = str(facts.get("tool_response", ""))
        lines = output.splitlines(keepends=True)
        if len(output.encode()) <= MAX_BYTES and len(lines) <= MAX_LINES:
            return None
        tail = "".join(lines[-MAX_LINES:])[-MAX_BYTES:]
        return {"updated_tool_response": f"[Only the end of {len(output)} characters is shown.]\n{tail}"}

    return run


def _max_iterations(args: Sequence[str], _: Iterable[str]) -> Callable[[dict[str, Any]], Output]:
    maximum = int(args[0])

    def run(facts: dict[str, Any]) -> Output:
        if int(facts.get("step", 0)) <= maximum:
            return None
        return {"decision": "deny", "reason": f"The limit of {maximum} steps is reached."}

    return run


def _redact_secrets(_: Sequence[str], secrets: Iterable[str]) -> Run:
    async def run(facts: dict[str, Any]) -> Output:
        output = str(facts.get("tool_response", ""))
        clean = await run_in_slices(redact_in_slices(output, secrets))
        return None if clean == output else {"updated_tool_response": clean}

    return run


_BUILTIN: Final[dict[str, Callable[[Sequence[str], Iterable[str]], Run]]] = {
    "add_context": _add_context,
    "add_date": _add_date,
    "add_environment_info": _add_environment,
    "limit_large_tool_results": _limit_large_results,
    "max_iterations": _max_iterations,
    "redact_secrets": _redact_secrets,
}

NAMES: Final = tuple(sorted(_BUILTIN))
