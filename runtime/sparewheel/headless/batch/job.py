"""What a batch asks, and of which engine: everything that a worker has to know, ready to be pickled."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from ... import __version__
from ...batch import Outcome, Tally
from ...errors import ConfigError, SparewheelError
from ...native import open_agent
from ...native.making import loop_health
from ..driver import Host, Runtime
from ..driver import open as open_runtime
from ..tracing import model_addresses, traced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ...chain.health import Health
    from ...native import AgentSession
    from ..tracing import Traces

Engine: TypeAlias = Host | Literal["native"]
ENGINES: Final = (*get_args(Host), "native")


class RuntimeEnded(Exception):
    """A runtime has ended, with the prompts that were under way. `error` is why."""

    def __init__(self, error: SparewheelError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Job:
    """As the options of `run_batch`; `agent` is the text of the agent file.

    `worker_env` names variables that workers read from their own environment.
    """

    agent: str
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    worker_env: tuple[str, ...] = ()
    engine: Engine = "native"
    connect: str | None = field(default=None, repr=False)
    assets: str | None = None
    dist: str | None = None
    agent_name: str | None = None
    auto_approve: bool = False
    concurrency: int = 20
    rpm: float | None = None
    tpm: float | None = None
    record: str | None = None
    replay: str | None = None
    timed: bool = False
    otlp: str | None = field(default=None, repr=False)
    trace: str | None = None
    trace_contents: bool = False
    version: str = __version__

    @property
    def paced(self) -> bool:
        return self.rpm is not None or self.tpm is not None

    def traced(self) -> AbstractAsyncContextManager[Traces]:
        """Where the spans of the runtimes that are started in the block go. Raises `ConfigError`."""
        models = model_addresses(self.agent, self.agent_name, self._env()) if self.otlp else set()
        return traced(self.otlp, self.trace, models, contents=self.trace_contents)

    @asynccontextmanager
    async def open(self, traces: Traces) -> AsyncIterator[Asker]:
        """Start the engine. Raises `ConfigError`, or the `SparewheelError` of a runtime that does not start."""
        if self.version != __version__:
            raise ConfigError(f"a worker has version {__version__} of sparewheel, the batch has {self.version}")
        given: dict[str, Any] = {"env": self._env(), "agent_name": self.agent_name, "auto_approve": self.auto_approve}
        given |= {"record": self.record, "replay": self.replay, "timed": self.timed}
        if self.engine == "native":
            async with open_agent(self.agent, **given) as session:
                yield Asker(session, traces)
        else:
            given |= {"dist": self.dist, "connect": self.connect, "assets": self.assets}
            async with open_runtime(self.agent, engine=self.engine, **given) as runtime:
                yield Asker(runtime, traces)

    def _env(self) -> dict[str, str]:
        """Keys and variables, those of the worker among them. Raises `ConfigError`."""
        env = dict(self.env)
        for name in self.worker_env:
            if name not in os.environ:
                raise ConfigError(f"{name} is not in the environment of a worker")
            env[name] = os.environ[name]
        return env


class Asker:
    """A started engine."""

    def __init__(self, runtime: AgentSession | Runtime, traces: Traces) -> None:
        self._runtime = runtime
        self._traces = traces

    async def ask(self, prompt: Any) -> Outcome:
        """The outcome of one prompt, or of what is none. Raises `RuntimeEnded`."""
        if isinstance(prompt, ConfigError):
            return Tally().failed(prompt)
        outcome = await self._runtime.ask(prompt, self._traces.listener())
        if error := self.ended:
            raise RuntimeEnded(error)
        return outcome

    @property
    def ended(self) -> SparewheelError | None:
        return self._runtime.ended if isinstance(self._runtime, Runtime) else None

    def cooldowns(self) -> list[dict[str, Any]]:
        """The models and accounts that are not asked at present, as `Health.entries`."""
        return self._runtime.cooldowns() if isinstance(self._runtime, Runtime) else loop_health().entries()

    async def share(self, cooldowns: list[dict[str, Any]]) -> None:
        """Take the cooldowns of another runtime."""
        if isinstance(self._runtime, Runtime):
            await self._runtime.share(cooldowns)
        else:
            _merge(loop_health(), cooldowns)


def _merge(health: Health, cooldowns: list[dict[str, Any]]) -> None:
    for entry in cooldowns:
        health.merge(entry)
