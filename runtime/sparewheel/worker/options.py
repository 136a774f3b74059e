"""Reads the parameters of commands, the options of `createSession` and `chat` among them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ..config.vendor_keys import Secrets
from ..errors import ConfigError
from ..errors.validation import problems
from ..page.commands import COMMANDS
from ..page.options import MAX_ENV, MAX_ENV_VALUE, AgentOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..page.options import Params

# Options that are refused for a reason of their own.
_NOT_HERE: Final = {
    "history": "is for createSession: chat takes the whole conversation as messages",
    "title": "is for createSession: chat keeps no session",
    "messages": "is for chat: createSession takes the messages to begin with as history",
} | dict.fromkeys(
    ("assetBase", "workerUrl", "createWorker", "onProgress", "snapshot", "models", "fetch", "otlp"),
    "is for createRuntime",
)


def secrets_in(command: Mapping[str, Any]) -> frozenset[str]:
    """The secrets in the `env` of a command that has not been validated; if that is no env, all texts in it.

    No more and no longer ones than an env may have: the error for such a command quotes none of its values.
    """
    params = command.get("params")
    env = params.get("env") if isinstance(params, dict) else None
    if isinstance(env, dict) and all(isinstance(value, str) for value in env.values()):
        named = islice(env.items(), MAX_ENV)
        return Secrets({name: value for name, value in named if len(value) <= MAX_ENV_VALUE}).values()
    return frozenset(text for text in islice(_texts(env), MAX_ENV) if len(text) <= MAX_ENV_VALUE)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def read_params(method: str, params: object) -> Params:
    """The validated parameters of a command. null is taken for a parameter that is not there.

    Raises:
        ConfigError: the command is unknown, or its parameters are wrong: the message names all of them.
    """
    model = COMMANDS.get(method)
    if model is None or not isinstance(params, dict):
        raise ConfigError("The runtime does not know this command.", "Page and runtime must be of one version.")
    given = {name: value for name, value in params.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        options = issubclass(model, AgentOptions)
        for name in given.keys() & _NOT_HERE.keys() - model.model_fields.keys() if options else ():
            raise ConfigError(f"options.{name} {_NOT_HERE[name]}") from None
        subject = "The options are not valid" if options else f"{method} is not valid"
        raise ConfigError(f"{subject}: {problems(error, given, model, whole='the parameters')}") from None
