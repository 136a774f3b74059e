"""Documents of the `openapi` toolset: fetched once, bounded, and read although they are odd."""

from __future__ import annotations

import itertools
import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.jsonschema.dialects import normalise
from sparewheel.jsonschema.validate import Validator
from sparewheel.tools.base import Registry, ToolError
from sparewheel.tools.web.openapi_spec import base_url, operations
from sparewheel.transports.mock import MockTransport
from sparewheel.yamltext import MAX_CHARS
from tests.support.builtintools import flags, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.support.petstore import Api, with_paths


async def refused(spec: object, **options: Any) -> str:
    """Why a document gives no tools."""
    with pytest.raises(ToolError) as caught:
        await Api(spec).open(**options).tools()
    return str(caught.value)


async def test_the_document_is_fetched_once_and_again_after_a_failure() -> None:
    api = Api(status=503)
    toolset = api.open()
    registry = Registry()
    await registry.add(toolset)
    assert registry.warnings == [
        "The tools of openapi are not available: the OpenAPI document could not be fetched: HTTP 503"
    ]
    api.status = 200
    assert len(await toolset.tools()) == 5
    await toolset.tools()
    assert isinstance(api.services.transport, MockTransport)
    assert len(api.services.transport.requests) == 2


async def test_tools_are_chosen_before_they_are_counted() -> None:
    paths: dict[str, Any] = {f"/p{number}": {"get": {}, "post": {}} for number in range(2_500)}
    assert await refused(with_paths(paths)) == (
        "the OpenAPI document has 5000 operations, and 200 can be offered: "
        "name those that are needed under tools: of the toolset"
    )
    assert "has 2500 operations" in await refused(with_paths(paths), readonly=True)
    api = Api(with_paths(paths))
    assert await flags(api.open(tools=["get_p7", "post_p7"])) == {"get_p7": "read", "post_p7": ""}
    assert await flags(api.open(tools=["get_p7", "post_p7"], readonly=True)) == {"get_p7": "read"}


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (b"{", "The OpenAPI document cannot be read: "),
        (b"[1]", "This is not an OpenAPI 3 document."),
        (b"", "This is not an OpenAPI 3 document."),
        (b"<html>", "This is not an OpenAPI 3 document."),
        (b"a: [", "The OpenAPI document cannot be read: "),
        (b"\xff\xfe\0", "The OpenAPI document cannot be read: "),
        (b'{"a":' * 200_000, "The OpenAPI document cannot be read: "),
        (b"[" * 5_000, "The OpenAPI document cannot be read: "),
        ({"swagger": "2.0", "paths": {}}, "This is not an OpenAPI 3 document."),
        (b"{" + b" " * 10 * 1024 * 1024, "the OpenAPI document is larger than 10485760 bytes"),
        (b"x" * (MAX_CHARS + 1), f"The OpenAPI document cannot be read: it is longer than {MAX_CHARS} characters"),
        (with_paths({}, servers=[{"url": "ftp://x.example"}]), "'ftp://x.example' cannot be requested"),
        (with_paths({}, servers=[{"url": "http://10.0.0.1"}]), "The host 10.0.0.1 is in a private network"),
        (with_paths({}, servers=[{"url": "https://[]/v1"}]), "The URL of the document's first server is not valid: "),
        (
            with_paths({}, servers=[{"url": "https://{host}/"}]),
            "'https://{host}' is not a URL: its host is not a domain name.",
        ),
    ],
    ids=itertools.count(),
)
async def test_documents_that_cannot_be_used(spec: object, problem: str) -> None:
    assert (await refused(spec)).startswith(problem)


async def test_headers_do_not_go_where_the_document_sends_them() -> None:
    registry = Registry()
    await registry.add(Api().open(headers={"Authorization": "Bearer canary"}))
    assert registry.tools == {}
    assert registry.warnings == [
        (
            "The tools of openapi are not available: the OpenAPI document sends requests to https://eu.pets.example, "
            "but the toolset's headers are for https://docs.example: name both in allowed_domains"
        )
    ]


