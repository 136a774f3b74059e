"""What commands result in, and the messages of conversations as the page has them.

Plain dicts, typed here and never validated.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypeAlias

from pydantic import WithJsonSchema

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from ..annotations import AnnotationShape
from ..errors import Kind, MissingKey
from ..events import AttemptRecord, FinishReason
from ..files import FileShape
from ..media import MediaShape
from ..messages import AssistantMessage, ToolCallShape
from ..usage import UsageTotals
from .code_messages import CodeSetup

MAX_NAME: Final = 200  # characters of the name of a stored session

SessionStatus: TypeAlias = Literal["idle", "running", "interrupted", "in_doubt", "open_elsewhere"]


class TextPart(TypedDict):
    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    url: str


class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageUrl


class FilePart(TypedDict):
    """A picture, a PDF or a text, in a message of the user."""

    type: Literal["file"]
    file: FileShape


class ChatMessage(TypedDict):
    """A message of a conversation. `tool_call_id` names the call that a `tool` message answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[TextPart | ImagePart | FilePart]
    reasoning: NotRequired[str]
    tool_calls: NotRequired[Annotated[list[ToolCallShape], WithJsonSchema({"tsType": "ToolCallShape[]"})]]
    tool_call_id: NotRequired[str]
    media: NotRequired[Annotated[list[MediaShape], WithJsonSchema({"tsType": "MediaShape[]"})]]
    annotations: NotRequired[Annotated[list[AnnotationShape], WithJsonSchema({"tsType": "AnnotationShape[]"})]]


class AgentSummary(TypedDict):
    name: str
    description: str
    model: str
    instruction: str


class FallbackModels(TypedDict):
    models: list[str]


class AgentOverview(AgentSummary):
    sub_agents: list[str]
    handoffs: list[str]
    add_date: bool
    add_env_info: bool
    fallback: FallbackModels


class ModelOverview(TypedDict):
    provider: str
    model: str
    base_url: str


class KeyReach(TypedDict):
    """A value of env that the file asks for, and where it is sent; no `hosts`: it is put into texts or addresses."""

    name: str
    hosts: list[str]


class ToolsetReach(TypedDict):
    """A source of tools. `any_host`: it may request any host; else only `hosts`."""

    type: str
    name: str
    hosts: list[str]
    any_host: bool


class Reach(TypedDict):
    """What a file may reach if it is run, with any env: for a person who decides whether to run it.

    `hosts` have their port if it is not the usual one; where env decides the host, it is the address as it is written.
    `python` is source code that runs in the tab, `unasked` the tool calls that run without approval (`*`: all).
    """

    models: list[str]
    hosts: list[str]
    any_host: bool
    keys: list[KeyReach]
    toolsets: list[ToolsetReach]
    python: list[str]
    packages: list[str]
    unasked: list[str]


class ParsedConfig(TypedDict):
    """What an agent file holds. `key_line` is the line of what looks like a key, which should not be in it, or null."""

    version: str
    agents: list[AgentOverview]
    models: dict[str, ModelOverview]
    reach: Reach
    key_line: int | None


class AgentCommand(TypedDict):
    """A command of the agent file: a prompt (`instruction`), perhaps for another agent, or a `url` to open."""

    description: NotRequired[str]
    instruction: NotRequired[str]
    agent: NotRequired[str]
    url: NotRequired[str]


class PromptArgument(TypedDict):
    name: str
    description: str
    required: bool


class ServerPrompt(TypedDict):
    """A prompt of an MCP server, for a menu. `server` is the name of its toolset."""

    server: str
    name: str
    description: str
    arguments: list[PromptArgument]


class Restored(TypedDict):
    """For the listener of a session that was opened from the store: turn `interrupted` has no end.

    It stands outside a turn. `partial` is the text that its last step had shown.
    """

    type: Literal["restored"]
    turn: None
    seq: None
    interrupted: str
    partial: str
    state: Literal["interrupted", "in_doubt"]


class DriverChanged(TypedDict):
    """For the listener of a session: another tab drives it now (`read_only`), or this one does.

    It stands outside a turn.
    """

    type: Literal["driver"]
    turn: None
    seq: None
    read_only: bool


