"""The commands of the page and their parameters.

Parameters come from outside, so they are models and are validated. A parameter that is unknown is refused: an option
that is silently ignored is worse than an error. On the wire, names are in camel case, as JavaScript has them.

What another module checks is not checked here: the agent file (`config.loading`), messages (`messages`), decisions and
answers of the user (`session`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, get_type_hints

from pydantic import (
    ConfigDict,
    Field,
    PlainValidator,
    SkipValidation,
    WithJsonSchema,
)

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from ..errors import Fault
from ..events import AbortReason
from ..messages import Message, parse_messages, parse_prompt
from .options import AgentOptions, Documents, Env, Hosts, Params, SessionName, Short, Unset
from .results import MAX_NAME, ChatMessage, FilePart, ImagePart, TextPart

_Messages: TypeAlias = Annotated[
    list[Message], PlainValidator(parse_messages, json_schema_input_type=list[ChatMessage])
]
_History: TypeAlias = Annotated[
    list[Message],
    PlainValidator(lambda value: parse_messages(value, "history"), json_schema_input_type=list[ChatMessage]),
]
_Prompt: TypeAlias = Annotated[
    Message, PlainValidator(parse_prompt, json_schema_input_type=str | list[TextPart | ImagePart | FilePart])
]


class CreateSession(AgentOptions):
    session: SessionName
    id: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | Unset = Field(
        None, description="The name under which the store keeps the session; default: a new one."
    )
    title: str = Field(
        "",
        description="Its title. Default: the beginning of the first prompt; after the first answer the title that the "
        "agent's `title_model` gives, or one of its own models if the store outlives the page.",
    )
    history: _History = Field(default=[], description="Messages to begin with.")
    again: bool = Field(False, description="It was there before the worker was replaced, perhaps without a key.")


class Chat(AgentOptions):
    session: SessionName
    messages: _Messages = Field(description="The conversation so far; the last message is the user's.")
    events: Literal["all", "outcome"] = Field(
        "all",
        description="`outcome`: only `usage` and the last event, together, when the turn has ended.",
    )


class AgentFile(Params):
    yaml: SkipValidation[str]


class OfSession(Params):
    session: SessionName


class TakeOver(OfSession):
    """`if_free`: only if no other driver has the session; the reply tells whether one has (`read_only`)."""

    if_free: bool | Unset = None


class TurnParams(OfSession):
    """`interactive` holds from the start of the turn. `model` is asked first; the first attempt fails with `fault`."""

    interactive: bool | Unset = None
    model: Short | Unset = None
    fault: Fault | Unset = None

    @property
    def wishes(self) -> dict[str, Any]:
        """The options of `Session.answer` and `Session.resume`."""
        return {"model": self.model, "fault": self.fault}


class Send(TurnParams):
    """Run a turn."""

    prompt: _Prompt


class Resume(TurnParams):
    """Go on with the last turn, which was interrupted or has failed."""


class Resolve(OfSession):
    """The user's decision on the call `id`, of which it is not known whether it has had its effect.

    `done`: it has, with this `result` if it is known; `again`: run it; `skip`: do not.
    """

    id: str
    decision: SkipValidation[Literal["done", "again", "skip"]]
    result: SkipValidation[str] | Unset = None


class Update(OfSession):
    """Go on with another agent file, other keys or another agent. What is not given stays as it is.

    A turn that runs ends first. If the file cannot run, nothing changes.
    """

    yaml: SkipValidation[str] | Unset = None
    env: Env | Unset = None
    agent_name: Short | Unset = Field(None, alias="agentName")
    allow_hosts: Hosts | Unset = Field(None, alias="allowHosts")
    documents: Documents | Unset = None


class Prefer(OfSession):
    """Ask `model` first, from the next step on. null: as the agent file has it."""

    model: Short | Unset = None


class Skip(OfSession):
    """Do not ask `model` from the next step on; `skip: false`: ask it again."""

    model: Short
    skip: bool = True


class Abort(Params):
    """Stop the turn of a session, or of every one. `consumer`: the program that read the events stopped reading."""

    session: SessionName | Unset = None
    reason: Annotated[AbortReason, WithJsonSchema({"tsType": "AbortReason"})] = "user"


class Confirm(OfSession):
    """The user's decision on the tool call `id`; default: the one that has waited longest.

    `arguments` replace those of the call: an object, or its JSON text, which keeps every number as it is written.
    """

    decision: SkipValidation[Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"]]
    id: str | Unset = None
    tool_name: str | Unset = Field(None, alias="toolName")
    reason: str = ""
    arguments: str | dict[str, Any] | Unset = None


class Respond(OfSession):
    """The user's answer to the elicitation `id`."""

    id: str
    action: SkipValidation[Literal["accept", "decline", "cancel"]]
    content: dict[str, Any] | Unset = None


