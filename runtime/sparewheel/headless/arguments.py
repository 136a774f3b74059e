"""The command line of `sparewheel`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING, Final, cast, get_args, get_type_hints

from .. import events
from .driver import Host
from .notes import note
from .options import Parser, add_dist, add_env
from .taping import add_tape
from .tracing import add_traces

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PROMPT: Final = "Say hello."
EVENT_TYPES: Final = frozenset(
    name for event in get_args(events.Event) for name in get_args(get_type_hints(event)["type"])
)
OTHER_COMMANDS: Final = {
    "batch": "ask every prompt of a file; go on where the last run stopped",
    "compare": "ask several agent files the same prompts; a report of answers, latency and cost",
    "test-provider": "find out what a model API can do, and whether a browser may call it",
}
_EPILOG: Final = (
    "Without AGENT.yaml: the demo agent, which needs no key. A single argument is the agent file if it ends in .yaml "
    "or .yml, else the prompt. Events are JSON lines on stdout, everything else is on stderr. "
    "Exit code: 0 finished, 1 failed, 2 bad usage, 130 aborted."
)


@dataclass(frozen=True, slots=True)
class Options:
    """One command.

    Attributes:
        command: `run`, `resume`, `sessions`, `serve` or `copy`.
        agent: the path of the agent file. None: the demo agent.
        prompt: None: the last turn of `session` is resumed, after the `decisions`.
        decisions: about calls in doubt, by their ids.
        events: the types that are printed. None: all.
        timeout: seconds. None: no limit.
        target: where `copy` puts the files.
    """

    command: str
    agent: str | None
    prompt: str | None
    store: str | None
    session: str | None
    decisions: dict[str, str]
    env: dict[str, str]
    engine: Host
    events: frozenset[str] | None
    agent_name: str | None
    auto_approve: bool
    package_index: str | None
    tool_proxy: str | None
    documents: list[str]
    record: str | None
    replay: str | None
    replay_timed: bool
    otlp: str | None
    trace: str | None
    trace_contents: bool
    dist: str | None
    timeout: float | None
    port: int
    open_page: bool
    target: str


def parse(argv: Sequence[str]) -> Options:
    """The options of `argv`. Raises SystemExit (2) with a usage line on stderr, (0) after --help."""
    parser = _parser()
    # Not parse_args: its message quotes unknown words, and these may be a mistyped --env with a key.
    found, unknown = parser.parse_known_args(argv)
    if unknown:
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        parser.error(f"unknown option {', '.join(options)}" if options else "too many arguments")
    agent, prompt = None, None
    if found.command == "run":
        agent, prompt = _positionals(parser, found.arguments)
    elif found.command == "resume":
        agent = found.agent
    if found.session and not found.store:
        parser.error("--session needs --store")
    return Options(
        command=found.command,
        agent=agent,
        prompt=prompt,
        store=found.store,
        session=found.session,
        decisions=dict(found.decide),
        env=dict(found.env),
        engine=cast("Host", found.engine or _usual_engine(stored=bool(found.store))),
        events=found.events,
        agent_name=found.agent_name,
        auto_approve=found.auto_approve,
        package_index=found.package_index,
        tool_proxy=found.tool_proxy,
        documents=found.documents,
        record=found.record,
        replay=found.replay,
        replay_timed=found.replay_timed,
        otlp=found.otlp,
        trace=found.trace,
        trace_contents=found.trace_contents,
        dist=found.dist,
        timeout=found.timeout,
        port=found.port,
        open_page=found.open,
        target=found.target,
    )


def _usual_engine(*, stored: bool) -> Host:
    """Chromium; without Playwright Node, which has no store. Without both, the error says what to install."""
    if stored or find_spec("playwright") or not which("node"):
        return "chromium"
    note("Playwright is not installed: the turn runs under Node (--engine node)")
    return "node"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="sparewheel", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one turn headless", epilog=_EPILOG, allow_abbrev=False)
    run.add_argument("arguments", nargs="*", metavar="[AGENT.yaml] [PROMPT]")
    run.add_argument("--store", metavar="DIR", help="keep the session in this folder (Chromium or Firefox)")
    run.add_argument("--session", metavar="ID", help="the session of the store to go on with, or to make")
    run.set_defaults(decide=[])
    resume = commands.add_parser("resume", help="go on with the last turn of a stored session", allow_abbrev=False)
    resume.add_argument("agent", nargs="?", metavar="AGENT.yaml", help="default: the session's own agent file")
    resume.add_argument("--store", metavar="DIR", required=True, help="the folder of the sessions")
    resume.add_argument("--session", metavar="ID", required=True, help="the session")
    resume.add_argument("--decide", action="append", default=[], type=_decision, metavar="CALL=done|again|skip")
    for turn in (run, resume):
        add_env(turn)
        turn.add_argument("--events", type=_types, metavar="TYPE,TYPE", help="print only these")
        turn.add_argument("--agent-name", metavar="NAME", help="the agent of the file to run")
        turn.add_argument("--auto-approve", action="store_true", help=_APPROVE_HELP)
        turn.add_argument("--package-index", metavar="URL", help=_INDEX_HELP)
        turn.add_argument("--tool-proxy", metavar="URL", help=_PROXY_HELP)
        turn.add_argument("--documents", action="append", default=[], metavar="PATH", help=_DOCUMENTS_HELP)
        add_tape(turn)
        add_traces(turn)
        turn.add_argument("--timeout", type=_seconds, metavar="S", help="abort the turn after S seconds")
    sessions = commands.add_parser("sessions", help="list the sessions of a store", allow_abbrev=False)
    sessions.add_argument("--store", metavar="DIR", required=True, help="the folder of the sessions")
    unused: dict[str, object] = {"session": None, "events": None, "agent_name": None}
    unused |= {"package_index": None, "tool_proxy": None, "timeout": None, "env": [], "decide": [], "documents": []}
    unused |= {"auto_approve": False, "record": None, "replay": None, "replay_timed": False}
    unused |= {"otlp": None, "trace": None, "trace_contents": False}
    sessions.set_defaults(**unused)
    serve = commands.add_parser("serve", help="serve the page on this machine", allow_abbrev=False)
    serve.add_argument("--port", type=_port, default=8000, help="0: any free port (default: %(default)s)")
    serve.add_argument("--open", action="store_true", help="open the page in the default browser")
    copy = commands.add_parser("copy", help="copy the built files to a web site's folder", allow_abbrev=False)
    copy.add_argument("target", metavar="DIR", help="a folder of its own; an earlier copy in it is replaced")
    for command in (serve, copy):
        command.set_defaults(store=None, engine="node", **unused)
    for command in (run, resume, sessions):
        command.add_argument("--engine", choices=get_args(Host), help=_ENGINE_HELP)
    for command in (run, resume, sessions, copy):
        command.set_defaults(port=0, open=False)
    for command in (run, resume, sessions, serve):
        command.set_defaults(target="")
    for command in (run, resume, sessions, serve, copy):
        add_dist(command)
    for name, text in OTHER_COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)  # its own parser is in its own module
    return parser


_ENGINE_HELP: Final = "default: chromium, or node where Playwright is not installed and no --store is given"
_APPROVE_HELP: Final = "run tools that change something without approval"
_INDEX_HELP: Final = "where Python tools get packages without a hash in the file"
_DOCUMENTS_HELP: Final = "a file, or a folder of files, for `rag` and keys of the agent file that name files"
_PROXY_HELP: Final = "the egress proxy that makes the requests of web tools and remote MCP servers"


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def _positionals(parser: argparse.ArgumentParser, words: list[str]) -> tuple[str | None, str]:
    match words:
        case []:
            agent, prompt = None, DEFAULT_PROMPT
        case [word] if word.endswith((".yaml", ".yml")):
            agent, prompt = word, DEFAULT_PROMPT
        case [word]:
            agent, prompt = None, word
        case [first, second]:
            agent, prompt = first, second
        case _:
            parser.error("too many arguments (quote the prompt)")
    if not prompt.strip():
        parser.error("the prompt is empty")
    return agent, prompt


def _decision(text: str) -> tuple[str, str]:
    call, _, wish = text.rpartition("=")
    if not call or wish not in ("done", "again", "skip"):
        raise argparse.ArgumentTypeError("write it as CALL=done, CALL=again or CALL=skip")
    return call, wish


def _types(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(names - EVENT_TYPES)
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"unknown event {', '.join(unknown)}; known: {', '.join(sorted(EVENT_TYPES))}")
    return names


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(text)
    return seconds
