"""A chain as a model of Inspect: `sparewheel/agent.yaml` is the first agent of that file, with its spares."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, RetryDecision
from inspect_ai.tool import ToolFunction

from ..errors import RETRYABLE, ConfigError, SparewheelError
from ..providers.base import OutputSchema
from .chain import OpenChain, not_used, read_team
from .inputs import read_messages, read_tools
from .outputs import ANSWERS, output_of, served
from .settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_ai.model import ChatMessage, ServedModelUsage
    from inspect_ai.tool import ToolChoice, ToolInfo

    from .settings import Choice, Settings

_LOG = logging.getLogger("sparewheel")


class ChainModel(ModelAPI):
    """The models of one agent, asked in order until one has answered completely.

    Tools are the task's: their calls go back to Inspect. Keys are taken from the environment of the process.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        agent_name: str | None = None,
        allow_hosts: str | Sequence[str] = (),
        **unknown: Any,
    ) -> None:
        """
        Args:
            model_name: the path of the agent file.
            base_url: not used: the agent file has the addresses.
            api_key: not used: the agent file names the keys.
            config: Inspect's settings.
            agent_name: the agent of the file; None: the first.
            allow_hosts: as in `open_agent`; one, or a list.

        Raises:
            ConfigError: the file, an argument, or a key that the file needs is missing or wrong.
        """
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        if base_url or api_key:
            raise ConfigError("Addresses and keys of models are in the agent file; leave out base_url and api_key.")
        if unknown:
            raise ConfigError(f"There is no model argument {', '.join(unknown)}; there are agent_name and allow_hosts.")
        hosts = [allow_hosts] if isinstance(allow_hosts, str) else list(allow_hosts)
        self._path = Path(model_name).resolve()
        self._team = read_team(self._path, os.environ, root=agent_name, allow_hosts=hosts)
        self._agent = self._team.agents[self._team.root]
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, OpenChain] = WeakKeyDictionary()
        self._said: set[str] = set()
        for warning in not_used(self._team):
            self._say(warning)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Ask the chain. Raises `SparewheelError` when no model is left, unless that is an answer in itself."""
        chain = await self._chain()
        settings = self._settings(config, tools, tool_choice)
        answer = await chain.ask(read_messages(input), read_tools(tools), _schema(config), settings.apply)
        if answer.error is not None and answer.error.info.kind not in ANSWERS:
            raise answer.error
        output = output_of(answer, self._agent.chain[0].ref, f"sparewheel/{self.model_name}")
        return ModelOutput.model_validate(chain.clean.result(output.model_dump(mode="json")))

    def should_retry(self, ex: Exception) -> RetryDecision:
        """Whether the chain may answer later: a failure of one of its models passes, or models rest.

        The chain has waited and asked again by itself before; with `max_retries` Inspect ends it.
        """
        if not isinstance(ex, SparewheelError):
            return RetryDecision.no()
        kinds = {ex.info.kind, *(attempt.get("kind") for attempt in ex.attempts)}
        if "rate_limit" in kinds:
            return RetryDecision.rate_limit(ex.info.retry_after)
        if kinds & (RETRYABLE - {"empty_output"} | {"circuit_breaker"}):
            return RetryDecision.transient(ex.info.retry_after)
        return RetryDecision.no()

    def served_model_usage(self, output: ModelOutput) -> list[ServedModelUsage] | None:
        """What each attempt cost, discarded ones included; None if the price of one is not known."""
        return served(output)

    def connection_key(self) -> str:
        """One limit of connections for one agent."""
        return f"{self._path}#{self._team.root}"

    def tools_required(self) -> bool:
        """Anthropic refuses calls in a conversation without the tools."""
        return any(spec.api == "anthropic" for spec in self._agent.chain)

    def tool_result_images(self) -> bool:
        """Pictures of tools are sent to the models."""
        return True

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        chain = self._open.pop(asyncio.get_running_loop(), None)
        if chain is not None:
            await chain.close()

    async def _chain(self) -> OpenChain:
        """The chain of the running event loop; Inspect runs each evaluation in one of its own."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigError("sparewheel/ models need Inspect's asyncio backend.") from None
        chain = self._open.get(loop)
        if chain is None:
            chain = OpenChain(self._team)
            await chain.open()
            self._open[loop] = chain
        return chain

    def _settings(self, config: GenerateConfig, tools: list[ToolInfo], tool_choice: ToolChoice) -> Settings:
        """The settings of a request; what a model cannot be told is said once."""
        choice: Choice = "auto"
        tool: str | None = None
        if tools and isinstance(tool_choice, ToolFunction):
            choice, tool = "any", tool_choice.name
        elif tools and tool_choice != "auto":
            choice = tool_choice
        settings = read_settings(config.model_dump(exclude_none=True), choice, tool)
        if settings.ignored:
            self._say(f"sparewheel/{self.model_name} does not pass on {', '.join(settings.ignored)}.")
        for spec in self._agent.chain:
            if names := settings.unsupported(spec):
                self._say(f"{spec.ref} is not told {', '.join(names)}: its API has no such setting.")
        return settings

    def _say(self, warning: str) -> None:
        if warning not in self._said:
            self._said.add(warning)
            _LOG.warning("%s", warning)


def _schema(config: GenerateConfig) -> OutputSchema | None:
    wanted = config.response_schema
    if wanted is None:
        return None
    schema = wanted.json_schema.model_dump(exclude_none=True, mode="json")
    return OutputSchema(wanted.name, schema, wanted.description or "", wanted.strict is not False)
