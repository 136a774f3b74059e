"""`toolsets`: the sources of an agent's tools, and the options of each source."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, WithJsonSchema, model_validator

from .accepted import ACCEPTED
from .base import Strict
from .duration import Seconds
from .sizes import Megabytes

Available = Literal[
    "think",
    "todo",
    "plan",
    "memory",
    "user_prompt",
    "fetch",
    "api",
    "openapi",
    "session_context",
    "model_picker",
    "files",
    "python",
    "mcp",
    "rag",
    "code",
]
"""The toolsets that are available here."""

ToolsetType = Literal[
    Available,
    "mcp_catalog",
    "script",
    "filesystem",
    "file",
    "shell",
    "background_jobs",
    "background_agents",
    "tasks",
    "session_plan",
    "a2a",
    "lsp",
    "open_url",
    "scheduler",
    "git",
    "webhook",
    "environment",
]


_HTTP: Final = ("fetch", "api", "openapi")
_DISK: Final = ("filesystem", "file")
_SERVERS: Final = ("mcp", "lsp")

ONLY_FOR: Final[dict[str, tuple[str, ...]]] = {
    "shell": ("script",),
    "path": ("memory", "tasks"),
    "post_edit": _DISK,
    "ignore_vcs": _DISK,
    "allow_list": _DISK,
    "deny_list": _DISK,
    "env": ("shell", "script", "background_jobs", *_SERVERS),
    "working_dir": ("shell", "script", "background_jobs", *_SERVERS),
    "command": _SERVERS,
    "args": _SERVERS,
    "version": _SERVERS,
    "lifecycle": (*_SERVERS, "a2a"),
    "file_types": ("lsp",),
    "ref": ("mcp", "rag"),
    "config": ("mcp",),
    "remote": ("mcp", "a2a"),
    "models": ("model_picker",),
    "shared": ("todo", "think"),
    "headers": ("fetch", "openapi", "a2a"),
    "url": ("openapi", "a2a", "open_url"),
    "api_config": ("api",),
    "rag_config": ("rag",),
    "webhook_config": ("webhook",),
    "allowed_domains": _HTTP,
    "blocked_domains": _HTTP,
    "sampling": ("mcp",),
    "allow_private_ips": (*_HTTP, "a2a", "mcp"),
    "escape_html": ("fetch",),
    "source": ("python",),
    "file": ("python",),
    "packages": ("python", "code"),
    "index": ("python", "code"),
    "keep": ("code",),
    "memory": ("code",),
    "sudo_askpass": ("shell",),
    "safer": ("shell",),
    "recall": ("background_jobs",),
    "allowed_servers": ("mcp_catalog",),
    "blocked_servers": ("mcp_catalog",),
}
"""Options that only some types have; all types have the others."""

_NEEDED: Final = {
    "model_picker": "models",
    "api": "api_config",
    "openapi": "url",
    "open_url": "url",
    "a2a": "url",
    "lsp": "command",
    "webhook": "webhook_config",
}


class ApiConfig(Strict):
    """One HTTP request as a tool."""

    name: str
    """The name of the tool."""
    endpoint: str
    """The address. `${NAME}` is replaced by the argument of that name."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    """The HTTP method."""
    instruction: str = ""
    """The description of the tool for the model."""
    headers: dict[str, str] = {}
    """Sent with the request; `${env.NAME}` is replaced from the session's env."""
    args: dict[str, dict[str, Any]] = {}
    """The JSON schema of each argument, by name."""
    required: list[str] = []
    """The names of the required arguments."""
    output_schema: dict[str, Any] | None = None
    """The JSON schema of the response, for documentation."""
    idempotency_key: bool = False
    """Send each call's key as `Idempotency-Key`: a server that takes it does the same thing only once."""


class OAuthConfig(Strict):
    """The client of a sign-in to a remote MCP server.

    Without it, the client is the one that the client-ID document of the page describes, or one that is registered.
    """

    client_id: str = Field(default="", alias="clientId")
    """The id of a client that is registered at the authorization server."""
    client_secret: str = Field(default="", alias="clientSecret", repr=False)
    """Its secret, if it has one. Sent to the host of `url`, and to hosts in allowHosts."""
    callback_port: int | None = Field(default=None, alias="callbackPort", ge=1, le=65535)
    """Inserted for `${callbackPort}` in callbackRedirectURL."""
    scopes: list[str] = []
    """The scopes to ask for; empty: those that the server names."""
    callback_redirect_url: str = Field(default="", alias="callbackRedirectURL")
    """Where the user is sent back to, instead of to the oauthRedirectURI of the session."""


class RemoteConfig(Strict):
    """An HTTP server."""

    url: str
    """The address of the server."""
    transport_type: str = ""
    """`streamable` (the default) or `sse`."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is replaced from the session's env."""
    oauth: OAuthConfig | None = None
    """The sign-in."""


