"""`toolsets`: where an agent's tools come from, and the options of each source."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from .base import Strict

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
]
"""The toolsets that run here."""

ToolsetType = Literal[
    Available,
    "mcp",
    "rag",
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
    "allow_private_ips": (*_HTTP, "a2a", "mcp"),
    "escape_html": ("fetch",),
    "source": ("python",),
    "file": ("python",),
    "packages": ("python",),
    "index": ("python",),
    "sudo_askpass": ("shell",),
    "safer": ("shell",),
    "recall": ("background_jobs",),
    "allowed_servers": ("mcp_catalog",),
    "blocked_servers": ("mcp_catalog",),
}
"""Options that only some types take; the others are for all."""

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
    """The tool's name."""
    endpoint: str
    """The address. `${NAME}` of an argument is filled in."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    """How it is asked."""
    instruction: str = ""
    """What the model is told about it."""
    headers: dict[str, str] = {}
    """Sent with the request; `${env.NAME}` is filled in from the session's env."""
    args: dict[str, dict[str, Any]] = {}
    """The arguments: name to JSON schema."""
    required: list[str] = []
    """Which arguments the model must give."""
    output_schema: dict[str, Any] | None = None
    """The shape of what comes back, for those who want to know."""


class OAuthConfig(Strict):
    """How to sign in to a remote MCP server that does not register clients by itself."""

    client_id: str = Field(default="", alias="clientId")
    client_secret: str = Field(default="", alias="clientSecret", repr=False)
    callback_port: int | None = Field(default=None, alias="callbackPort", ge=1, le=65535)
    scopes: list[str] = []
    callback_redirect_url: str = Field(default="", alias="callbackRedirectURL")


class RemoteConfig(Strict):
    """A server that is reached over HTTP."""

    url: str
    """Its address."""
    transport_type: str = ""
    """`streamable` (the default) or `sse`."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is filled in from the session's env."""
    oauth: OAuthConfig | None = None
    """How to sign in."""


class ScriptConfig(Strict):
    """A shell command as a tool; for hosts that have a shell."""

    cmd: str = ""
    description: str = ""
    args: dict[str, Any] = {}
    required: list[str] = []
    env: dict[str, str] = {}
    working_dir: str = ""


class PostEditConfig(Strict):
    """A shell command after an edit; for hosts that have a shell."""

    path: str
    cmd: str


class McpConfig(Strict):
    """An MCP server, as the top-level `mcps` names it and a toolset may write it out."""

    command: str = ""
    """Starts a server as a process; for hosts that have processes."""
    args: list[str] = []
    """Of the command."""
    ref: str = ""
    """A server of a catalogue, or the name of one in `mcps`."""
    remote: RemoteConfig | None = None
    """A server that is reached over HTTP."""
    config: Any = None
    """For servers of a catalogue."""
    version: str = ""
    """What to install; for hosts."""
    env: dict[str, str] = {}
    """For processes."""
    tools: list[str] = []
    """The names of the tools to keep; empty: all."""
    instruction: str = ""
    """Takes the place of what the model is told about these tools; `{ORIGINAL_INSTRUCTIONS}` stands for that."""
    name: str = ""
    """What the toolset is called."""
    defer: bool | list[str] = False
    """Accepted; every tool is offered at once."""
    working_dir: str = ""
    """For processes."""
    lifecycle: dict[str, Any] = {}
    """How a server is kept running; for hosts."""


class ToolsetConfig(McpConfig):
    """One source of tools. Which options it takes depends on its type."""

    type: ToolsetType
    """The kind of source."""
    readonly: bool = False
    """Keep only tools that change nothing."""
    toon: str = ""
    """Accepted; results stay JSON."""
    model: str = ""
    """The model that reads these tools' results."""
    timeout: int | None = Field(default=None, ge=1)
    """Seconds; unset: 30 for requests."""
    allowed_domains: list[str] = []
    """Only these hosts may be asked; `example.com` is the host and what is below it."""
    blocked_domains: list[str] = []
    """These hosts may not be asked. Not together with allowed_domains."""
    allow_private_ips: bool = False
    """Let requests go to addresses of private networks."""
    escape_html: bool | None = None
    """Whether fetched HTML is escaped."""
    url: str = ""
    """The address of an OpenAPI document."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is filled in from the session's env."""
    api_config: ApiConfig | None = None
    """The request of an `api` toolset."""
    rag_config: dict[str, Any] | None = None
    """The sources of a `rag` toolset."""
    models: list[str] = []
    """What a `model_picker` may choose from."""
    source: str = ""
    """The Python text of a `python` toolset, whose functions become tools."""
    file: str = ""
    """Instead of source: the document of the session that holds it."""
    packages: list[str] = []
    """What the Python code needs installed."""
    index: str = ""
    """Where packages come from; unset: the bundle's own folder."""
    shared: bool = False
    """Whether agents share one."""
    path: str = ""
    """Where on a disk; for hosts that have one."""
    shell: dict[str, ScriptConfig] = {}
    """For hosts that have a shell."""
    post_edit: list[PostEditConfig] = []
    """For hosts that have a shell."""
    webhook_config: dict[str, Any] | None = None
    """For webhooks."""
    ignore_vcs: bool | None = None
    """For hosts that have a disk."""
    allow_list: list[str] = []
    """Folders; for hosts that have a disk."""
    deny_list: list[str] = []
    """Folders; for hosts that have a disk."""
    sudo_askpass: bool = False
    """For hosts that have a shell."""
    recall: bool = False
    """For hosts that run jobs in the background."""
    safer: bool = False
    """Has no meaning any more."""
    file_types: list[str] = []
    """For language servers."""
    allowed_servers: list[str] = []
    """For catalogues of servers."""
    blocked_servers: list[str] = []
    """For catalogues of servers."""

    @model_validator(mode="after")
    def _fits(self) -> ToolsetConfig:
        for option in sorted(self.model_fields_set & ONLY_FOR.keys()):
            types = ONLY_FOR[option]
            if self.type not in types and getattr(self, option):
                raise ValueError(f"{option} is not an option of type {self.type}, only of {' and '.join(types)}")
        needed = _NEEDED.get(self.type)
        if needed and not getattr(self, needed):
            raise ValueError(f"type {self.type} needs {needed}")
        if self.type == "mcp" and sum(map(bool, (self.command, self.remote, self.ref))) != 1:
            raise ValueError("type mcp needs command, remote or ref, one of them")
        if self.type == "python" and bool(self.source) == bool(self.file):
            raise ValueError("type python needs source or file, one of them")
        if self.type == "rag" and not (self.ref or self.rag_config):
            raise ValueError("type rag needs ref or rag_config")
        if self.allowed_domains and self.blocked_domains:
            raise ValueError("allowed_domains and blocked_domains exclude each other")
        return self
