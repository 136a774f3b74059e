"""Which tool calls of a turn have had an effect, so that none has it twice.

Each call of a tool that changes something has an idempotency key: the same whenever this call runs again, another one
for every other call. `intended` is recorded under the key before the call runs, `done` or `failed` with its output
after. A call that was intended and has no output may have had its effect: it is in doubt, and does not run again until
the user has decided.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from ..jsontext import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..events import Event
    from ..messages import ToolCall

EffectState: TypeAlias = Literal["intended", "done", "failed"]

_KEY_LENGTH: Final = 32  # characters of the digest
_MAX_OUTPUT: Final = 1_000_000  # characters of an output that is recorded


@dataclass(frozen=True, slots=True)
class Effect:
    """One call. `args` is JSON text for the user, `output` the tool's unless the call is only `intended`."""

    key: str
    call: str
    name: str
    args: str
    state: EffectState = "intended"
    output: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The fields of its record."""
        fields = {"key": self.key, "state": self.state, "call": self.call, "name": self.name}
        return fields | ({"args": self.args} if self.state == "intended" else {"output": self.output})


class EffectLog(Protocol):
    """Where effects are recorded."""

    async def intended(self, fields: dict[str, Any]) -> list[Event]:
        """Record a call that is about to run; returns when the record is durable. The events are warnings."""

    def ran(self, fields: dict[str, Any]) -> None:
        """Record a call that has run. The event of its result waits until this is durable."""


class Effects:
    """The effects of one turn, or of a task in it. Tasks share the records of their turn."""

    def __init__(self, scope: str, known: Iterable[Effect] = (), log: EffectLog | None = None) -> None:
        self._scope = scope
        self._known = {effect.key: effect for effect in known}
        self.log = log
        self._counts: Counter[str] = Counter(_base(effect.name, effect.args) for effect in self._known.values())
        self._by_call = {effect.call: effect for effect in self._known.values()}

    def of_task(self, call_id: str) -> Effects:
        """The effects of a task inside this turn, which the call `call_id` has given."""
        task = Effects(f"{self._scope}/{call_id}", log=self.log)
        task._known = self._known
        return task

    @property
    def known(self) -> list[Effect]:
        """The calls that have run, or were about to."""
        return list(self._known.values())

    def of_call(self, call_id: str) -> Effect | None:
        """What is known of a call of the turn that was asked for before the turn was interrupted."""
        found = self._by_call.get(call_id)
        return self._known.get(found.key) if found else None

    def begin(self, call: ToolCall, arguments: str, shown: str) -> Effect:
        """The call that is about to run with `arguments` (JSON text), and what is known of it.

        Its state is `intended` and its output empty if it has not run before; `find` says whether it has.
        """
        if (earlier := self._by_call.get(call.id)) is not None:
            return replace(earlier, state="intended", output="", args=shown)
        base = _base(call.name, shown)
        ordinal = self._counts[base]
        self._counts[base] += 1
        canonical = json.dumps([self._scope, call.name, read(arguments), ordinal], sort_keys=True)
        key = hashlib.sha256(canonical.encode()).hexdigest()[:_KEY_LENGTH]
        return Effect(key, call.id, call.name, shown)

    def find(self, key: str) -> Effect | None:
        """What is known of a call by its key; None if it has never been about to run."""
        return self._known.get(key)

    def forget(self, key: str) -> None:
        """The user wants the call to run again."""
        self._known.pop(key, None)

    async def intend(self, effect: Effect) -> list[Event]:
        """Note that the call is about to run; returns when that is durable. The events are warnings."""
        self._known[effect.key] = effect
        return await self.log.intended(effect.to_dict()) if self.log else []

    def end(self, effect: Effect, output: str, *, failed: bool) -> None:
        """Note what the call came to."""
        ended = replace(effect, state="failed" if failed else "done", output=output[:_MAX_OUTPUT])
        self._known[effect.key] = ended
        if self.log:
            self.log.ran(ended.to_dict())


def _base(name: str, args: str) -> str:
    """What equal calls have in common."""
    return hashlib.sha256(f"{name}\n{args}".encode(errors="surrogatepass")).hexdigest()
