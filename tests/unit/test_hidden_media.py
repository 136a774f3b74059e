"""Pictures of earlier answers, and models that refuse them."""

from __future__ import annotations

import json

import pytest

from sparewheel.testing import Reply, openai_chat
from tests.support.agentic import play_agent
from tests.support.scripted import PIXEL

ANSWER = openai_chat(text="A dot.")
PICTURE = openai_chat(text="Here:", images=[PIXEL])


def refused(message: str) -> Reply:
    return Reply.json(400, {"error": {"message": message, "type": "invalid_request_error"}})


@pytest.mark.parametrize(
    "said",
    [
        "This model does not support image input.",
        "Invalid content type. image_url is only supported by certain models.",
        "No endpoints found that support image input",
        "m is not a multimodal model",
    ],
)
def test_a_model_that_refuses_pictures_is_asked_without_them_from_then_on(said: str) -> None:
    turns, transport = play_agent([PICTURE, refused(said), ANSWER, ANSWER], prompts=("draw", "what?", "why?"))
    assert [played.terminal["type"] for played in turns] == ["finish"] * 3
    sent = [PIXEL in request.body.decode() for request in transport.requests]
    assert sent == [False, True, False, False]
    last = json.loads(transport.requests[-1].body)["messages"]
    assert last[-4] == {"role": "user", "content": "[What the answer above shows:]\n\n(image/png, not sent)"}


def test_a_refusal_of_something_else_is_not_asked_again() -> None:
    turns, transport = play_agent([PICTURE, refused("Unknown parameter: 'tools'.")], prompts=("draw", "what?"))
    assert turns[-1].terminal["kind"] == "invalid_request"
    assert len(transport.requests) == 2
    turns, transport = play_agent([refused("Images are not supported.")], prompts=("what?",))
    assert len(transport.requests) == 1


def test_a_refusal_that_stays_is_an_error() -> None:
    said = refused("Images are not supported.")
    turns, transport = play_agent([PICTURE, said, said], prompts=("draw", "what?"))
    assert turns[-1].terminal["kind"] == "unsupported"
    assert len(transport.requests) == 3
