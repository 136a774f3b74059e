"""The `api` toolset."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.tools.base import ToolResult
from sparewheel.transports.base import HttpRequest
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.builtintools import call, flags, opened, services

ARGS = {"city": {"type": "string"}, "days": {"type": "integer"}}


def config(**changes: Any) -> dict[str, Any]:
    return {
        "name": "weather",
        "method": "GET",
        "endpoint": "https://api.example/v1/${city}?days=${days}",
        "instruction": "Tells the weather.",
        "args": ARGS,
        "required": ["city"],
        "headers": {"Authorization": "Bearer canary"},
        **changes,
    }


async def asked(
    api_config: dict[str, Any], answer: LocalResponse | None = None, options: dict[str, Any] | None = None, **given: Any
) -> tuple[ToolResult, list[HttpRequest]]:
    of = services(lambda _: answer or LocalResponse(200, {}, b"sunny"))
    assert isinstance(of.transport, MockTransport)
    result = await call(opened("api", of, api_config=api_config, **(options or {})), api_config["name"], **given)
    return result, of.transport.requests


async def test_arguments_are_put_into_the_url() -> None:
    result, [request] = await asked(config(), city="Bad/Homburg?x=1&y#z ü", days=3)
    assert result == ToolResult("sunny")
    assert request.method == "GET"
    assert request.url == "https://api.example/v1/Bad%2FHomburg%3Fx%3D1%26y%23z%20%C3%BC?days=3"
    assert (request.headers, request.body) == ({"Authorization": "Bearer canary"}, b"")


async def test_an_argument_without_a_place_goes_into_the_query() -> None:
    _, [request] = await asked(config(endpoint="https://api.example/v1?u=metric"), city="Oslo", days=2)
    assert request.url == "https://api.example/v1?u=metric&city=Oslo&days=2"


async def test_a_missing_argument_leaves_its_place_empty() -> None:
    _, [request] = await asked(config(), city="Oslo")
    assert request.url == "https://api.example/v1/Oslo?days="


async def test_encoding_may_be_written_out() -> None:
    endpoint = "https://api.example/?q=${encodeURIComponent(city)}"
    _, [request] = await asked(config(endpoint=endpoint), city="a&b")
    assert request.url == "https://api.example/?q=a%26b"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_what_has_a_body_gets_the_rest_of_the_arguments(method: str) -> None:
    _, [request] = await asked(config(method=method, endpoint="https://api.example/${city}"), city="Oslo", days=2)
    assert (request.method, request.url) == (method, "https://api.example/Oslo")
    assert json.loads(request.body) == {"days": 2}
    assert request.headers == {"Authorization": "Bearer canary", "Content-Type": "application/json"}


async def test_a_content_type_of_the_file_wins() -> None:
    _, [request] = await asked(config(method="POST", headers={"content-type": "application/x+json"}), city="x")
    assert request.headers == {"content-type": "application/x+json"}


@pytest.mark.parametrize(("method", "word"), [("GET", "read"), ("POST", ""), ("DELETE", "")])
async def test_only_reading_needs_no_approval(method: str, word: str) -> None:
    toolset = opened("api", api_config=config(method=method), timeout=7)
    assert await flags(toolset) == {"weather": word}
    [tool] = await toolset.tools()
    assert tool.timeout == 17.0
    assert tool.spec.parameters == {"type": "object", "properties": ARGS, "required": ["city"]}
    assert (tool.spec.description, toolset.instruction) == ("Tells the weather.", "Tells the weather.")


@pytest.mark.parametrize("city", [".", ".."])
async def test_no_argument_leads_to_another_path(city: str) -> None:
    result, requests = await asked(config(), city=city)
    assert (result, requests) == (ToolResult(f"city must not be '{city}'.", is_error=True), [])


async def test_no_argument_leads_to_another_host() -> None:
    result, requests = await asked(config(endpoint="https://${city}.api.example/"), city="evil.example/")
    assert (result, requests) == (
        ToolResult(
            "'https://evil.example%2F.api.example/' is not a URL: its host or its port is not valid.", is_error=True
        ),
        [],
    )


async def test_errors_are_marked_and_short() -> None:
    result, _ = await asked(config(), LocalResponse(500, {}, b"x" * 5_000), city="Oslo")
    assert result == ToolResult("HTTP 500: " + "x" * 2_000, is_error=True)


async def test_long_answers_are_cut() -> None:
    result, _ = await asked(config(), LocalResponse(200, {}, b"x" * 1_048_577), city="Oslo")
    assert result.output == "x" * 1_048_576 + "\n[Cut after 1048576 bytes: request less at a time.]"


async def test_an_answer_without_a_body() -> None:
    result, _ = await asked(config(), LocalResponse(204, {}, b""), city="Oslo")
    assert result == ToolResult("HTTP 204 without a body.")


async def test_the_key_of_the_call_is_sent_where_the_file_wants_it() -> None:
    _, [with_key] = await asked(config(method="POST", idempotency_key=True), city="Oslo")
    assert with_key.headers["Idempotency-Key"] == "k1"
    _, [without] = await asked(config(method="POST"), city="Oslo")
    assert "Idempotency-Key" not in without.headers


async def test_private_addresses_need_leave() -> None:
    local = config(endpoint="http://localhost:9/${city}")
    result, requests = await asked(local, city="x")
    assert result.output == "The host localhost is in a private network, which needs allow_private_ips: true."
    assert requests == []
    result, _ = await asked(local, options={"allow_private_ips": True}, city="x")
    assert result == ToolResult("sunny")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "get weather"}, "'get weather' cannot be a tool's name."),
        (
            {"endpoint": "ftp://x/"},
            (
                "The endpoint of the api tool weather cannot be used: "
                "'ftp://x/' cannot be requested: only http:// and https:// URLs can."
            ),
        ),
        ({"required": ["town"]}, "The api tool weather requires town, which its args do not describe."),
    ],
)
def test_a_request_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened("api", api_config=config(**changes))
    assert caught.value.info.message == message
