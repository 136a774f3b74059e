"""What sessions are made from, and the base of every command's parameters.

A parameter that is unknown is refused: an option that is silently ignored is worse than an error. On the wire, names
are in camel case, as JavaScript has them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SkipValidation,
    StrictBool,
    WithJsonSchema,
)
from pydantic.json_schema import SkipJsonSchema

from ..errors import ConfigError
from ..errors.validation import shown

MAX_TOOLS: Final = 1000
MAX_ENV: Final = 200  # values: each one that may be a secret is sought, in all its forms, in everything that is written
MAX_ENV_VALUE: Final = 16 * 1024  # characters
MAX_ENV_CHARS: Final = 64 * 1024  # of all values together
MAX_DOCUMENTS: Final = 1000
MAX_DOCUMENT_BYTES: Final = 8 * 1024 * 1024  # of all documents together


_ENV_HINT: Final = "Pass only the keys and short values that the agent file names; longer texts are for documents."


def _texts(env: object) -> object:
    """Numbers and booleans as text, without what is null."""
    if not isinstance(env, dict):
        return env
    if len(env) > MAX_ENV:
        raise ConfigError(f"options.env: {len(env)} values exceed the limit of {MAX_ENV}", _ENV_HINT)
    texts = {name: _text(value) for name, value in env.items() if value is not None}
    sizes = {name: len(value) for name, value in texts.items() if isinstance(value, str)}
    for name, size in sizes.items():
        if size > MAX_ENV_VALUE:
            reason = f"{size} characters exceed the limit of {MAX_ENV_VALUE}"
            raise ConfigError(f"options.env: {shown(name)}: {reason}", _ENV_HINT)
    if sum(sizes.values()) > MAX_ENV_CHARS:
        raise ConfigError(f"options.env: the values exceed the limit of {MAX_ENV_CHARS} characters in total", _ENV_HINT)
    return texts


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _documents(value: object) -> dict[str, str]:
    """Texts by path, within the limits. Raises `ConfigError`, with the texts of docker-agent."""
    if not isinstance(value, dict):
        raise ConfigError("options.documents: must be an object of path to content")
    if len(value) > MAX_DOCUMENTS:
        raise ConfigError(f"options.documents: {len(value)} documents exceed the limit of {MAX_DOCUMENTS}")
    for path, text in value.items():
        if not path.strip():
            raise ConfigError("options.documents: document paths must not be empty")
        if not isinstance(text, str):
            raise ConfigError(f'options.documents: document "{path}" must be a string'[:300])
    if sum(len(text.encode()) for text in value.values()) > MAX_DOCUMENT_BYTES:
        raise ConfigError(f"options.documents: documents exceed the limit of {MAX_DOCUMENT_BYTES} bytes in total")
    return value


def _http_url(text: str) -> str:
    if not re.match(r"https?://[^/?#\\\s]+(/[^#\s]*)?\Z", text):
        raise ValueError("must be an http(s) address without a fragment")
    return text


def _object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type", "object") != "object":
        raise ValueError('must be a JSON schema of type "object"')
    return schema


Unset: TypeAlias = SkipJsonSchema[None]  # the type of a default that the page cannot send
SessionName: TypeAlias = Annotated[str, Field(min_length=1)]
_Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
_ToolName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$"), WithJsonSchema({"type": "string"})]
Short: TypeAlias = Annotated[str, Field(max_length=2000)]
Hosts: TypeAlias = Annotated[list[Short], Field(max_length=100)]
Env: TypeAlias = Annotated[dict[str, str], BeforeValidator(_texts)]
Documents: TypeAlias = Annotated[dict[str, str], PlainValidator(_documents, json_schema_input_type=dict[str, str])]


class Params(BaseModel):
    """The parameters of a command. A validator is made when it is used first: some are only bases of others."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ToolSpec(Params):
    """A function of the page that the model may call."""

    description: str = Field(description="For the model: what the tool does, and when to use it.")
    parameters: Annotated[dict[str, Any], AfterValidator(_object_schema)] = Field(
        {"type": "object", "properties": {}},
        description='JSON schema of the arguments, of type "object". Default: no arguments. They are checked before '
        "`execute` runs.",
    )
    read_only: StrictBool = Field(
        False, alias="readOnly", description="It changes nothing, so it needs no approval. Default: false."
    )
    timeout: _Seconds | Unset = Field(None, description="Seconds until the call is given up. Default: 120.")


