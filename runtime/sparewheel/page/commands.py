"""The commands of the page and their parameters.

Parameters come from outside, so they are models and are validated. A parameter that is unknown is refused: an option
that is silently ignored is worse than an error. On the wire, names are in camel case, as JavaScript has them.

What another module checks is not checked here: the agent file (`config.loading`), messages (`messages`), decisions and
answers of the user (`session`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, get_type_hints

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

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from ..errors import ConfigError
from ..events import AbortReason
from ..messages import Message, parse_messages
from .results import MAX_NAME, ChatMessage

MAX_TOOLS: Final = 1000
MAX_DOCUMENTS: Final = 1000
MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024  # of all documents together


def _texts(env: object) -> object:
    """Numbers and booleans as text, without what is null."""
    if not isinstance(env, dict):
        return env
    return {name: _text(value) for name, value in env.items() if value is not None}


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


def _object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type", "object") != "object":
        raise ValueError('must be a JSON schema of type "object"')
    return schema


_Unset: TypeAlias = SkipJsonSchema[None]  # the type of a default that the page cannot send
_Session: TypeAlias = Annotated[str, Field(min_length=1)]
_Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
_ToolName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$"), WithJsonSchema({"type": "string"})]
_Messages: TypeAlias = Annotated[
    list[Message], PlainValidator(parse_messages, json_schema_input_type=list[ChatMessage])
]
_History: TypeAlias = Annotated[
    list[Message],
    PlainValidator(lambda value: parse_messages(value, "history"), json_schema_input_type=list[ChatMessage]),
]
_Env: TypeAlias = Annotated[dict[str, str], BeforeValidator(_texts)]
_Documents: TypeAlias = Annotated[dict[str, str], PlainValidator(_documents, json_schema_input_type=dict[str, str])]


class Params(BaseModel):
    """The parameters of a command."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    timeout: _Seconds | _Unset = Field(None, description="Seconds until the call is given up. Default: 120.")


class Files(Params):
    """Where files are kept that an agent file expects on a disk."""

    host: Literal["session"]


class HookSpec(Params):
    """A hook of the page. `index` is the number of its function."""

    event: str
    index: int
    matcher: str | _Unset = None


class AgentOptions(Params):
    """What a session is made from."""

    yaml: SkipValidation[str] = Field(description="The agent file.")
    agent_name: str | _Unset = Field(
        None, alias="agentName", description="Which agent of the file; default: the first."
    )
    env: _Env = Field(
        default={},
        description="Keys and other variables that the agent file names. Kept in memory, for this session only.",
    )
    allow_hosts: list[str] = Field(
        default=[],
        alias="allowHosts",
        max_length=100,
        description="Hosts that may get a vendor's key beside the vendor's own: `host`, `host:port` or `*.host`.",
    )
    package_index: str | _Unset = Field(
        None,
        alias="packageIndex",
        description="URL of an index (PEP 503) from which Python tools may get packages that have no hash in the file; "
        "relative to the folder of the assets. Default: none.",
    )
    tools: dict[_ToolName, ToolSpec] = Field(
        default={},
        max_length=MAX_TOOLS,
        description="Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`.",
    )
    hooks: list[HookSpec] = Field(default=[], description="Functions of this page that run at points of a turn.")
    auto_approve: bool = Field(False, alias="autoApprove", description="Run every tool without asking. Default: false.")
    approval_timeout: _Seconds | _Unset = Field(
        None,
        alias="approvalTimeout",
        description="Seconds until a tool call that waits for approval is rejected. Default: 300.",
    )
    interactive: bool = Field(
        False,
        description="Whether a user can answer `tool_confirmation` and `elicitation`; else both are declined at once. "
        "Default: whether there is a listener, or the turn is being streamed.",
    )
    documents: _Documents = Field(
        default={},
        description="Texts by path, at most 1000 and 16 MiB in total, for the keys of the agent file that name files: "
        "`instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`. Nothing else reads them.",
    )
    files: Files | _Unset = Field(
        None,
        description='Where the tools of a `filesystem` toolset keep files: `{host: "session"}` is the storage of the '
        "session. Default: the toolset is refused.",
    )
    tool_proxy: str | _Unset = Field(
        None, alias="toolProxy", description="For remote MCP servers, which are not available yet; has no effect."
    )
    oauth_redirect_uri: str | _Unset = Field(
        None,
        alias="oauthRedirectURI",
        description="For remote MCP servers, which are not available yet; has no effect.",
    )
    python: str | dict[str, Any] | _Unset = Field(
        None, description="Python functions as tools: the text of a file, or the options of a toolset of type `python`."
    )