class FillPrompt(OfSession):
    """A prompt of an MCP server of the agent, filled in."""

    server: Short
    name: Short
    arguments: dict[str, str] = Field(default={})


class SetUpCode(OfSession):
    """What the page's own run of this code is given by the code toolset; None if no agent has one."""

    code: str


class Nothing(Params):
    """No parameters."""

    model_config = ConfigDict(json_schema_extra={"tsType": "Record<string, never>"})


class UseStore(Params):
    """Where sessions are kept from now on. `name` is that of the database."""

    kind: Literal["memory", "indexeddb"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = "sparewheel"


class SetRecording(Params):
    """Record what sessions send and get from now on, as `recorded` messages; `on: false`: no longer."""

    on: bool


class UseRecording(Params):
    """Answer every request with a recording from now on; none leaves. `timed`: at the times of the recording."""

    recording: str
    timed: bool = False


class TraceLog(Params):
    """The spans of a log: events, each after the time (ms since 1970) at which it came.

    The result is a document for Perfetto and Chrome (`chrome`), or for collectors of OpenTelemetry (`otlp`).
    """

    log: Annotated[list[tuple[float, dict[str, Any]]], Field(max_length=200_000)]
    format: Literal["chrome", "otlp"] = "chrome"
    contents: bool = False


class TraceTo(Params):
    """Send the spans of every turn to a collector of OpenTelemetry from now on. `contents`: with what was said."""

    url: Short
    contents: bool = False


class OpenSession(AgentOptions):
    """Open the stored session `id`. `yaml` replaces the agent file that it was created with."""

    session: SessionName
    id: str
    yaml: SkipValidation[str] | Unset = Field(None, description="The agent file; default: the stored one.")  # type: ignore[assignment]  # optional here
    again: bool = Field(False, description="It was open before the worker was replaced: a stored file is the newest.")


class StoredSession(Params):
    """A session in the store, which need not be open."""

    id: str


class RenameSession(StoredSession):
    title: str


class ExportSession(StoredSession):
    format: Literal["json", "markdown"] = "json"


class ForkSession(StoredSession):
    """Add a session with the conversation of this one before `turn`; default: with all of it."""

    turn: str | Unset = None
    title: str = ""


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
    resume: Resume
    resolve: Resolve
    confirm: Confirm
    respond: Respond
    abort: Abort
    restart: OfSession
    update: Update
    prefer: Prefer
    skip: Skip
    export: OfSession
    chain: OfSession
    prompts: OfSession
    fill_prompt: FillPrompt
    code_setup: SetUpCode
    close: OfSession
    online: Nothing
    offline: Nothing
    health: MergeHealth
    known_health: Nothing
    use_page_fetch: Nothing
    record: SetRecording
    replay: UseRecording
    trace_log: TraceLog
    trace_to: TraceTo
    use_store: UseStore
    list_sessions: Nothing
    open_session: OpenSession
    rename_session: RenameSession
    delete_session: StoredSession
    export_session: ExportSession
    import_session: ImportSession
    fork_session: ForkSession
    messages: OfSession
    take_over: TakeOver
    flush: Nothing


COMMANDS: Final[dict[str, type[Params]]] = get_type_hints(Commands)