class ServerConfig(Strict):
    """The keys that an MCP server has as an entry of the top-level `mcps` and as a toolset."""

    command: str = ""
    """The command that starts the server as a process; needs a host."""
    args: list[str] = []
    """The arguments of the command."""
    ref: str = ""
    """A server of the catalogue, or a key of `mcps`."""
    remote: RemoteConfig | None = None
    """An HTTP server."""
    config: Any = None
    """The configuration of a server of the catalogue; needs a host."""
    version: str = ""
    """The version to install; needs a host."""
    env: dict[str, str] = {}
    """For processes; needs a host."""
    tools: list[str] = []
    """The names of the tools to offer; empty: all."""
    instruction: str = ""
    """Replaces the instructions for these tools in the prompt; `{ORIGINAL_INSTRUCTIONS}` inserts the original ones."""
    name: str = ""
    """The name of the toolset."""
    working_dir: str = ""
    """For processes; needs a host."""
    readonly: bool = False
    """Offer only tools that change nothing."""
    model: str = ""
    """Accepted; the agent's own model reads the results."""
    defer: bool | list[str] | None = None
    """Which tools a model has to find with `search_tool` before it sees them: true for all, or their names; false for
    none. Unset: all, if the agent has more than 40 tools and these are not built in."""
    timeout: Annotated[Seconds, Field(ge=1)] | None = None
    """Time limit of a call in seconds; unset: 30 for requests, 120 for tools of an MCP server, 10 for code."""
    allow_private_ips: bool = False
    """Allow requests to addresses of private networks."""
    sampling: Literal["refuse", "allow"] = "refuse"
    """Whether the server may ask the agent's models; the user has to approve each request."""


class McpConfig(ServerConfig):
    """An MCP server: an entry of the top-level `mcps`."""

    accepted = ACCEPTED["mcp"]

    type: Literal["mcp"] = "mcp"
    """The kind of server."""


class ToolsetConfig(ServerConfig):
    """One source of tools. Its type decides which options it has."""

    accepted = ACCEPTED["mcp"] | ACCEPTED["toolset"]

    type: Annotated[str, WithJsonSchema({"enum": list(get_args(ToolsetType))})]
    """The kind of source. A file with a type that is not known can be viewed, not run."""
    allowed_domains: list[str] = []
    """The only hosts that may be requested; `example.com` includes its subdomains."""
    blocked_domains: list[str] = []
    """Hosts that must not be requested. Excludes allowed_domains."""
    url: str = ""
    """The address of an OpenAPI document."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is replaced from the session's env."""
    api_config: ApiConfig | None = None
    """The request of an `api` toolset."""
    rag_config: dict[str, Any] | None = None
    """The documents of a `rag` toolset and the ways to search them: what `ref` names in the top-level `rag`."""
    models: list[str] = []
    """The models that a `model_picker` can choose."""
    source: str = ""
    """The Python source of a `python` toolset; its functions become tools."""
    file: str = ""
    """Instead of source: the path of a document of the session."""
    packages: list[str] = []
    """The packages that the Python code needs: URLs of wheels with hashes (`https://…/x-1.0-py3-none-any.whl#sha256=…`),
    or, from the page's index, requirements (`x>=1`)."""
    index: str = ""
    """The package index: the one that the page has named."""
    keep: bool = False
    """Whether the variables of a run of `code` are there in the next one."""
    memory: Annotated[Megabytes, Field(ge=64, le=2048)] = 256
    """The memory that a run of `code` may use, in megabytes: a number, or such as `256MB`."""
    shared: bool = False
    """Whether agents share one instance."""
    path: str = ""
    """A path on disk; what would be kept there is kept in the session."""
    webhook_config: dict[str, Any] | None = None
    """The target of a `webhook` toolset; needs a host."""

    @model_validator(mode="before")
    @classmethod
    def _options_fit(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("type") in get_args(ToolsetType):
            for option in sorted(data.keys() & ONLY_FOR.keys()):
                if data[option] and data["type"] not in ONLY_FOR[option]:
                    types = " and ".join(ONLY_FOR[option])
                    raise ValueError(f"{option} is not an option of type {data['type']}, only of {types}")
        return data

    @model_validator(mode="after")
    def _complete(self) -> ToolsetConfig:
        needed = _NEEDED.get(self.type)
        if needed and not getattr(self, needed):
            raise ValueError(f"type {self.type} needs {needed}")
        if self.type == "mcp" and sum(map(bool, (self.command, self.remote, self.ref))) != 1:
            raise ValueError("type mcp needs exactly one of command, remote and ref")
        if self.type == "python" and bool(self.source) == bool(self.file):
            raise ValueError("type python needs exactly one of source and file")
        if self.type == "rag" and not (self.ref or self.rag_config):
            raise ValueError("type rag needs ref or rag_config")
        if self.allowed_domains and self.blocked_domains:
            raise ValueError("allowed_domains and blocked_domains exclude each other")
        return self
