"""What is known of each model's health: breakers, cooldowns, and who stands in for whom. Shared by all sessions.

A breaker opens after failures in a row and lets one probe through when its time is up. A cooldown says that asking is
pointless until then: of a model (rate limit, a rescue by another), or of an account, which is a key at a host (quota, a
key that is not accepted). Health only decides where a step starts; it never shuts out the last model left.

Times are seconds of the event loop's clock. Tabs of an origin tell each other by `tell`, `entries` and `merge`, in
seconds to go, because their clocks have different zeros. Keys, and addresses, which may hold a secret too, are told
apart by digests, never by themselves.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..bounded import BoundedDict
from ..errors import FACTS, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.resolved import ModelSpec
    from ..errors import ErrorInfo, Kind

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 30.0
QUOTA_SECONDS: Final = 3600.0
MAX_COOLDOWN: Final = 3600.0  # however long a provider asks for
FOREVER: Final = float("inf")  # a key that is not accepted cools until it is another key
MAX_ENTRIES: Final = 1000  # of models and accounts together: a page may go on for weeks

# A fallback that answered after one of these keeps its place for a while. A rate limit sets a time of its own.
_COOLED_BY_RESCUE: Final = {
    kind for kind, facts in FACTS.items() if facts.scope in ("network", "host", "model") and kind != "rate_limit"
}


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: float = 0.0
    kind: Kind = "circuit_breaker"
    told: bool = False  # the provider named the time; else it is our guess
    open: bool = False  # the breaker's own time, after which one probe may go
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """`wait` is the seconds until the model is worth asking, 0 for now; `kind` why not; `told` by the provider."""

    wait: float = 0.0
    kind: Kind = "circuit_breaker"
    told: bool = False
    probe: bool = False


class Health:
    """One for a runtime. `tell` is called with every change that other tabs should know."""

    def __init__(self, tell: Callable[[dict[str, Any]], object] = lambda entry: None) -> None:
        self._states: BoundedDict[str, _State] = BoundedDict(MAX_ENTRIES)
        self._stood_in_for: set[str] = set()  # primaries whose place another model took
        self.without_usage: set[str] = set()  # addresses of servers that refuse a request that asks for usage
        self._tell = tell
        self._online = asyncio.Event()

    def status(self, spec: ModelSpec) -> Status:
        """How `spec` stands now: the longer of its own time and its account's."""
        now = asyncio.get_running_loop().time()
        if spec.lacks_key:
            return Status(FOREVER, "no_key")
        model, account = self._states.get(model_id(spec)), self._states.get(account_id(spec))
        waits = [(state.until - now, state) for state in (model, account) if state is not None and state.until > now]
        if waits:
            wait, state = max(waits, key=lambda pair: pair[0])
            return Status(wait, state.kind, state.told)
        if model is not None and model.open:
            return Status(OPEN_SECONDS, "circuit_breaker") if model.probing else Status(probe=True)
        return Status()

    def begin(self, spec: ModelSpec, *, probe: bool) -> None:
        """An attempt starts; a probe keeps others away until it has ended."""
        if probe:
            self._state(model_id(spec)).probing = True

    def release(self, spec: ModelSpec) -> None:
        """The attempt has ended, in whatever way."""
        state = self._states.get(model_id(spec))
        if state is not None:
            state.probing = False

    def succeeded(self, spec: ModelSpec) -> None:
        for name in (model_id(spec), account_id(spec)):
            if self._states.pop(name, None) is not None:
                self._tell({"name": name, "seconds": 0})

    def failed(self, spec: ModelSpec, info: ErrorInfo, cooldown: float) -> None:
        """Count the failure; cool the model or its account down where its kind says so. `cooldown` is in seconds."""
        if FACTS[info.kind].trips_breaker:
            state = self._state(model_id(spec))
            state.failures += 1
            if state.failures >= FAILURES_TO_OPEN:
                state.open = True
                self._cool(model_id(spec), OPEN_SECONDS, "circuit_breaker")
        elif info.kind == "rate_limit":
            seconds = cooldown if info.retry_after is None else min(info.retry_after, MAX_COOLDOWN)
            self._cool(model_id(spec), seconds, info.kind, told=info.retry_after is not None)
        elif info.kind == "quota":
            self._cool(account_id(spec), QUOTA_SECONDS, info.kind)
        elif FACTS[info.kind].scope == "account":
            self._cool(account_id(spec), FOREVER, info.kind)

    def rescued(self, spec: ModelSpec, kind: Kind, cooldown: float) -> None:
        """Another model answered for `spec`, which had failed: whoever rescued stays first for `cooldown` seconds."""
        if kind in _COOLED_BY_RESCUE:
            self._cool(model_id(spec), cooldown, kind)

    def stood_in_for(self, primary: ModelSpec) -> None:
        """Another model answered in the place of `primary`."""
        self._stood_in_for.add(model_id(primary))

    def recovered(self, primary: ModelSpec) -> bool:
        """Whether `primary`, which has just answered, had been stood in for; asked once."""
        if model_id(primary) not in self._stood_in_for:
            return False
        self._stood_in_for.discard(model_id(primary))
        return True

    def online(self) -> None:
        """The browser has its network back: whoever waits because of the network need not wait on."""
        self._online.set()
        self._online = asyncio.Event()

    async def wait(self, seconds: float, kind: Kind) -> None:
        """Sleep; a wait that the network caused ends early when it comes back."""
        if FACTS[kind].scope != "network":
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._online.wait()
        except TimeoutError:
            pass

    def entries(self) -> list[dict[str, Any]]:
        """What a tab that has just been opened should know."""
        now = asyncio.get_running_loop().time()
        return [
            _entry(name, state.until - now, state.kind, state.told)
            for name, state in self._states.items()
            if state.until > now
        ]

    def merge(self, entry: dict[str, Any]) -> None:
        """Take what another tab told. Never raises: it may be of another version."""
        match entry:
            case {"name": str(name), "seconds": 0}:
                self._states.pop(name, None)
            case {"name": str(name), "seconds": int() | float() as seconds, "kind": str(kind)} if kind in KINDS:
                state = self._state(name)
                state.open = state.open or kind == "circuit_breaker"
                until = asyncio.get_running_loop().time() + min(max(float(seconds), 0.0), MAX_COOLDOWN)
                if until > state.until:
                    state.until, state.kind, state.told = until, kind, entry.get("told") is True

    def _cool(self, name: str, seconds: float, kind: Kind, *, told: bool = False) -> None:
        """The longer time wins, so that a guess does not shorten what a provider has told."""
        until = asyncio.get_running_loop().time() + seconds
        state = self._state(name)
        if until >= state.until:
            state.until, state.kind, state.told = until, kind, told
        self._tell(_entry(name, seconds, kind, told))

    def _state(self, name: str) -> _State:
        if name not in self._states:
            self._states[name] = _State()
        return self._states[name]


def _entry(name: str, seconds: float, kind: Kind, told: bool) -> dict[str, Any]:
    return {"name": name, "seconds": min(seconds, MAX_COOLDOWN), "kind": kind, "told": told}


def model_id(spec: ModelSpec) -> str:
    """One model at one address."""
    return f"model {spec.ref} {_digest(spec.base_url)}"


def account_id(spec: ModelSpec) -> str:
    """One key at one address; a model that needs no key shares its account with no other."""
    return model_id(spec) if spec.key is None else f"account {_digest(spec.base_url)} {_digest(spec.key)}"


def _digest(text: str) -> str:
    """The same in every tab."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
