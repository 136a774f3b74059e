"""Operations of the `openapi` toolset: tools, arguments, requests."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.tools.base import ToolResult
from tests.support.builtintools import call, flags
from tests.support.petstore import Api, with_paths

ID = {"type": "integer"}


async def test_every_operation_becomes_a_tool() -> None:
    assert await flags(Api().open()) == {
        "get_pet_by_id": "read",
        "put_pets_id": "",
        "addPets": "",
        "addPets_2": "",
        "login": "",
    }


async def test_a_tool_says_what_its_operation_takes() -> None:
    tools = {tool.spec.name: tool.spec for tool in await Api().open().tools()}
    get = tools["get_pet_by_id"]
    assert get.description == "Reads a pet.\nBy its id."
    assert get.parameters == {
        "type": "object",
        "properties": {
            "id": ID,
            "fields": {"type": "array", "items": {"type": "string"}},
            "filter_kind_": {"type": "string", "description": "Which kind."},
            "X-Trace": {"type": "string"},
            "query_id": {"type": "string"},
        },
        "required": ["id"],
    }
    put = tools["put_pets_id"]
    assert put.description == "PUT '/pets/{id}' (deprecated)"
    assert put.parameters == {
        "type": "object",
        "properties": {
            "id": ID,
            "body_name": {"type": "string"},
            "body_parent": {"type": "object", "description": "The same form as Pet."},
            "body_tag": {"type": ["string", "null"], "enum": ["dog", "cat", None]},
        },
        "required": ["id", "body_name"],
    }
    assert tools["addPets"].parameters == {
        "type": "object",
        "properties": {"body": {"type": "array", "items": {"type": "string"}}},
        "required": [],
    }
    assert tools["addPets_2"].parameters == {"type": "object", "properties": {}, "required": []}
    assert list(tools["login"].parameters["properties"]) == ["body_user"]


async def test_arguments_go_where_they_belong() -> None:
    api = Api()
    given = {"id": 7, "fields": ["a", "b c"], "filter_kind_": "x&y", "X-Trace": "t", "query_id": "q"}
    toolset = api.open(headers={"Authorization": "Bearer canary"}, allowed_domains=["docs.example", "pets.example"])
    result = await call(toolset, "get_pet_by_id", **given)
    assert result == ToolResult("done")
    [request] = api.requests
    assert request.method == "GET"
    assert request.url == "https://eu.pets.example/v1/pets/7?fields=a%2Cb+c&filter%5Bkind%5D=x%26y&id=q"
    assert request.headers == {"Accept": "application/json", "Authorization": "Bearer canary", "X-Trace": "t"}
    assert request.body == b""


@pytest.mark.parametrize(
    ("tool", "given", "kind", "body"),
    [
        ("put_pets_id", {"id": 1, "body_name": "Rex", "body_tag": None}, "application/json", b'{"name":"Rex"}'),
        ("addPets", {"body": ["a", "\u00e9"]}, "application/json", '["a","é"]'.encode()),
        ("addPets", {"body": []}, "application/json", b"[]"),
        ("addPets", {}, None, b""),
        ("login", {"body_user": "a&b"}, "application/x-www-form-urlencoded", b"user=a%26b"),
    ],
)
async def test_bodies(tool: str, given: dict[str, Any], kind: str | None, body: bytes) -> None:
    api = Api()
    assert await call(api.open(), tool, **given) == ToolResult("done")
    [request] = api.requests
    assert (request.headers.get("Content-Type"), request.body) == (kind, body)


@pytest.mark.parametrize(
    ("parameter", "value", "query"),
    [
        ({}, ["a", "b"], "q=a&q=b"),
        ({"explode": False}, ["a", 1, True], "q=a%2C1%2Ctrue"),
        ({}, {"x": 1, "y": "z"}, "x=1&y=z"),
        ({"explode": False}, {"x": 1}, "q=x%2C1"),
        ({"style": "deepObject"}, {"x": 1}, "q%5Bx%5D=1"),
        ({}, False, "q=false"),
        ({}, 0, "q=0"),
        ({}, "", "q="),
    ],
)
async def test_styles_of_the_query(parameter: dict[str, Any], value: object, query: str) -> None:
    api = Api(with_paths({"/a": {"get": {"parameters": [{"name": "q", "in": "query", "schema": {}, **parameter}]}}}))
    assert await call(api.open(), "get_a", q=value) == ToolResult("done")
    assert api.requests[0].url == f"https://docs.example/a?{query}"


@pytest.mark.parametrize(
    ("value", "problem"),
    [("..", "id must not be '..'."), (".", "id must not be '.'."), ("", "id must not be empty.")],
)
async def test_no_argument_leads_to_another_operation(value: str, problem: str) -> None:
    api = Api(with_paths({"/a/{id}/b": {"get": {"parameters": [{"name": "id", "in": "path", "schema": {}}]}}}))
    assert await call(api.open(), "get_a_id_b", id=value) == ToolResult(problem, is_error=True)
    assert await call(api.open(), "get_a_id_b", id="../x?y#z") == ToolResult("done")
    assert [request.url for request in api.requests] == ["https://docs.example/a/..%2Fx%3Fy%23z/b"]


async def test_a_header_stays_one_line() -> None:
    result = await call(Api().open(), "get_pet_by_id", id=1, **{"X-Trace": "a\r\nX-Evil: 1"})
    assert result == ToolResult("X-Trace is sent as a header, which takes printable ASCII characters only.", True)