class ModelChoices(TypedDict):
    """The models of a session that the user has chosen, by `provider/model`: the first one, and those left out."""

    preferred: str | None
    skipped: list[str]


class SessionCreated(TypedDict):
    """`id` is the name of the session in the store, `messages` how many its conversation has already.

    `read_only`: another tab drives it.
    """

    id: str
    title: str
    messages: int
    restored: NotRequired[Restored]
    read_only: NotRequired[bool]
    agent: str
    models: list[str]
    agents: list[str]
    welcome_message: str
    warnings: list[str]
    missing_keys: list[MissingKey]
    choices: ModelChoices
    commands: dict[str, AgentCommand]


class TokenPrice(TypedDict):
    """US dollars for a million tokens."""

    input: float
    output: float


class ChainModel(TypedDict):
    """A model of a chain, and what would happen to it now: it is asked, rests, lacks its key, or the user skips it.

    `kind` and `reason` are why it is not asked, `wait_ms` for how long: 0 if it is ready, None until its key changes.
    `host` is where it would be asked, "" if the runtime or the page answers itself. `local`: here, on this machine or
    in its private network. `price` is None if it is not known.
    """

    model: str
    state: Literal["ready", "resting", "no_key", "skipped"]
    wait_ms: int | None
    kind: NotRequired[Annotated[Kind, WithJsonSchema({"tsType": "Kind"})]]
    reason: NotRequired[str]
    host: str
    local: bool
    price: TokenPrice | None


class ChainState(TypedDict):
    """The chain of each agent, in the order in which its models are asked. `agent` is the one that answers next."""

    agent: str
    agents: dict[str, list[ChainModel]]


class Result(TypedDict):
    """What a turn came to. `model` is the one that answered, as `provider/model`."""

    message: Annotated[AssistantMessage, WithJsonSchema({"tsType": "AssistantMessage"})]
    usage: NotRequired[Annotated[UsageTotals, WithJsonSchema({"tsType": "UsageTotals"})]]
    model: str
    finish_reason: Annotated[FinishReason, WithJsonSchema({"tsType": "FinishReason"})]
    attempts: Annotated[list[AttemptRecord], WithJsonSchema({"tsType": "AttemptRecord[]"})]


class HealthEntry(TypedDict):
    """The state of a model or an account (`name`), for other tabs of the origin. 0 `seconds`: it works again."""

    name: str
    seconds: float
    kind: NotRequired[Annotated[Kind, WithJsonSchema({"tsType": "Kind"})]]
    told: NotRequired[bool]


class SessionRow(TypedDict):
    """A session of the store. `created` and `updated` are ISO 8601 in UTC, `turns` counts those that have ended.

    `running`: a turn runs here; `interrupted`: a turn was begun and has no end; `in_doubt`: a call may or may not have
    had its effect; `open_elsewhere`: another tab has the session.
    """

    id: str
    title: str
    agent: str
    created: str
    updated: str
    turns: int
    state: SessionStatus


class Results(TypedDict):
    """The result of each command."""

    parse_config: ParsedConfig
    list_agents: list[AgentSummary]
    create_session: SessionCreated
    chat: Result
    send: Result
    resume: Result
    resolve: None
    confirm: None
    respond: None
    abort: None
    restart: None
    update: SessionCreated
    prefer: ModelChoices
    skip: ModelChoices
    export: dict[str, Any]
    chain: ChainState
    prompts: list[ServerPrompt]
    fill_prompt: list[TextPart | FilePart]
    code_setup: CodeSetup | None
    close: None
    online: None
    offline: None
    health: None
    known_health: list[HealthEntry]
    use_page_fetch: None
    record: None
    replay: None
    trace_log: dict[str, Any]
    trace_to: None
    use_store: None
    list_sessions: list[SessionRow]
    open_session: SessionCreated
    rename_session: None
    delete_session: None
    export_session: dict[str, Any] | str
    import_session: SessionRow
    fork_session: SessionRow
    messages: list[ChatMessage]
    take_over: SessionCreated
    flush: None
