"""Regular expressions from outside: what they match, what is refused, and that none of them blocks."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.agent.guardrails import first_violation
from sparewheel.config.agents import GuardrailConfig
from sparewheel.config.loading import _load, load_agent_file
from sparewheel.errors import ConfigError, SparewheelError
from sparewheel.jsonschema.validate import Mismatch, Validator
from sparewheel.messages import user
from sparewheel.patterns import MAX_PATTERN, Pattern, TooSlow, compiled, size
from sparewheel.slices import run_at_once

EVIL = ["^(a+)+$", "^(a|aa)+$", "(a*)*b", "^([a-z]+)*$", "(.*a){12}$", "^(?:a?){30}a{30}$"]
BAIT = "a" * 50_000 + "!"
PIECES = ["a", "b", ".", "[ab]", "(a|b)", "a*", "b+", "c?", "^", "$", r"\d", "(?:ab)?"]
PATTERNS = st.lists(st.sampled_from(PIECES)).map("".join)


@given(PATTERNS, st.text(alphabet="abc1", max_size=20))
def test_it_matches_what_python_matches(pattern: str, text: str) -> None:
    assert Pattern(pattern).search(text) == bool(re.search(pattern, text))
    assert Pattern(pattern, entire=True).search(text) == bool(re.fullmatch(pattern, text))


def test_case_and_the_whole_text() -> None:
    assert Pattern("Secret", ignore_case=True).search("a SECRET b")
    assert not Pattern("Secret").search("a SECRET b")
    assert not Pattern("a|b", entire=True).search("ab")
    assert Pattern("x\ufffd").search("x\ud83d")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "unclosed group"),
        (")(", "unopened group"),
        ("(?=x)", "look-around"),
        (r"(a)\1", "backreferences"),
        ("a{1000}{1000}", "size limit"),
        ("((((a{99}){99}){99}){99})", "size limit"),
        ("a" * (MAX_PATTERN + 1), "longer than"),
    ],
)
def test_what_cannot_be_used_says_why(pattern: str, reason: str) -> None:
    for entire in (False, True):
        with pytest.raises(ValueError, match=reason):
            Pattern(pattern, entire=entire)


@pytest.mark.parametrize(
    ("pattern", "larger"),
    [
        ("a{10}", "a{20}"),
        ("(?:a{10}){10}", "(?:a{10}){20}"),
        ("a{2}{3}", "a{2}{9}"),
        ("[a-z]{9}", r"\w{9}"),
        (r"[\d]", r"[\w&&[^\d]]"),
        (r"[]\w]{9}", r"[]\w]{10}"),
        ("(?:a|b{9})", "(?:a|b{10})"),
        ("(?P<n>a){3}", "(?P<n>a){3,7}"),
        ("[a-z]", r"(?i)[\x{0}-\x{10FFFF}]"),
        (r"\(a\){9}", r"(a){9}"),
    ],
)
def test_what_compiling_costs_is_estimated(pattern: str, larger: str) -> None:
    assert 0 < size(pattern) < size(larger)


@pytest.mark.parametrize(
    "pattern", [r"\w{400}", r"(?:\w{20}\d{20}){8}", r"(?i)\p{Any}{9}", "(?:[a-z]{100}){100}", "a{1,99999}"]
)
def test_what_would_take_long_to_compile_is_refused_before(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparewheel.patterns.SchemaValidator", None)
    with pytest.raises(ValueError, match="size limit of regular expressions: repeat less"):
        Pattern(pattern)


@given(st.text(alphabet="()[]^-|a\\{}2,?:&", max_size=12))
def test_a_bracket_never_closes_the_group_that_is_put_around(pattern: str) -> None:
    try:
        entire = Pattern(pattern, entire=True)
    except ValueError:
        return
    Pattern(pattern)  # valid by itself
    assert not entire.search("b\n") or Pattern(pattern).search("b\n")


def test_equal_expressions_are_compiled_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled("abc") is compiled("abc") is not compiled("abc", entire=True)
    first = compiled("first")
    monkeypatch.setattr("sparewheel.patterns.MAX_CACHED_SIZE", 50)
    for number in range(20):
        compiled(f"number {number}")
    assert compiled("first") is not first


def test_a_search_that_turns_out_to_be_slow_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = Pattern("[ab]*a[ab]{30}c")
    long, begun = "ab" * 50_000, "a" * 1000
    assert not pattern.search(long + "b")
    clock = iter(range(1_000_000))
    monkeypatch.setattr("sparewheel.patterns.perf_counter", lambda: float(next(clock)))
    assert not pattern.search(begun)
    with pytest.raises(TooSlow, match="100000 characters"):
        pattern.search(long)
    rail = GuardrailConfig(on="input", pattern="[ab]*a[ab]{30}c")
    with pytest.raises(SparewheelError, match="guardrail of the agent cannot check this text"):
        run_at_once(first_violation([rail], "input", [user(long)]))
    with pytest.raises(Mismatch, match="takes too long"):
        Validator({"pattern": "[ab]*a[ab]{30}c"}).check(long, "value")


def test_hundreds_of_guardrails_are_compiled_and_searched_in_slices() -> None:
    rails = ", ".join(f"{{on: input, pattern: 'secret {number}'}}" for number in range(300))
    work = _load(f"agents: {{root: {{model: demo/hello, guardrails: [{rails}]}}}}")
    assert sum(1 for _ in work) >= 300
    file = load_agent_file(f"agents: {{root: {{model: demo/hello, guardrails: [{rails}]}}}}")
    guardrails = file.agents["root"].guardrails
    assert sum(1 for _ in first_violation(guardrails, "input", [user("x")])) >= 300
    assert run_at_once(first_violation(guardrails, "input", [user("a SECRET 7")])) is guardrails[7]


def test_a_schema_that_is_too_large_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparewheel.jsonschema.validate.fastjsonschema.compile", None)
    properties = {f"p{number}": {"type": "string"} for number in range(1_000)}
    needed = {f"p{number}": ["x"] for number in range(200)}
    many: dict[str, Any] = {"enum": list(range(2_000))}
    for schema in ({"properties": properties}, many, {"properties": many, "dependencies": needed}):
        with pytest.raises(Mismatch, match="more than 1500 parts"):
            Validator(schema).check({}, "value")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"items": {"allOf": [{"minimum": 0}] * 300}}, [1] * 1_000),
        ({"items": {"enum": list(range(1_000))}}, [999] * 1_000),
        ({"items": {"anyOf": [{"const": number} for number in range(100)]}}, [99] * 1_000),
        ({"propertyNames": {"maxLength": 9}}, {f"k{number}": 1 for number in range(1_000)}),
    ],
    ids=["allOf", "enum", "anyOf", "propertyNames"],
)
def test_a_check_that_takes_too_long_is_stopped(schema: Any, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Validator(schema).check(value[:1] if isinstance(value, list) else {}, "value") is not None
    clock = iter(range(1_000_000))
    monkeypatch.setattr("sparewheel.jsonschema.validate.perf_counter", lambda: float(next(clock)))
    with pytest.raises(Mismatch, match="value cannot be checked: the schema takes too long to check"):
        Validator(schema).check(value, "value")


MANY = ", ".join(f"{{on: input, pattern: '\\w{{90}}{number}'}}" for number in range(20))


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (r"guardrails: [{on: input, pattern: '\w{400}'}]", "line 4, column 30: .*size limit"),
        (r"hooks: {pre_tool_use: [{matcher: '\w{400}', hooks: []}]}", "line 4, column 29: .*size limit"),
        (f"guardrails: [{MANY}]", "line 4, .*guardrails.18.*all guardrails exceed their size limit"),
    ],
    ids=["guardrail", "matcher", "many"],
)
def test_expressions_of_a_file_that_cost_too_much_are_named(key: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_agent_file(f"agents:\n  root:\n    model: demo/hello\n    {key}\n")


def within_a_second(call: Any) -> Any:
    begun = time.process_time()
    result = call()
    assert time.process_time() - begun < 1
    return result


@pytest.mark.parametrize("pattern", EVIL)
def test_no_pattern_blocks(pattern: str) -> None:
    within_a_second(lambda: Pattern(pattern).search(BAIT))
    rails = [GuardrailConfig(on="input", pattern=pattern)]
    within_a_second(lambda: run_at_once(first_violation(rails, "input", [user(BAIT)])))
    schemas: list[dict[str, Any]] = [
        {"pattern": pattern},
        {"patternProperties": {pattern: {}}},
        {"pattern": pattern + "_re_pattern"},
    ]
    for schema in schemas:
        validator = Validator({"type": ["string", "object"], **schema})

        def check(value: object, validator: Validator = validator) -> None:
            try:
                validator.check(value, "value")
            except Mismatch:
                pass

        within_a_second(lambda check=check: check(BAIT))
        within_a_second(lambda check=check: check({BAIT: 1}))


@pytest.mark.parametrize(
    "format_",
    ["email", "regex", "uri", "hostname", "ipv6", "idn-hostname", "duration", "date-time", "uuid", "uri-template"],
)
@pytest.mark.parametrize("bait", [BAIT, ".." * 50_000, "a." * 50_000, ":" * 50_000, "P" + "1" * 50_000, "{a}" * 20_000])
def test_no_format_blocks(format_: str, bait: str) -> None:
    def check() -> None:
        try:
            Validator({"type": "string", "format": format_}).check(bait, "value")
        except Mismatch:
            pass

    within_a_second(check)


@pytest.mark.parametrize("value", ["a@b.c", "a.b@c.d.e"])
def test_email(value: str) -> None:
    assert Validator({"format": "email"}).check(value, "value") == value


@pytest.mark.parametrize("value", ["a@b", "a..b@c.d", ".a@c.d", "a.@c.d", "@c.d", "a@.c", "a"])
def test_no_email(value: str) -> None:
    with pytest.raises(Mismatch, match="must be email"):
        Validator({"format": "email"}).check(value, "value")


def test_a_schema_pattern_holds_and_one_with_look_around_is_not_checked() -> None:
    assert Validator({"pattern": "^a+$"}).check("aa", "value") == "aa"
    with pytest.raises(Mismatch, match="must match pattern"):
        Validator({"pattern": "^a+$"}).check("ab", "value")
    assert Validator({"pattern": "^(?!x)"}).check("x", "value") == "x"


@pytest.mark.parametrize(
    "key",
    ["guardrails: [{on: input, pattern: '(?=x)'}]", "hooks: {pre_tool_use: [{matcher: '(?=x)', hooks: []}]}"],
)
def test_an_agent_file_with_an_unusable_pattern_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="look-around"):
        load_agent_file(f"agents: {{root: {{model: demo/hello, {key}}}}}")
