"""Opens an agent file as a session of this program."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..state.approvals import DEFAULT_TIMEOUT
from ..transports.router import open_network
from .code import DenoHost
from .keeping import keep_in
from .making import Options, agent_text, document_mapping, make_session, text_mapping
from .session import AgentSession
from .taping import tape_in
from .tracing import collector_in

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from .store import SessionStore
    from .turns import Listener


@asynccontextmanager
async def open_agent(
    agent: str | os.PathLike[str] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    store: SessionStore | str | os.PathLike[str] | None = None,
    session: str | None = None,
    agent_name: str | None = None,
    tools: Iterable[Callable[..., Any]] = (),
    hooks: Mapping[str, Any] | None = None,
    documents: Mapping[str, str | bytes] | None = None,
    session_files: bool = False,
    history: Sequence[Mapping[str, Any]] = (),
    title: str | None = None,
    auto_approve: bool = False,
    approval_timeout: float = DEFAULT_TIMEOUT,
    allow_hosts: Sequence[str] = (),
    tool_proxy: str | None = None,
    oauth_redirect_uri: str = "",
    interactive: bool | None = None,
    trace: bool = False,
    record: str | os.PathLike[str] | None = None,
    replay: str | os.PathLike[str] | None = None,
    timed: bool = False,
    otlp: str | None = None,
    trace_contents: bool = False,
    on_event: Listener | None = None,
) -> AsyncIterator[AgentSession]:
    """Open a session of an agent in this process; it is closed when the block is left.

        async with open_agent("agent.yaml", env={"OPENAI_API_KEY": os.environ["OPENAI_API_KEY"]}) as session:
            async for event in session.stream("Why is the sky blue?"):
                print(event)

    Args:
        agent: the path of an agent file, or its YAML text (anything with a line break). None: the one that the stored
            `session` was created with.
        env: keys and other variables that the agent file names. Nothing is taken from the environment of the process;
            `env=os.environ` passes all of it. Keys are in no event, result or error.
        store: a `SessionStore`, or the path of its folder, where the session outlives this program. None: it does not.
        session: the id of the session in the store. One that is there goes on where it was: its conversation, todos,
            plans, memories, files, approvals and budgets come back. None: a new one.
        agent_name: the agent of the file to talk to; None: the first.
        tools: functions that the model may call. The signature gives the arguments, the docstring their descriptions;
            `tool` adds options. A function that blocks stops the event loop while it runs.
        hooks: by the name of a point of a turn, a function that is called there, or a list of them. `f(input)` returns
            None or a dict such as `{"decision": "deny", "reason": "…"}`; `{"matcher": REGEX, "hook": f}` limits it to
            tools.
        documents: texts by path, or bytes (of a PDF), for the keys of the agent file that name files:
            `instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`; and for toolsets of type
            `rag`, whose tool searches them.
        session_files: let a `filesystem` toolset work on files that are kept in the session; else it is refused.
        history: messages to begin with, as `AgentSession.export` gives them.
        title: the title of a new session. None: one comes after the first answer if the agent names a `title_model`, or
            the session is kept in a store.
        auto_approve: run every tool without asking.
        approval_timeout: seconds until a call that waits for approval is rejected; 0: never.
        allow_hosts: hosts to which a vendor's key may be sent beside the vendor's own: `host`, `host:port` or `*.host`.
        tool_proxy: the https address of an egress proxy that makes the requests of `fetch`, `api`, `openapi` and remote
            MCP toolsets, with their keys; not those of toolsets with `allow_private_ips`. None: this process does.
        oauth_redirect_uri: where authorization servers of remote MCP servers send the user back to. An `elicitation`
            with `sign_in` has the address to open; answer it with the parameters with which the user came back.
        interactive: whether the program answers `tool_confirmation` and `elicitation` events. If not, both are declined
            at once. None: while a turn is streamed, or if there is an `on_event`.
        trace: report each HTTP request to a model in a `request` event, without secrets.
        record: a file for a recording of every exchange with models and tools, without keys (`sparewheel.recordings`);
            it replaces an earlier one.
        replay: a recording that answers every request; none leaves this process, and no key is needed. A request that
            is not in it raises `ConfigError`.
        timed: replay with the times of the recording, not at once.
        otlp: the address of an OpenTelemetry collector, which gets the spans of every turn (OTLP over HTTP, JSON), such
            as `http://localhost:4318`; no host of models. If it does not answer, the logger `sparewheel` warns once.
        trace_contents: let spans have answers, and the arguments and results of tools.
        on_event: called with every event of every turn, and with the `title` event, which stands outside of turns.

    Raises:
        ConfigError: the file, an option, or a key that the file needs is missing or wrong; nothing was sent.
        SparewheelError: of kind `open_elsewhere`: another program has the stored session; `storage`: it cannot be read.
    """
    options = Options(
        agent_name=agent_name,
        env=text_mapping("env", env),
        tools=tuple(tools),
        hooks=hooks or {},
        documents=document_mapping(documents),
        session_files=session_files,
        auto_approve=auto_approve,
        approval_timeout=approval_timeout,
        allow_hosts=allow_hosts,
        tool_proxy=tool_proxy,
        oauth_redirect_uri=oauth_redirect_uri,
        interactive=interactive,
        trace=trace,
        on_event=on_event,
    )
    async with AsyncExitStack() as stack:
        options.tape = tape_in(stack.enter_context(ExitStack()), record, replay, timed=timed)
        options.network = await open_network(stack)
        file = None if agent is None else agent_text(agent)
        keep = await keep_in(stack, store, session, file=file, title=title or "", history=bool(history))
        options.file = file or (keep.file if keep else "")
        if not options.file:
            raise ConfigError("open_agent needs an agent file", "Pass it as agent, or open a stored session.")
        options.code = DenoHost()
        stack.push_async_callback(options.code.close)
        made = make_session(options, history, title, keep)
        if otlp is not None:
            options.collector = collector_in(stack, otlp, made.team, contents=trace_contents)
        opened = AgentSession(options, made, keep)
        stack.push_async_callback(opened.close)
        yield opened