async def test_yaml_is_read() -> None:
    text = b"openapi: 3.1.0\nx: &a 1\ny: &a 2\npaths:\n  /a:\n    get: {summary: 'No: way'}\n"
    [tool] = await Api(text).open().tools()
    assert (tool.spec.name, tool.spec.description) == ("get_a", "No: way")


@pytest.mark.parametrize(
    "paths",
    [
        None,
        [],
        {"/a": None},
        {"/a": {"get": "x"}},
        {"/a": {"$ref": "#/paths/~1a"}},
        {"/a": {"$ref": "https://evil.example/x"}},
        {"@evil.example/": {"get": {}}},
        {".evil.example/": {"get": {}}},
        {":8080/": {"get": {}}},
        {"x-note": {"get": {}}},
    ],
)
async def test_what_is_no_operation_is_passed_over(paths: Any) -> None:
    assert await Api(with_paths(paths)).open().tools() == []


@pytest.mark.parametrize(
    "operation",
    [
        {"parameters": "x"},
        {"parameters": [None, {"name": 1}, {"name": "a"}, {"name": "a", "in": "nowhere"}]},
        {"parameters": [{"$ref": "#/nowhere"}, {"$ref": "#/paths/~1a/get/parameters/0"}]},
        {"requestBody": {"$ref": "#/paths/~1a/get/requestBody"}},
        {"requestBody": {"content": "x"}},
        {"requestBody": {"content": {"application/json": None}}},
        {"operationId": 7, "summary": 7, "description": None},
        {"parameters": [{"name": "a\r\nb", "in": "header", "schema": {}}]},
    ],
)
async def test_odd_operations_take_nothing(operation: dict[str, Any]) -> None:
    [tool] = await Api(with_paths({"/a": {"get": operation}})).open().tools()
    assert tool.spec.parameters == {"type": "object", "properties": {}, "required": []}


def bomb() -> Iterator[tuple[str, Any]]:
    """Ten levels of ten references each."""
    for level in range(10):
        yield f"s{level}", {"properties": {f"p{n}": {"$ref": f"#/components/schemas/s{level + 1}"} for n in range(10)}}
    yield "s10", {"type": "string"}


async def test_an_operation_beyond_all_bounds_costs_only_itself() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/s0"}}}}
    paths = {"/a": {"post": {"requestBody": body}}, "/b": {"get": {}}}
    start = time.process_time()
    tools = await Api(with_paths(paths, components={"schemas": dict(bomb())})).open().tools()
    assert [tool.spec.name for tool in tools] == ["get_b"]
    assert time.process_time() - start < 5


def doubling(levels: int) -> dict[str, Any]:
    """Variables whose defaults name two others each."""
    return {f"v{level}": {"default": f"{{v{level + 1}}}" * 2} for level in range(levels)}


BIG = 60_000
LONG = "x" * BIG
REFERRED = {"$ref": "#/components/x"}


