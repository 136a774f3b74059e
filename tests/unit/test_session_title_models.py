"""Which models give a session its title."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from sparewheel.errors import ConfigError
from sparewheel.testing import errors
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, session
from tests.support.titled import ANSWER, TITLE, opened

if TYPE_CHECKING:
    pass


OF_THE_MODEL: Final = """
agents: {root: {model: m}}
models:
  m: {provider: openai, model: a, title_model: t}
  t: {provider: openai, model: t}
"""
WITHOUT_KEY: Final = """
agents: {root: {model: openai/a, title_model: other/x}}
providers: {other: {base_url: "https://o.test/v1", token_key: MISSING}}
"""
ALLOY: Final = "agents: {root: {model: openai/a, title_model: 'openai/t,openai/u', fallback: {retries: -1}}}"


@pytest.mark.parametrize(
    ("file", "asked"), [(OF_THE_MODEL, ["a", "t"]), (ALLOY, ["a", "t", "u"]), (WITHOUT_KEY, ["a"])], ids=range(3)
)
def test_which_models_are_asked(file: str, asked: list[str]) -> None:
    async def main() -> None:
        script = {
            "a": [ANSWER],
            "t": [TITLE] if "u" not in asked else [errors.openai_invalid_request("no")],
            "u": [TITLE],
        }
        transport = ScriptedTransport(script)
        conversation = session(transport, [], text=file)
        titles: list[str] = []
        conversation.titles.publish = titles.append
        await collect(conversation, "hi")
        await asyncio.sleep(100)
        assert (transport.asked, titles) == (asked, ["A title"] if "t" in asked else ["hi"])
        assert ("MISSING" in str(conversation.team.warnings)) == (asked == ["a"])

    run(main())


@pytest.mark.parametrize("name", ["nowhere", "unknown/x"])
def test_a_model_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="title_model"):
        opened(ScriptedTransport({}), name)
