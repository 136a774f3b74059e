"""The health of each model: circuit breakers, cooldowns and substitutions. Shared by all sessions.

A breaker opens after consecutive failures and allows one probe when its time is up. A cooldown is a time during which a
request is pointless: for a model (rate limit, or a fallback that answered in its place), or for an account, which is a
key at a host (quota, a rejected key). Health decides only where a step starts; it never excludes the last model left.

Times are seconds of the event loop's clock. Tabs of an origin exchange entries (`publish`, `entries`, `merge`) with
remaining seconds, because their clocks have different zeros. Keys are identified by digests, and so are addresses,
which may contain a secret.
"""

from __future__ import annotations

import asyncio
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
MAX_COOLDOWN: Final = 3600.0  # upper limit of what a provider may ask for
FOREVER: Final = float("inf")  # a rejected key cools down until it is replaced by another key
MAX_ENTRIES: Final = 1000  # models and accounts together: a page may stay open for weeks

# After one of these kinds a model cools down when a fallback has answered. A rate limit has a cooldown of its own, and
# an invalid request puts no model on cooldown.
_COOLED_BY_FALLBACK: Final = {
    kind for kind, facts in FACTS.items() if facts.scope in ("network", "host", "model") and kind != "rate_limit"
}


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: float = 0.0
    kind: Kind = "circuit_breaker"
    from_provider: bool = False  # the provider named the time; otherwise it is our estimate
    open: bool = False  # the breaker has opened: when its time is up, one probe is allowed
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """`wait` is how many seconds to wait before asking the model, 0 for none, and `kind` why.

    `from_provider`: the provider named the time. `probe`: the next request is the single one of a half-open breaker.
    """

    wait: float = 0.0
    kind: Kind = "circuit_breaker"
    from_provider: bool = False
    probe: bool = False


