"""Every wire format is in the tables that have a row for each, or left out of them on purpose."""

from __future__ import annotations

from typing import Final

import pytest

from sparewheel.config.apis import _VERSIONS
from sparewheel.config.modelspecs import _TEXT_ONLY
from sparewheel.config.providers import PROVIDERS
from sparewheel.evals.settings import _LACKS, _PLACES, _choice
from sparewheel.headless.provider_test import APIS
from sparewheel.providers.registry import _FORMATS
from sparewheel.testing.strict import _CHECKS

HTTP: Final = _FORMATS.keys() - {"page"}  # a model of the page gets no request
# The scripted provider has names of its own for the formats.
SCRIPTED: Final = {"openai_chatcompletions": "openai_chat", "google": "gemini"}


def test_every_format_has_a_service() -> None:
    assert {known.api for known in PROVIDERS.values()} == _FORMATS.keys()


@pytest.mark.parametrize(
    ("listed", "left_out"),
    [
        (set(APIS), set()),
        (_PLACES.keys(), set()),
        (_LACKS.keys(), {"openai_chatcompletions"}),  # has all our parameters
        (_VERSIONS.keys(), {"openai_chatcompletions", "openai_responses"}),  # files name these addresses as they are
        (set(_TEXT_ONLY) - {"page"}, {"openai_chatcompletions", "openai_responses", "google"}),  # have models that draw
    ],
    ids=["provider_test.APIS", "settings._PLACES", "settings._LACKS", "apis._VERSIONS", "modelspecs._TEXT_ONLY"],
)
def test_every_format_is_listed_or_left_out_on_purpose(listed: set[str], left_out: set[str]) -> None:
    assert listed | left_out == HTTP, "add the format to the table, or to what this test leaves out, with the reason"
    assert not listed & left_out


@pytest.mark.parametrize("api", sorted(HTTP))
def test_a_model_of_every_format_can_be_told_to_call_a_tool(api: str) -> None:
    assert _choice(api, "any", None, parallel=True)


def test_requests_of_every_format_are_checked() -> None:
    assert _CHECKS.keys() == {SCRIPTED.get(api, api) for api in HTTP}