class Files(Params):
    """Where files are kept that an agent file expects on a disk."""

    host: Literal["session"]


class HookSpec(Params):
    """A hook of the page. `index` is the number of its function."""

    event: str
    index: int
    matcher: str | Unset = None


class AgentOptions(Params):
    """What a session is made from."""

    yaml: SkipValidation[str] = Field(description="The agent file.")
    agent_name: Short | Unset = Field(
        None, alias="agentName", description="Which agent of the file; default: the first."
    )
    env: Env = Field(
        default={},
        description="Keys and other variables that the agent file names. Kept in memory, for this session only.",
    )
    allow_hosts: Hosts = Field(
        default=[],
        alias="allowHosts",
        description="Hosts that may get a vendor's key beside the vendor's own: `host`, `host:port` or `*.host`.",
    )
    package_index: Short | Unset = Field(
        None,
        alias="packageIndex",
        description="URL of an index (PEP 503) from which Python tools and code may get packages that have no hash in "
        "the file; code also from a lock file of Pyodide (`.json`). Relative to the assets' folder. Default: none.",
    )
    tools: dict[_ToolName, ToolSpec] = Field(
        default={},
        max_length=MAX_TOOLS,
        description="Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`.",
    )
    hooks: list[HookSpec] = Field(default=[], description="Functions of this page that run at points of a turn.")
    auto_approve: bool = Field(False, alias="autoApprove", description="Run every tool without asking. Default: false.")
    approval_timeout: _Seconds | Unset = Field(
        None,
        alias="approvalTimeout",
        description="Seconds until a tool call that waits for approval is rejected. Default: 300.",
    )
    interactive: bool = Field(
        False,
        description="Whether a user can answer `tool_confirmation` and `elicitation`; else both are declined at once. "
        "Default: whether there is a listener, or the turn is being streamed.",
    )
    trace: bool = Field(
        False,
        description="Report each HTTP request to a model in a `request` event, without secrets. Default: false.",
    )
    documents: Documents = Field(
        default={},
        description="Texts by path, at most 1000 and 8 MiB in total, for the keys of the agent file that name files: "
        "`instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`; and for toolsets of type "
        "`rag`, whose tool searches them. Nothing else reads them.",
    )
    files: Files | Unset = Field(
        None,
        description='Where the tools of a `filesystem` toolset keep files: `{host: "session"}` is the storage of the '
        "session. Default: the toolset is refused.",
    )
    tool_proxy: Short | Unset = Field(
        None,
        alias="toolProxy",
        description="The https address of an egress proxy of yours. It makes the requests of `fetch`, `api`, `openapi` "
        "and remote MCP toolsets, with their keys, for servers that do not allow web pages (CORS); not those of "
        "toolsets with `allow_private_ips`, nor those to models. `docs/egress-proxy.md` has what it must do. Default: "
        "none; the browser makes the requests.",
    )
    oauth_redirect_uri: Annotated[Short, AfterValidator(_http_url)] | Unset = Field(
        None,
        alias="oauthRedirectURI",
        description="The address of the page to which an authorization server sends the user back after a sign-in to a "
        "remote MCP server: `oauth.html` of the assets, or one of your own. Without it, such a sign-in fails.",
    )
    python: str | dict[str, Any] | Unset = Field(
        None, description="Python functions as tools: the text of a file, or the options of a toolset of type `python`."
    )