@pytest.mark.parametrize(
    "spec",
    [
        with_paths({}, servers=[{"url": "{v0}", "variables": doubling(31)}]),
        with_paths({}, servers=[{"url": "{v}" * BIG, "variables": {"v": {"default": LONG}}}]),
        with_paths({}, servers=[{"url": "{v}", "variables": {"v": {"default": [LONG] * 100}}}]),
        with_paths({f"/{n}": {} for n in range(BIG)}),
        with_paths({f"/{n}": {"get": {"operationId": "same"}, "put": {"operationId": "same"}} for n in range(5_000)}),
        with_paths({f"/{n}": REFERRED for n in range(5_000)}, components={"x": {"get": {"operationId": LONG}}}),
        with_paths({f"/{n}": {"$ref": f"#/{LONG}"} for n in range(100)}),
        with_paths({"/" + "é" * n: {"get": {}} for n in range(1_000)}),
        with_paths({"/a": {"get": {"parameters": [{"name": "é", "in": "query"}] * BIG}}}),
        with_paths({"/a": {"get": {"parameters": [{"name": str(n), "in": "query"} for n in range(BIG)]}}}),
        with_paths({"/a": {"put": {"requestBody": {"content": {f"a/{n}": {} for n in range(BIG)}}}}}),
    ],
    ids=range(11),
)
async def test_no_document_takes_long(spec: dict[str, Any]) -> None:
    start = time.process_time()
    try:
        await Api(spec).open().tools()
    except ToolError as error:
        assert len(str(error)) < 1_000
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {str(n): REFERRED for n in range(2_000)}},
        {"properties": {str(n): {"$ref": "#/components/y"} for n in range(1_000)}},
        {"allOf": [{"enum": list(range(2_900))}, {"enum": list(range(1, 2_900))}]},
    ],
    ids=range(3),
)
async def test_no_schema_grows_without_bounds(schema: dict[str, Any]) -> None:
    parameter = {"name": "a", "in": "query", "schema": schema}
    paths = {"/a": {"get": {"parameters": [parameter]}}, "/b": {"get": {}}}
    start = time.process_time()
    components = {"x": {"type": "string", "format": LONG}, "y": {"type": ["string"] * BIG}}
    tools = await Api(with_paths(paths, components=components)).open().tools()
    assert tools[-1].spec.name == "get_b"
    assert sum(len(json.dumps(tool.spec.parameters)) for tool in tools) < 1_000_000
    assert time.process_time() - start < 3


async def test_operations_that_are_too_large_together_are_refused() -> None:
    schema = {"properties": {str(n): {"type": "string"} for n in range(1_000)}}
    operation = {"parameters": [{"name": "a", "in": "query", "schema": schema}]}
    problem = await refused(with_paths({f"/{n}": {"get": operation} for n in range(30)}))
    assert "too large together" in problem
    assert len(await Api(with_paths({f"/{n}": {"get": operation} for n in range(15)})).open().tools()) == 15


async def test_every_schema_suits_every_api() -> None:
    for tool in await Api().open().tools():
        for dialect in ("openai", "anthropic", "gemini"):
            normalise(tool.spec.parameters, dialect)
        assert "pattern" not in json.dumps(tool.spec.parameters)
    [*_, put] = [tool for tool in await Api().open().tools() if tool.spec.name == "put_pets_id"]
    Validator(put.spec.parameters).check({"id": 1, "body_name": "a" * 50 + "!"}, "arguments")


def test_names_suit_every_api() -> None:
    identities = ["x" * 200, "x" * 199 + "y", "größe", "...", "a-b", "a_b", "a.b", "", "日本"]
    paths = {f"/n{number}": {"get": {"operationId": name}} for number, name in enumerate(identities)}
    names = [operation.name for operation in operations(with_paths(paths))]
    assert names[2:] == ["gr_e", "get_n3", "a_b", "a_b_2", "a_b_3", "get_n7", "get_n8"]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9_]{1,64}", name) for name in names)


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        (None, "https://docs.example"),
        ([], "https://docs.example"),
        ([{"url": "/v2/"}], "https://docs.example/v2"),
        ([{"url": "v2"}], "https://docs.example/a/v2"),
        ([{"url": "//other.example"}], "https://other.example"),
        ([{"url": 7}], "https://docs.example"),
        ("x", "https://docs.example"),
    ],
)
def test_the_server(servers: Any, base: str) -> None:
    assert base_url({"servers": servers}, "https://docs.example/a/openapi.json") == base


@pytest.mark.parametrize("url", ["x", "file:///openapi.json", "https://a@b.example/"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="The url of the openapi toolset cannot be used"):
        opened("openapi", url=url)


async def test_no_answer_does_not_show_the_key_in_the_address() -> None:
    api = Api(url="https://docs.example/openapi.json?key=canary", status=500)
    with pytest.raises(ToolError) as caught:
        await api.open(headers={"X-Key": "canary"}).tools()
    assert "canary" not in str(caught.value)
