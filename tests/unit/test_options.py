"""Parameters of commands: the options of a session above all. Each has one place that refuses what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.page.commands import COMMANDS, Commands, CreateSession
from sparewheel.page.results import Results
from sparewheel.worker import Worker
from sparewheel.worker.options import read_params, secrets_in


def session(**options: Any) -> CreateSession:
    params = read_params("create_session", {"session": "s", "yaml": "y", **options})
    assert isinstance(params, CreateSession)
    return params


def refusal(method: str = "create_session", **options: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        read_params(method, {"session": "s", "yaml": "y", **options})
    return raised.value.info.message


def test_every_command_has_parameters_a_result_and_a_handler() -> None:
    assert COMMANDS.keys() == Commands.__annotations__.keys() == Results.__annotations__.keys()
    assert Worker(lambda _: None)._handlers.keys() == COMMANDS.keys()


def test_handlers_return_what_the_protocol_says() -> None:
    handlers = Worker(lambda _: None)._handlers
    declared = {name: str(annotation) for name, annotation in Results.__annotations__.items()}
    returned = {name: str(handler.__annotations__["return"]) for name, handler in handlers.items()}
    for name, annotation in declared.items():
        assert returned[name] in annotation, name


def test_null_is_taken_for_an_option_that_is_not_there() -> None:
    names = ("agentName", "env", "tools", "hooks", "documents", "history", "approvalTimeout", "interactive", "python")
    assert session(**dict.fromkeys(names)) == session()


def test_every_wrong_option_is_named_at_once() -> None:
    message = refusal(autoaprove=True, env=7, agentName=["a"])
    assert message.startswith("The options are not valid: ")
    assert "autoaprove: unknown key (did you mean 'autoApprove'?)" in message
    assert "env: must be a mapping of keys to values" in message
    assert "agentName: must be text, and is a list" in message


@pytest.mark.parametrize(
    ("method", "option", "reason"),
    [
        ("chat", "history", "is for createSession: chat takes the whole conversation as messages"),
        ("create_session", "messages", "is for chat: createSession takes the messages to begin with as history"),
        ("create_session", "fetch", "is for createRuntime"),
    ],
)
def test_an_option_that_belongs_elsewhere_is_sent_there(method: str, option: str, reason: str) -> None:
    messages: dict[str, Any] = {"messages": []} if method == "chat" else {}
    assert refusal(method, **messages, **{option: []}).startswith(f"options.{option} {reason}")


def test_names_of_the_implementation_are_not_options() -> None:
    assert "agent_name: unknown key (did you mean 'agentName'?)" in refusal(agent_name="a")


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"A": "x" * 16_385}, "options.env: A: 16385 characters exceed the limit of 16384"),
        ({f"A{n}": "x" for n in range(201)}, "options.env: 201 values exceed the limit of 200"),
        (
            {f"A{n}": "x" * 16_000 for n in range(9)},
            "options.env: the values exceed the limit of 65536 characters in total",
        ),
    ],
    ids=["long", "many", "total"],
)
def test_an_env_that_is_too_large_is_refused(env: dict[str, str], message: str) -> None:
    assert refusal(env=env) == message
    assert len(secrets_in({"params": {"env": env}})) <= 200


@pytest.mark.parametrize(
    ("name", "value"), [("agentName", "x" * 2_001), ("packageIndex", "x" * 2_001), ("allowHosts", ["x" * 2_001])]
)
def test_a_name_that_is_too_long_is_refused(name: str, value: Any) -> None:
    message = refusal(**{name: value})
    assert name in message
    assert "2000" in message
    assert len(message) < 500


def test_numbers_and_booleans_of_the_env_become_text_and_null_is_left_out() -> None:
    env = session(env={"KEY": "k", "PORT": 8080, "FLAG": True, "OFF": False, "RATIO": 0.5, "NONE": None}).env
    assert env == {"KEY": "k", "PORT": "8080", "FLAG": "true", "OFF": "false", "RATIO": "0.5"}
    message = refusal(env={"KEY": ["sk-CANARY"]})
    assert message == "The options are not valid: env.KEY: must be text, and is a list"


LOOK = {"description": "Looks.", "parameters": {"type": "object", "properties": {}}}
BAD_PARAMETERS = 'tools.look.parameters: must be a JSON schema of type "object"'


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([], "tools: must be a mapping of keys to values, and is a list"),
        ("look", "tools: must be a mapping of keys to values, and is text"),
        ({"": LOOK}, "must match the pattern"),
        ({"a b": LOOK}, "tools.a b: must match the pattern"),
        ({"x" * 65: LOOK}, "must match the pattern"),
        ({"look": {}}, "tools.look.description is missing"),
        ({"look": {**LOOK, "description": 1}}, "tools.look.description: must be text"),
        ({"look": {**LOOK, "parameters": []}}, "tools.look.parameters: must be a mapping of keys to values"),
        ({"look": {**LOOK, "parameters": {"type": "string"}}}, BAD_PARAMETERS),
        ({"look": {**LOOK, "parameters": {"type": ["object"]}}}, BAD_PARAMETERS),
        ({"look": {**LOOK, "readOnly": "yes"}}, "tools.look.readOnly: must be true or false"),
        ({"look": {**LOOK, "readOnly": 1}}, "tools.look.readOnly: must be true or false"),
        ({"look": {**LOOK, "timeout": 0}}, "tools.look.timeout: must be more than 0"),
        ({"look": {**LOOK, "timeout": "5"}}, "tools.look.timeout: must be a number"),
        ({"look": {**LOOK, "timeout": float("inf")}}, "tools.look.timeout: must be a finite number"),
        ({"look": {**LOOK, "readonly": True}}, "tools.look.readonly: unknown key (did you mean 'readOnly'?)"),
        ({f"t{number}": LOOK for number in range(1001)}, "at most 1000"),
    ],
)
def test_tools_that_cannot_be_used(tools: Any, message: str) -> None:
    assert message in refusal(tools=tools)


def test_tools_as_they_are_described() -> None:
    tools = session(tools={"look": {**LOOK, "readOnly": True, "timeout": 2.5}, "go-on_2": {"description": ""}}).tools
    assert (tools["look"].read_only, tools["look"].timeout) == (True, 2.5)
    assert (tools["go-on_2"].read_only, tools["go-on_2"].timeout) == (False, None)
    assert tools["look"].parameters == tools["go-on_2"].parameters == LOOK["parameters"]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ("handbook", "options.documents: must be an object of path to content"),
        (["a"], "options.documents: must be an object of path to content"),
        ({"a.md": 42}, 'options.documents: document "a.md" must be a string'),
        ({" ": "x"}, "options.documents: document paths must not be empty"),
        (dict.fromkeys(map(str, range(1001)), ""), "options.documents: 1001 documents exceed the limit of 1000"),
        (
            {"a": "é" * 4 * 1024 * 1024, "b": "x"},
            "options.documents: documents exceed the limit of 8388608 bytes in total",
        ),
    ],
)
def test_documents_that_cannot_be_used(documents: Any, message: str) -> None:
    assert refusal(documents=documents) == message


def test_documents_within_the_limits() -> None:
    documents = {"a": "é" * 4 * 1024 * 1024} | dict.fromkeys(map(str, range(999)), "")
    assert session(documents=documents).documents == documents


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"approvalTimeout": "5"}, "approvalTimeout: must be a number"),
        ({"approvalTimeout": 0}, "approvalTimeout: must be more than 0"),
        ({"approvalTimeout": True}, "approvalTimeout: must be a number"),
        ({"autoApprove": {}}, "autoApprove: must be true or false"),
        ({"hooks": {}}, "hooks: must be a list"),
        ({"hooks": [{"event": "stop", "index": 0, "matcher": 1}]}, "hooks.0.matcher: must be text"),
        ({"history": [{"role": "king"}]}, "history[0].role must be one of"),
        ({"python": 5}, "python: must be text"),
        ({"session": ""}, "session"),
    ],
)
def test_other_options_that_cannot_be_used(options: Any, message: str) -> None:
    assert message in refusal(**options)


@pytest.mark.parametrize(
    "address", ["", "page.test/back", "/back", "ftp://page.test", "https://", "https://page.test/#back", "javascript:x"]
)
def test_the_page_after_a_sign_in_needs_an_http_address(address: str) -> None:
    reason = "oauthRedirectURI: must be an http(s) address without a fragment"
    assert refusal(oauthRedirectURI=address) == f"The options are not valid: {reason}"


@pytest.mark.parametrize("option", ["oauthRedirectURI", "toolProxy"])
def test_a_value_of_another_type_is_not_advised_to_be_null(option: str) -> None:
    options: dict[str, Any] = {option: 7}
    assert refusal(**options) == f"The options are not valid: {option}: must be text; put 7 in quotes"


@pytest.mark.parametrize(
    "address", ["https://page.test", "http://localhost:8000/oauth.html", "https://page.test/b?c=d"]
)
def test_an_address_of_that_page_stays_as_it_is(address: str) -> None:
    assert session(oauthRedirectURI=address).oauth_redirect_uri == address
