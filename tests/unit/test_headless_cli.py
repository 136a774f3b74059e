"""The command line: what it takes, what it prints, how it exits. Nothing here starts a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparewheel.errors import ConfigError, ErrorInfo, SparewheelError
from sparewheel.headless import arguments, cli, locate
from sparewheel.headless.arguments import DEFAULT_PROMPT, EVENT_TYPES, parse
from sparewheel.headless.cli import Lines, main
from sparewheel.native import built

TERMINALS = [
    ({"type": "finish", "turn": "t", "seq": 2}, 0),
    ({"type": "error", "turn": "t", "seq": 2, "message": "all failed.", "hint": "wait"}, 1),
    ({"type": "aborted", "turn": "t", "seq": 2}, 130),
]


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for a build, known to the environment."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "demo.yaml").write_text("demo: 1\n")
    (tmp_path / "headless.html").touch()
    monkeypatch.setenv("SPAREWHEEL_DIST", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "agent", "prompt"),
    [
        ([], None, DEFAULT_PROMPT),
        (["a.yaml"], "a.yaml", DEFAULT_PROMPT),
        (["a.yml"], "a.yml", DEFAULT_PROMPT),
        (["Tell me about yaml"], None, "Tell me about yaml"),
        (["agents/first", "Hi"], "agents/first", "Hi"),
        (["a.yaml", "b.yaml"], "a.yaml", "b.yaml"),
    ],
)
def test_what_is_the_agent_and_what_the_prompt(words: list[str], agent: str | None, prompt: str) -> None:
    options = parse(["run", *words])
    assert (options.agent, options.prompt) == (agent, prompt)


def test_all_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "sk-CANARY")
    options = parse(
        "run --env A=1=2 --env FROM_OUTSIDE --env EMPTY= --engine node --events delta,finish "
        "--agent-name second --dist out --timeout 2.5 a.yaml Hi".split()
    )
    assert options.env == {"A": "1=2", "FROM_OUTSIDE": "sk-CANARY", "EMPTY": ""}
    assert (options.engine, options.agent_name, options.dist, options.timeout) == ("node", "second", "out", 2.5)
    assert options.events == frozenset({"delta", "finish"})


@pytest.mark.parametrize(
    ("there", "words", "engine", "told"),
    [
        ({"playwright", "node"}, "run", "chromium", ""),
        (
            {"node"},
            "run",
            "node",
            "Playwright is not installed: the turn runs under Node (--engine node)",
        ),
        ({"node"}, "run --store kept", "chromium", ""),
        (set(), "run", "chromium", ""),
    ],
)
def test_the_engine_is_one_that_is_there(
    there: set[str],
    words: str,
    engine: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(arguments, "find_spec", lambda name: name in there or None)
    monkeypatch.setattr(arguments, "which", lambda name: name if name in there else None)
    assert parse(words.split()).engine == engine
    assert capsys.readouterr().err == (f"sparewheel: {told}\n" if told else "")


def test_commands_about_stored_sessions() -> None:
    options = parse("resume --store kept --session one --decide c1=again --decide a=b=skip --env A=1".split())
    assert (options.command, options.agent, options.prompt) == ("resume", None, None)
    assert (options.store, options.session, options.env) == ("kept", "one", {"A": "1"})
    assert options.decisions == {"c1": "again", "a=b": "skip"}
    options = parse("sessions --store kept --engine firefox".split())
    assert (options.command, options.store, options.engine, options.session) == ("sessions", "kept", "firefox", None)
    options = parse("run --store kept --session one a.yaml Hi".split())
    assert (options.store, options.session, options.prompt) == ("kept", "one", "Hi")


@pytest.mark.parametrize(
    "words",
    [
        "run --session one",
        "resume --session one",
        "resume --store kept",
        "resume --store kept --session one --decide c1=maybe",
        "resume --store kept --session one --decide =skip",
        "sessions",
    ],
)
def test_bad_usage_of_these(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(words.split())
    assert left.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_the_event_types_are_those_of_the_contract() -> None:
    assert {"start", "delta", "retry", "fallback", "discard", "finish", "error", "aborted"} <= EVENT_TYPES


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["walk"],
        ["run", "--engine", "netscape"],
        ["run", "--events", "delta,nonsense"],
        ["run", "--events", ","],
        ["run", "--timeout", "0"],
        ["run", "--timeout", "nan"],
        ["run", "--timeout", "soon"],
        ["run", "--env", "=sk-CANARY"],
        ["run", "--env", "MY KEY=sk-CANARY"],
        ["run", "--env", "SURELY_UNSET_sk_CANARY"],
        ["run", "--evn", "KEY=sk-CANARY"],
        ["run", "--evn=KEY=sk-CANARY"],
        ["run", "a.yaml", "Hi", "KEY=sk-CANARY"],
        ["run", ""],
        ["run", "a.yaml", " "],
    ],
)
def test_bad_usage_exits_with_2_and_quotes_no_key(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    assert err.startswith("usage: ")
    assert "CANARY" not in err


def test_an_unreadable_agent_file_is_bad_usage(dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = dist / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert main(["run", str(dist / "missing.yaml")]) == 2
    assert main(["run", str(dist), "Hi"]) == 2
    assert main(["run", str(binary)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"sparewheel: the agent file {dist / 'missing.yaml'} cannot be read: No such file or directory.",
        f"sparewheel: the agent file {dist} cannot be read: Is a directory.",
        f"sparewheel: the agent file {binary} is not UTF-8 text.",
    ]


def test_a_missing_build_is_an_error_that_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--dist", str(tmp_path / "no")]) == 1
    out, err = capsys.readouterr()
    event = json.loads(out)
    assert (event["type"], event["kind"], event["hint"]) == ("error", "config", "Run `python3 build.py build`.")
    assert err == f"sparewheel: there is no built runtime at {tmp_path / 'no'}. Run `python3 build.py build`.\n"


def test_no_browser_is_an_error(
    dist: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPAREWHEEL_BROWSER", "/no/such/browser")
    assert main(["run"]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["error"]
    assert err.startswith("sparewheel: SPAREWHEEL_BROWSER=/no/such/browser is not a program.")


@pytest.mark.parametrize(("event", "code"), TERMINALS)
def test_the_exit_code_is_that_of_the_terminal_event(event: dict[str, object], code: int) -> None:
    lines = Lines(wanted=None)
    lines.event({"type": "start", "turn": "t", "seq": 1})
    assert lines.terminal is None
    lines.event(event)
    assert lines.terminal is not None
    assert cli.EXIT_CODES[lines.terminal] == code


def test_a_filter_hides_events_and_changes_nothing_else(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = Lines(frozenset({"delta"}))
    for event in ({"type": "start", "seq": 1}, {"type": "delta", "content": "Grüße", "seq": 2}, TERMINALS[0][0]):
        lines.event(event)
    assert lines.terminal == "finish"
    assert capsysbinary.readouterr().out == '{"type": "delta", "content": "Grüße", "seq": 2}\n'.encode()


def test_text_that_is_not_unicode_stays_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    event = {"type": "delta", "content": "half \ud83d", "seq": 1}
    Lines(None).event(event)
    assert json.loads(capsysbinary.readouterr().out) == event


def test_what_ends_a_run_becomes_its_one_terminal_event(capsys: pytest.CaptureFixture[str]) -> None:
    crash = SparewheelError(ErrorInfo("internal", "the page crashed"))
    lines = Lines(None)
    lines.event({"type": "delta", "turn": "t", "seq": 7})
    lines.fail(crash)
    lines.fail(crash)
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [(event["type"], event["turn"], event["seq"]) for event in events] == [("delta", "t", 7), ("error", "t", 8)]
    assert err == "sparewheel: the page crashed.\n"


def test_the_build_is_looked_for_in_order(
    dist: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    with pytest.raises(ConfigError, match=r"headless\.html is missing"):
        locate.find_dist(other)
    (other / "headless.html").touch()
    assert locate.find_dist(other) == other
    assert locate.find_dist() == dist
    monkeypatch.delenv("SPAREWHEEL_DIST")
    monkeypatch.setattr(built, "_IN_REPOSITORY", other)
    assert locate.find_dist() == other


def test_an_agent_is_a_text_a_path_or_the_demo(dist: Path) -> None:
    file = dist / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfagents: {}\n")  # as some editors begin a file
    assert locate.read_agent("agents:\n  root: {}", dist) == "agents:\n  root: {}"
    assert locate.read_agent(str(file), dist) == locate.read_agent(file, dist) == "agents: {}\n"
    assert locate.read_agent(None, dist) == "demo: 1\n"
    with pytest.raises(locate.AgentFileError):
        locate.read_agent("no\0file", dist)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


def test_the_files_are_copied_and_an_earlier_copy_is_replaced(dist: Path, site: Path) -> None:
    (dist / "headless.html").touch()
    target = site / "static" / "sparewheel"
    assert cli.main(["copy", str(target)]) == 0
    (target / "old.js").touch()
    assert cli.main(["copy", str(target)]) == 0
    assert (target / "headless.html").is_file()
    assert not (target / "old.js").exists()


def test_a_folder_with_other_files_is_not_replaced(dist: Path, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (dist / "headless.html").touch()
    (site / "mine.txt").touch()
    assert cli.main(["copy", str(site)]) == 1
    assert "has files that are not a copy of Sparewheel. Name a folder of its own." in capsys.readouterr().err
    assert (site / "mine.txt").is_file()
    assert cli.main(["copy", str(dist / "inside")]) == 1
    assert "is inside the files to copy" in capsys.readouterr().err


def test_an_installed_package_has_its_own_files(dist: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "headless.html").touch()
    monkeypatch.delenv("SPAREWHEEL_DIST")
    monkeypatch.setattr(built, "_INSTALLED", site)
    assert locate.find_dist() == site