class Health:
    """One per runtime. `publish` gets every change that the other tabs need, as a JSON entry."""

    def __init__(self, publish: Callable[[dict[str, Any]], object] = lambda entry: None) -> None:
        self._states: BoundedDict[str, _State] = BoundedDict(MAX_ENTRIES)
        self._substituted: set[str] = set()  # primaries in whose place another model has answered
        self.without_usage: set[str] = set()  # addresses of servers that refuse a request that asks for usage
        self.without_media: set[str] = set()  # models that refuse a request with pictures, by `model_id`
        self._publish = publish
        self.offline = False  # the browser has no network
        self._online = asyncio.Event()

    def status(self, spec: ModelSpec) -> Status:
        """The status of `spec` now, with the longer of its own wait and its account's."""
        now = asyncio.get_running_loop().time()
        if spec.lacks_key:
            return Status(FOREVER, "no_key")
        model, account = self._states.get(spec.model_id), self._states.get(spec.account_id)
        waits = [(state.until - now, state) for state in (model, account) if state is not None and state.until > now]
        if waits:
            wait, state = max(waits, key=lambda pair: pair[0])
            return Status(wait, state.kind, state.from_provider)
        if model is not None and model.open:
            return Status(OPEN_SECONDS, "circuit_breaker") if model.probing else Status(probe=True)
        return Status()

    def aside(self) -> Health:
        """A health for requests beside the turns, whose outcome counts for no turn."""
        other = Health()
        other.without_usage, other.without_media = self.without_usage, self.without_media
        return other

    def begin(self, spec: ModelSpec, *, probe: bool) -> None:
        """An attempt starts. While a probe runs, other steps skip the model."""
        if probe:
            self._state(spec.model_id).probing = True

    def release(self, spec: ModelSpec) -> None:
        """The attempt is over: answered, failed or cancelled."""
        state = self._states.get(spec.model_id)
        if state is not None:
            state.probing = False

    def succeeded(self, spec: ModelSpec) -> None:
        """Clear the breaker and the cooldowns of the model and of its account."""
        for name in (spec.model_id, spec.account_id):
            if self._states.pop(name, None) is not None:
                self._publish({"name": name, "seconds": 0})

    def failed(self, spec: ModelSpec, info: ErrorInfo, cooldown: float) -> None:
        """Count the failure, and start the cooldown of the model or the account that its kind calls for.

        `cooldown` is in seconds, for a rate limit without a time named by the provider. Models of the demo have no
        health: each fails in every turn as its name says.
        """
        if spec.is_demo:
            return
        if FACTS[info.kind].trips_breaker:
            state = self._state(spec.model_id)
            state.failures += 1
            if state.failures >= FAILURES_TO_OPEN:
                state.open = True
                self._cool(spec.model_id, OPEN_SECONDS, "circuit_breaker")
        elif info.kind == "rate_limit":
            seconds = cooldown if info.retry_after is None else min(info.retry_after, MAX_COOLDOWN)
            self._cool(spec.model_id, seconds, info.kind, from_provider=info.retry_after is not None)
        elif info.kind == "quota":
            self._cool(spec.account_id, QUOTA_SECONDS, info.kind)
        elif FACTS[info.kind].scope == "account":
            self._cool(spec.account_id, FOREVER, info.kind)

    def cool_down_after_fallback(self, spec: ModelSpec, kind: Kind, cooldown: float) -> None:
        """Another model answered after `spec` had failed: the next steps skip `spec` for `cooldown` seconds."""
        if kind in _COOLED_BY_FALLBACK and not spec.is_demo:
            self._cool(spec.model_id, cooldown, kind)

    def mark_substituted(self, primary: ModelSpec) -> None:
        """Another model answered in the place of `primary`."""
        self._substituted.add(primary.model_id)

    def take_recovered(self, primary: ModelSpec) -> bool:
        """Whether `primary`, which has just answered, was marked as substituted. Clears the mark."""
        if primary.model_id not in self._substituted:
            return False
        self._substituted.discard(primary.model_id)
        return True

    def went_offline(self) -> None:
        """The browser has no network."""
        self.offline = True

    def online(self) -> None:
        """The browser is online again: waits after a network failure end now."""
        self.offline = False
        self._online.set()
        self._online = asyncio.Event()

    async def back_online(self, seconds: float) -> bool:
        """Wait until the browser is online, at most so long. Return whether it is."""
        if self.offline:
            await self.wait(seconds, "network")
        return not self.offline

    async def wait(self, seconds: float, kind: Kind) -> None:
        """Sleep before the next request. After a failure of the network, the wait ends when it is back."""
        if FACTS[kind].scope != "network":
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._online.wait()
        except TimeoutError:
            pass

    def entries(self) -> list[dict[str, Any]]:
        """The current cooldowns, for a tab that has just been opened."""
        now = asyncio.get_running_loop().time()
        return [
            _entry(name, state.until - now, state.kind, state.from_provider)
            for name, state in self._states.items()
            if state.until > now
        ]

    def merge(self, entry: dict[str, Any]) -> None:
        """Take an entry of another tab. Never raises: that tab may run another version."""
        match entry:
            case {"name": str(name), "seconds": 0}:
                self._states.pop(name, None)
            case {"name": str(name), "seconds": int() | float() as seconds, "kind": str(kind)} if kind in KINDS:
                state = self._state(name)
                state.open = state.open or kind == "circuit_breaker"
                until = asyncio.get_running_loop().time() + min(max(float(seconds), 0.0), MAX_COOLDOWN)
                if until > state.until:
                    state.until, state.kind, state.from_provider = until, kind, entry.get("told") is True

    def _cool(self, name: str, seconds: float, kind: Kind, *, from_provider: bool = False) -> None:
        """The longer time wins: an estimate does not shorten a time that the provider named."""
        until = asyncio.get_running_loop().time() + seconds
        state = self._state(name)
        if until >= state.until:
            state.until, state.kind, state.from_provider = until, kind, from_provider
        self._publish(_entry(name, seconds, kind, from_provider))

    def _state(self, name: str) -> _State:
        if name not in self._states:
            self._states[name] = _State()
        return self._states[name]


def _entry(name: str, seconds: float, kind: Kind, from_provider: bool) -> dict[str, Any]:
    return {"name": name, "seconds": min(seconds, MAX_COOLDOWN), "kind": kind, "told": from_provider}
