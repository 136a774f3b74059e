"""An API description and a server for tests of the `openapi` toolset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.support.builtintools import opened, services

if TYPE_CHECKING:
    from sparewheel.transports.base import HttpRequest

URL = "https://docs.example/openapi.json"

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "(a+)+$", "title": "Name"},
        "parent": {"$ref": "#/components/schemas/Pet"},
        "tag": {"type": "string", "nullable": True, "enum": ["dog", "cat"]},
    },
}
SPEC: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://{region}.pets.example/v1/", "variables": {"region": {"default": "eu"}}}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "get-pet.by/id",
                "summary": "Reads a pet.",
                "description": "By its id.",
                "parameters": [
                    {"$ref": "#/components/parameters/Fields"},
                    {"name": "filter[kind]", "in": "query", "schema": {"type": "string"}, "description": "Which kind."},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
                    {"name": "id", "in": "query", "schema": {"type": "string"}},
                    {"name": "session", "in": "cookie", "schema": {"type": "string"}},
                ],
            },
            "put": {
                "deprecated": True,
                "requestBody": {"required": True, "content": {"application/json": {"schema": {
                    "$ref": "#/components/schemas/Pet"}}}},
            },
        },
        "/pets": {
            "post": {
                "operationId": "addPets",
                "requestBody": {"content": {"application/merge-patch+json; v=1": {"schema": {
                    "type": "array", "items": {"type": "string"}}}}},
            },
            "delete": {"operationId": "addPets", "requestBody": {"content": {"multipart/form-data": {}}}},
        },
        "/login": {
            "post": {"operationId": "login", "requestBody": {"content": {"application/x-www-form-urlencoded": {
                "schema": {"properties": {"user": {"type": "string"}}}}}}},
        },
    },
    "components": {
        "schemas": {"Pet": PET},
        "parameters": {"Fields": {"name": "fields", "in": "query", "explode": False, "schema": {
            "type": "array", "items": {"type": "string"}}}},
    },
}  # fmt: skip


class Api:
    """Serves a document at `URL` and says "done" to everything else."""

    def __init__(self, spec: object = SPEC, status: int = 200, url: str = URL) -> None:
        self.body = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
        self.status = status
        self.url = url
        self.services = services(self.answer)

    def answer(self, request: HttpRequest) -> LocalResponse:
        return LocalResponse(self.status, {}, self.body) if request.url == self.url else LocalResponse(200, {}, b"done")

    def open(self, **options: Any) -> Any:
        return opened("openapi", self.services, url=self.url, **options)

    @property
    def requests(self) -> list[HttpRequest]:
        assert isinstance(self.services.transport, MockTransport)
        return [request for request in self.services.transport.requests if request.url != self.url]


def with_paths(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": paths, **more}