class CreateSession(AgentOptions):
    session: _Session
    id: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | _Unset = Field(
        None, description="The name under which the store keeps the session; default: a new one."
    )
    title: str = Field(
        "",
        description="Its title. Default: the beginning of the first prompt; after the first answer the title that the "
        "agent's `title_model` gives, or one of its own models if the store outlives the page.",
    )
    history: _History = Field(default=[], description="Messages to begin with.")


class Chat(AgentOptions):
    session: _Session
    messages: _Messages = Field(description="The conversation so far; the last message is the user's.")


class AgentFile(Params):
    yaml: SkipValidation[str]


class OfSession(Params):
    session: _Session


class Send(OfSession):
    """Run a turn. `interactive` holds from its start."""

    prompt: str
    interactive: bool | _Unset = None


class Abort(Params):
    """Stop the turn of a session, or of every one. `consumer`: the program that read the events stopped reading."""

    session: _Session | _Unset = None
    reason: Annotated[AbortReason, WithJsonSchema({"tsType": "AbortReason"})] = "user"


class Confirm(OfSession):
    """The user's decision on the tool call `id`; default: the one that has waited longest."""

    decision: SkipValidation[Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"]]
    id: str | _Unset = None
    tool_name: str | _Unset = Field(None, alias="toolName")
    reason: str = ""


class Respond(OfSession):
    """The user's answer to the elicitation `id`."""

    id: str
    action: SkipValidation[Literal["accept", "decline", "cancel"]]
    content: dict[str, Any] | _Unset = None


class Nothing(Params):
    """No parameters."""

    model_config = ConfigDict(json_schema_extra={"tsType": "Record<string, never>"})


class UseStore(Params):
    """Where sessions are kept from now on. `name` is that of the database."""

    kind: Literal["memory", "indexeddb"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = "sparewheel"


class OpenSession(AgentOptions):
    """Open the stored session `id`. `yaml` replaces the agent file that it was created with."""

    session: _Session
    id: str
    yaml: SkipValidation[str] | _Unset = Field(None, description="The agent file; default: the stored one.")  # type: ignore[assignment]  # optional here


class StoredSession(Params):
    """A session in the store, which need not be open."""

    id: str


class RenameSession(StoredSession):
    title: str


class ExportSession(StoredSession):
    format: Literal["json", "markdown"] = "json"


class ImportSession(Params):
    """A document of `export_session`: JSON text, or its value."""

    document: Any


class MergeHealth(Params):
    """What another tab of the origin has told: a `HealthEntry`, perhaps of another version."""

    entry: Any


class Commands(TypedDict):
    """The parameters of each command.

    `online`: the browser's network is back; `offline`: it is gone. `use_page_fetch`: from now on the page makes the
    requests. `flush`: write now what is to be stored, because the page may go away.
    """

    parse_config: AgentFile
    list_agents: AgentFile
    create_session: CreateSession
    chat: Chat
    send: Send
    confirm: Confirm
    respond: Respond
    abort: Abort
    restart: OfSession
    export: OfSession
    close: OfSession
    online: Nothing
    offline: Nothing
    health: MergeHealth
    known_health: Nothing
    use_page_fetch: Nothing
    use_store: UseStore
    list_sessions: Nothing
    open_session: OpenSession
    rename_session: RenameSession
    delete_session: StoredSession
    export_session: ExportSession
    import_session: ImportSession
    messages: OfSession
    flush: Nothing


COMMANDS: Final[dict[str, type[Params]]] = get_type_hints(Commands)
