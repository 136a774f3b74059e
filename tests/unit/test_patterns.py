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
from sparewheel.config.loading import load_agent_file
from sparewheel.errors import ConfigError
from sparewheel.jsonschema.validate import Mismatch, Validator
from sparewheel.messages import user
from sparewheel.patterns import MAX_PATTERN, Pattern

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


def within_a_second(call: Any) -> Any:
    begun = time.process_time()
    result = call()
    assert time.process_time() - begun < 1
    return result


@pytest.mark.parametrize("pattern", EVIL)
def test_no_pattern_blocks(pattern: str) -> None:
    within_a_second(lambda: Pattern(pattern).search(BAIT))
    within_a_second(lambda: first_violation([GuardrailConfig(on="input", pattern=pattern)], "input", [user(BAIT)]))
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
